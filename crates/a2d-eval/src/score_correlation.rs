//! How scores go together with costs.

use a2d_cost::Unit;
use serde::{Deserialize, Serialize};

use crate::defined::defined;
use crate::{Correlation, Result};

/// The score that is meant where none is named: the untargeted one of CLEVER.
const UNTARGETED: &str = "untargeted";

/// How scores go together with the costs of one attack by one measure, over all sets that have both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreCorrelation {
    /// The attack.
    pub attack: String,
    /// What its costs are measured by.
    pub measure: Unit,
    /// How many inputs have both.
    pub n: usize,
    /// Pearson's correlation; none where inputs are too few or all the same.
    pub pearson: Option<Correlation>,
    /// Spearman's correlation.
    pub spearman: Option<Correlation>,
    /// The column of the scores; left out where it is `untargeted`, CLEVER's.
    #[serde(default = "untargeted", skip_serializing_if = "is_untargeted")]
    pub score: String,
}

fn untargeted() -> String {
    UNTARGETED.into()
}

fn is_untargeted(score: &str) -> bool {
    score == UNTARGETED
}

impl ScoreCorrelation {
    /// Of these scores and costs of the same inputs.
    ///
    /// # Errors
    /// If a value is not finite or beyond [`MAX_VALUE`](crate::MAX_VALUE).
    pub fn new(score: &str, attack: &str, measure: Unit, points: &[(f64, f64)]) -> Result<Self> {
        let (x, y): (Vec<_>, Vec<_>) = points.iter().copied().unzip();
        Ok(Self {
            attack: attack.to_owned(),
            measure,
            n: points.len(),
            pearson: defined(Correlation::pearson(&x, &y))?,
            spearman: defined(Correlation::spearman(&x, &y))?,
            score: score.to_owned(),
        })
    }
}
