use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::{Knn, Result, ZScore};

/// What a detector says of an input.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Larger = more adversarial, whatever the detector: the share of adversarial neighbours of
    /// [`Knn`], the negated deciding z-score of [`ZScore`]. Always finite.
    pub score: f64,
    /// True if the input is called adversarial.
    pub adversarial: bool,
}

/// Any fitted detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Detector {
    /// Knows benign and adversarial costs.
    Knn(Knn),
    /// Knows benign costs only.
    ZScore(ZScore),
}

impl Detector {
    /// Its name in commands and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Knn(_) => "knn",
            Self::ZScore(_) => "z-score",
        }
    }

    /// For each attack the cost below which it flags an input; none if there is no such cost, as with
    /// [`Knn`].
    pub fn cost_thresholds(&self) -> Vec<f64> {
        match self {
            Self::Knn(_) => vec![],
            Self::ZScore(z_score) => z_score.cost_thresholds(),
        }
    }

    /// The number of attacks, whose costs it takes in the order it was fitted on.
    pub fn attacks(&self) -> usize {
        match self {
            Self::Knn(knn) => knn.attacks(),
            Self::ZScore(z_score) => z_score.distributions().len(),
        }
    }

    /// The numbers of benign and of adversarial samples it was fitted on.
    pub fn samples(&self) -> (usize, usize) {
        match self {
            Self::Knn(knn) => knn.samples(),
            Self::ZScore(z_score) => (z_score.samples(), 0),
        }
    }

    /// The verdict on an input with these costs, one per attack.
    ///
    /// # Errors
    /// If there are not as many as attacks, or one is not a number from 0 to
    /// [`MAX_COST`](crate::MAX_COST).
    pub fn verdict(&self, costs: &[f64]) -> Result<Verdict> {
        match self {
            Self::Knn(knn) => knn.verdict(costs),
            Self::ZScore(z_score) => z_score.verdict(costs),
        }
    }

    /// The verdicts on inputs with these costs (samples x attacks), in their order.
    ///
    /// # Errors
    /// As [`verdict`](Self::verdict), and if there is no sample.
    pub fn verdicts(&self, costs: ArrayView2<f64>) -> Result<Vec<Verdict>> {
        match self {
            Self::Knn(knn) => knn.verdicts(costs),
            Self::ZScore(z_score) => z_score.verdicts(costs),
        }
    }
}

impl From<Knn> for Detector {
    fn from(knn: Knn) -> Self {
        Self::Knn(knn)
    }
}

impl From<ZScore> for Detector {
    fn from(z_score: ZScore) -> Self {
        Self::ZScore(z_score)
    }
}
