//! The adversaries, a file each.

mod climb;
mod confidence_sweep;
mod joint;
mod logit_matching;
mod margin;
mod orthogonal;
mod selective;
mod verdict_walk;

pub(crate) use confidence_sweep::ConfidenceSweep;
pub(crate) use joint::Joint;
pub(crate) use logit_matching::LogitMatching;
pub(crate) use margin::Margin;
pub(crate) use orthogonal::Orthogonal;
pub(crate) use selective::Selective;
pub(crate) use verdict_walk::VerdictWalk;
