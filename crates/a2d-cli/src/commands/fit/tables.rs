use std::path::{Path, PathBuf};

use a2d_cost::Provenance;
use ndarray::{Array2, Axis, concatenate};

use crate::costs::Costs;
use crate::exit::BadInput;
use crate::provenance;

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

    /// The costs of all tables, samples x attacks.
    pub(super) fn iterations(&self) -> anyhow::Result<Array2<f64>> {
        let parts: Vec<_> = self.0.iter().map(|(_, costs)| costs.table.iterations()).collect();
        let views: Vec<_> = parts.iter().map(Array2::view).collect();
        Ok(concatenate(Axis(0), &views)?)
    }

    /// Refuses tables of inputs that the others have as well.
    pub(super) fn check_apart_from(&self, others: &Self) -> anyhow::Result<()> {
        for (path, costs) in &self.0 {
            let again = |other: &Provenance| {
                let inputs = costs.provenance.iter().flat_map(|provenance| &provenance.inputs);
                inputs.into_iter().any(|digest| other.inputs.contains(digest))
            };
            if others.0.iter().filter_map(|(_, other)| other.provenance.as_ref()).any(again) {
                return Err(BadInput(format!(
                    "calibrate on {}: expected inputs that are not fitted on, found the same again",
                    path.display()
                ))
                .into());
            }
        }
        Ok(())
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
