//! Numbers of inputs from files: costs, or scores of any kind.

use std::path::Path;

use a2d_cost::{Column, Provenance, ScoreTable};
use a2d_detect::{Numbers, SavedDetector, Verdict};

use crate::costs::{Costs, UNIT};
use crate::exit::BadInput;
use crate::scores::Scores;

/// Costs or scores, as the header of their file says.
pub(crate) enum Measured {
    Costs(Costs),
    Scores(Scores),
}

impl Measured {
    /// Reads these attacks or columns, or all, from a CSV file and the card beside it.
    pub(crate) fn read(path: &Path, columns: Option<&[String]>) -> anyhow::Result<Self> {
        if Scores::are_in(path) {
            return Scores::read(path, columns).map(Self::Scores);
        }
        Costs::read(path, columns).map(Self::Costs)
    }

    /// Reads what can be used with `first`: costs of the same attacks, or scores in the same columns.
    pub(crate) fn read_like(first: &Self, path: &Path) -> anyhow::Result<Self> {
        let found = Self::read(path, Some(&first.names()))?;
        let (expected, got) = (first.kind(), found.kind());
        if expected == got {
            return Ok(found);
        }
        let path = path.display();
        Err(BadInput(format!("use {path}: expected {expected}, found {got}")).into())
    }

    /// The names of the attacks or columns.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::Costs(costs) => costs.table.attacks().to_vec(),
            Self::Scores(scores) => scores.table.names(),
        }
    }

    pub(crate) fn provenance(&self) -> Option<&Provenance> {
        match self {
            Self::Costs(costs) => costs.provenance.as_ref(),
            Self::Scores(scores) => scores.provenance.as_ref(),
        }
    }

    pub(crate) fn costs(&self) -> Option<&Costs> {
        match self {
            Self::Costs(costs) => Some(costs),
            Self::Scores(_) => None,
        }
    }

    pub(crate) fn costs_mut(&mut self) -> Option<&mut Costs> {
        match self {
            Self::Costs(costs) => Some(costs),
            Self::Scores(_) => None,
        }
    }

    /// The numbers: costs in iterations, of which smaller ones look adversarial, or scores as they are.
    pub(crate) fn scores(&self) -> ScoreTable {
        match self {
            Self::Costs(costs) => costs.table.scores(UNIT),
            Self::Scores(scores) => scores.table.clone(),
        }
    }

    /// What they are to a detector.
    pub(crate) fn numbers(&self) -> Numbers {
        match self {
            Self::Costs(_) => Numbers::Costs,
            Self::Scores(scores) => Numbers::Scores(scores.table.signs()),
        }
    }

    /// What they are, in words.
    fn kind(&self) -> String {
        match self {
            Self::Costs(_) => "costs".into(),
            Self::Scores(scores) => {
                format!("scores of {}", columns_text(scores.table.columns()))
            }
        }
    }
}

/// What a detector says of the inputs of tables of one kind, while it is known of which costs only lower bounds are known.
pub(crate) fn verdicts<'a>(
    saved: &SavedDetector,
    tables: impl Iterator<Item = &'a Measured> + Clone,
) -> a2d_detect::Result<Vec<Vec<Verdict>>> {
    let costs: Vec<_> =
        tables.clone().filter_map(Measured::costs).map(|costs| &costs.table).collect();
    if costs.is_empty() {
        tables.map(|measured| saved.verdicts_on_scores(&measured.scores())).collect()
    } else {
        saved.verdicts(&costs)
    }
}

/// Columns, and which of their scores look adversarial.
pub(crate) fn columns_text(columns: &[Column]) -> String {
    let columns = columns.iter().map(|Column { name, sign }| format!("{name} ({sign})"));
    columns.collect::<Vec<_>>().join(", ")
}
