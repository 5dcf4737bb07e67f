//! Measured costs from files.

use std::path::Path;

use a2d_cost::{CostCard, CostTable, Provenance, Unit};
use a2d_file::Card as _;

use crate::exit::BadInput;
use crate::provenance;

/// What detectors are fitted on and costs are evaluated by.
pub(crate) const UNIT: Unit = Unit::Iterations;

/// A cost table from a file, and what its card says.
pub(crate) struct Costs {
    pub(crate) table: CostTable,
    pub(crate) provenance: Option<Provenance>,
}

impl Costs {
    /// Reads the costs of these attacks, or of all, from a CSV file and the card beside it.
    ///
    /// Censored costs are refused: they say "at least", where fitting and scoring need "exactly".
    pub(crate) fn read(path: &Path, attacks: Option<&[String]>) -> anyhow::Result<Self> {
        let table = CostTable::read_csv(path)?;
        let table = match attacks {
            Some(attacks) => table.select(attacks)?,
            None => table,
        };
        if let Some((input, attack)) = table.first_censored() {
            let path = path.display();
            return Err(BadInput(format!(
                "read {path}: expected complete costs, found one of {attack} on input {input} that a budget \
                 censored; measure it without --budget"
            ))
            .into());
        }
        let card = CostCard::read(path)?;
        let provenance = card
            .map(|card| provenance::of_columns(path, card.provenance, table.attacks()))
            .transpose()?;
        Ok(Self { table, provenance })
    }
}
