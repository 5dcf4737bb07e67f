//! Scores from files: score tables, and CLEVER's own.

use std::io::Read as _;
use std::path::Path;

use a2d_cost::{Provenance, ScoreCard, ScoreTable};
use a2d_file::Card as _;

use crate::clever::{CleverCard, CleverProvenance, CleverTable};
use crate::exit::BadInput;
use crate::provenance;

/// Scores of inputs from a file, and what its card says.
pub(crate) struct Scores {
    pub(crate) table: ScoreTable,
    pub(crate) provenance: Option<Provenance>,
    /// The largest score that there can be, where there is one: the radius of CLEVER scores.
    pub(crate) cap: Option<f64>,
}

impl Scores {
    /// Reads the scores in these columns, or in all, from a CSV file and the card beside it. A file that is
    /// no score table is to be one of CLEVER scores, whose columns are its targets.
    pub(crate) fn read(path: &Path, columns: Option<&[String]>) -> anyhow::Result<Self> {
        let (table, provenance, cap) = if has_header(path, &ScoreTable::HEADER) {
            let card = ScoreCard::read(path)?;
            (ScoreTable::read_csv(path)?, card.map(|card| card.provenance), None)
        } else {
            let table = CleverTable::read(path)?;
            let provenance = CleverCard::read(path)?.map(|card| card.provenance);
            let cap = provenance.as_ref().map(CleverProvenance::radius).transpose()?;
            let provenance = provenance.map(CleverProvenance::of_scores).transpose()?;
            (table.scores()?, provenance, cap)
        };
        let table = match columns {
            Some(columns) => table.select(columns)?,
            None => table,
        };
        let provenance = provenance.map(|all| provenance::of_columns(path, all, &table.names()));
        Ok(Self { table, provenance: provenance.transpose()?, cap })
    }

    /// Whether the file says that it has scores.
    pub(crate) fn are_in(path: &Path) -> bool {
        has_header(path, &ScoreTable::HEADER) || has_header(path, &CleverTable::HEADER)
    }

    /// What the card says, which must be there.
    pub(crate) fn known_provenance(&self, path: &Path) -> Result<&Provenance, BadInput> {
        self.provenance.as_ref().ok_or_else(|| {
            let card = ScoreCard::path(path);
            BadInput(format!(
                "read {}: expected its card {}, found none",
                path.display(),
                card.display()
            ))
        })
    }
}

/// The most bytes that a header is looked for in.
const LONGEST_HEADER: u64 = 4096;

/// Whether a file begins as this kind of table. One that cannot be read does not; whoever reads it says why.
fn has_header(path: &Path, header: &[&str]) -> bool {
    let Ok(file) = a2d_file::open(path) else { return false };
    let mut reader = csv::Reader::from_reader(file.take(LONGEST_HEADER));
    reader.headers().is_ok_and(|found| found.iter().eq(header.iter().copied()))
}
