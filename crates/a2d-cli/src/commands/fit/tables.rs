//! The cost tables to fit on.

use std::path::{Path, PathBuf};

use a2d_cost::{CostTable, Provenance, Unit};
use ndarray::{Array2, Axis, concatenate};

use crate::costs::Costs;
use crate::overlap::{Group, Role};
use crate::{in_vain, provenance};

/// Cost tables of the same attacks, each with its file.
pub(super) struct Tables<'a>(Vec<(&'a Path, Costs)>);

impl<'a> Tables<'a> {
    /// Reads files, with the attacks of the first unless others are named.
    pub(super) fn read(paths: &'a [PathBuf], attacks: Option<&[String]>) -> anyhow::Result<Self> {
        let mut files: Vec<(&Path, Costs)> = vec![];
        for path in paths {
            let first = files.first().map(|(_, costs)| costs.table.attacks());
            let costs = Costs::read(path, attacks.or(first))?;
            files.push((path, costs));
        }
        Ok(Self(files))
    }

    /// The attacks of all tables; none without a table.
    pub(super) fn attacks(&self) -> &[String] {
        self.0.first().map_or(&[], |(_, costs)| costs.table.attacks())
    }

    /// All tables.
    pub(super) fn all(&self) -> impl Iterator<Item = &CostTable> {
        self.0.iter().map(|(_, costs)| &costs.table)
    }

    /// Lets costs of attacks that gave up count as the largest in any of these tables.
    pub(super) fn complete(all: [&mut Self; 3]) {
        let files = all.into_iter().flat_map(|tables| &mut tables.0);
        in_vain::complete(files.map(|(_, costs)| costs));
    }

    /// The costs of all tables in this unit, samples x attacks.
    pub(super) fn values(&self, unit: Unit) -> anyhow::Result<Array2<f64>> {
        let parts: Vec<_> = self.0.iter().map(|(_, costs)| costs.table.values(unit)).collect();
        let views: Vec<_> = parts.iter().map(Array2::view).collect();
        Ok(concatenate(Axis(0), &views)?)
    }

    /// The inputs of all tables.
    pub(super) fn group(&self, role: Role) -> Group<'_> {
        let mut group = Group::new("fit", role);
        for (path, costs) in &self.0 {
            group.add_costs(path, costs);
        }
        group
    }

    /// What all tables agree on, with the inputs of all; `None` if one of them has no card.
    pub(super) fn common_provenance(all: [&Self; 3]) -> anyhow::Result<Option<Provenance>> {
        let mut common: Option<Provenance> = None;
        let mut complete = true;
        for (path, costs) in all.into_iter().flat_map(|tables| &tables.0) {
            match (&mut common, &costs.provenance) {
                (Some(ours), Some(theirs)) => {
                    provenance::check(&path.display().to_string(), ours, theirs)?;
                    ours.join(theirs);
                }
                (None, Some(first)) => common = Some(first.clone()),
                (_, None) => complete = false,
            }
        }
        Ok(common.filter(|_| complete))
    }
}
