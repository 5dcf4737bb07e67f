//! Measured costs from files.

use std::path::Path;

use a2d_cost::{CostCard, CostTable, Provenance, Unit};
use a2d_file::Card as _;

use crate::exit::BadInput;

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
        let mut provenance = CostCard::read(path)?.map(|card| card.provenance);
        if let Some(provenance) = &mut provenance {
            provenance.defenses.retain(|name, _| table.attacks().contains(name));
            let is_unknown = |attack: &&String| !provenance.defenses.contains_key(*attack);
            if let Some(attack) = table.attacks().iter().find(is_unknown) {
                let path = path.display();
                return Err(BadInput(format!(
                    "read {path}: expected costs of the attacks that its card names, found {attack}"
                ))
                .into());
            }
        }
        Ok(Self { table, provenance })
    }

    /// What the attack in this column cost, input by input.
    pub(crate) fn values(&self, unit: Unit, column: usize) -> Vec<f64> {
        self.table.values(unit).column(column).to_vec()
    }
}
