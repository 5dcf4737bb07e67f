//! The tables of costs or scores to fit on.

use std::path::{Path, PathBuf};

use a2d_cost::{CostTable, Provenance};
use a2d_detect::Numbers;
use ndarray::{Array2, Axis, concatenate};

use crate::measured::Measured;
use crate::overlap::{Group, Role};
use crate::{in_vain, provenance};

/// Tables of the same attacks or columns, each with its file.
pub(super) struct Tables<'a>(Vec<(&'a Path, Measured)>);

impl<'a> Tables<'a> {
    /// Reads files, with the attacks or columns of the first unless others are named.
    pub(super) fn read(paths: &'a [PathBuf], columns: Option<&[String]>) -> anyhow::Result<Self> {
        let mut files: Vec<(&Path, Measured)> = vec![];
        for path in paths {
            let measured = match files.first() {
                Some((_, first)) => Measured::read_like(first, path)?,
                None => Measured::read(path, columns)?,
            };
            files.push((path, measured));
        }
        Ok(Self(files))
    }

    /// Reads files like the first of these.
    pub(super) fn read_like(&self, paths: &'a [PathBuf]) -> anyhow::Result<Self> {
        let Some((_, first)) = self.0.first() else { return Self::read(paths, None) };
        let read = |path: &'a PathBuf| Ok((path.as_path(), Measured::read_like(first, path)?));
        Ok(Self(paths.iter().map(read).collect::<anyhow::Result<_>>()?))
    }

    /// The attacks or columns of all tables; none without a table.
    pub(super) fn columns(&self) -> Vec<String> {
        self.0.first().map_or(vec![], |(_, measured)| measured.names())
    }

    /// What their numbers are.
    pub(super) fn numbers(&self) -> Numbers {
        self.0.first().map_or(Numbers::Costs, |(_, measured)| measured.numbers())
    }

    /// All cost tables.
    pub(super) fn costs(&self) -> impl Iterator<Item = &CostTable> {
        self.0.iter().filter_map(|(_, measured)| Some(&measured.costs()?.table))
    }

    /// Lets costs of attacks that gave up count as the largest in any of these tables.
    pub(super) fn complete(all: [&mut Self; 3]) {
        let files = all.into_iter().flat_map(|tables| &mut tables.0);
        in_vain::complete(files.filter_map(|(_, measured)| measured.costs_mut()));
    }

    /// The numbers of all tables, samples x columns.
    pub(super) fn values(&self) -> anyhow::Result<Array2<f64>> {
        let parts: Vec<_> = self.0.iter().map(|(_, measured)| measured.scores()).collect();
        let views: Vec<_> = parts.iter().map(|part| part.scores().view()).collect();
        Ok(concatenate(Axis(0), &views)?)
    }

    /// The inputs of all tables.
    pub(super) fn group(&self, role: Role) -> Group<'_> {
        let mut group = Group::new("fit", role);
        for (path, measured) in &self.0 {
            group.add_measured(path, measured);
        }
        group
    }

    /// What all tables agree on, with the inputs of all; `None` if one of them has no card.
    pub(super) fn common_provenance(all: [&Self; 3]) -> anyhow::Result<Option<Provenance>> {
        let mut common: Option<Provenance> = None;
        let mut complete = true;
        for (path, measured) in all.into_iter().flat_map(|tables| &tables.0) {
            match (&mut common, measured.provenance()) {
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
