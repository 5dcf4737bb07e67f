//! Files of CLEVER scores: the table, its card, and the names of targets.

mod card;
mod merged;
mod scores;
mod target;

pub(crate) use card::{CleverCard, CleverProvenance};
pub(crate) use merged::merged;
pub(crate) use scores::{CleverRow, CleverTable};
pub(crate) use target::TargetName;

#[cfg(test)]
pub(crate) mod tests {
    pub(crate) use super::card::tests::provenance;
    pub(crate) use super::scores::tests::table;
}
