//! Any of the detectors.

use std::ops::RangeInclusive;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::{
    Conformal, CostLimits, Detect, Error, Explanation, Foresee, Knn, Numbers, Result, Samples,
    Tune, Verdict, ZScore,
};

/// Any fitted detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Detector {
    /// Knows benign and adversarial costs.
    Knn(Knn),
    /// Knows benign costs only.
    ZScore(ZScore),
    /// Either of them, calibrated on held-out benign costs.
    Conformal(Conformal),
}

impl Detector {
    /// The same detector, which now flags higher scores than this and no others.
    pub(crate) fn flagging_above(self, score: f64) -> Result<Self> {
        match self {
            Self::Knn(knn) => knn.with_threshold(score).map(Self::Knn),
            Self::ZScore(z_score) => z_score.with_threshold(-score).map(Self::ZScore),
            Self::Conformal(_) => Err(Error::CalibratedTwice),
        }
    }

    fn inner(&self) -> &dyn Foresee {
        match self {
            Self::Knn(knn) => knn,
            Self::ZScore(z_score) => z_score,
            Self::Conformal(conformal) => conformal,
        }
    }
}

impl Detect for Detector {
    fn name(&self) -> &'static str {
        self.inner().name()
    }

    fn columns(&self) -> usize {
        self.inner().columns()
    }

    fn numbers(&self) -> &Numbers {
        self.inner().numbers()
    }

    fn samples(&self) -> Samples {
        self.inner().samples()
    }

    fn verdicts(&self, numbers: ArrayView2<f64>) -> Result<Vec<Verdict>> {
        self.inner().verdicts(numbers)
    }

    fn explain(&self, numbers: &[f64]) -> Result<Explanation> {
        self.inner().explain(numbers)
    }
}

impl Foresee for Detector {
    fn cost_limits(&self) -> Option<Vec<CostLimits>> {
        self.inner().cost_limits()
    }

    fn benign_costs(&self) -> Vec<f64> {
        self.inner().benign_costs()
    }

    fn certain(&self, known: &[RangeInclusive<f64>]) -> Result<Option<bool>> {
        self.inner().certain(known)
    }

    fn verdict_within(&self, known: &[RangeInclusive<f64>]) -> Result<Verdict> {
        self.inner().verdict_within(known)
    }

    fn settled(&self, known: &[RangeInclusive<f64>]) -> Result<Vec<bool>> {
        self.inner().settled(known)
    }
}

impl Tune for Detector {
    fn threshold(&self) -> f64 {
        match self {
            Self::Knn(knn) => knn.threshold(),
            Self::ZScore(z_score) => z_score.threshold(),
            Self::Conformal(conformal) => conformal.threshold(),
        }
    }

    fn with_threshold(self, threshold: f64) -> Result<Self> {
        match self {
            Self::Knn(knn) => knn.with_threshold(threshold).map(Self::Knn),
            Self::ZScore(z_score) => z_score.with_threshold(threshold).map(Self::ZScore),
            Self::Conformal(conformal) => conformal.with_threshold(threshold).map(Self::Conformal),
        }
    }

    fn with_false_positive_rate(self, rate: f64) -> Result<Self> {
        match self {
            Self::Knn(knn) => knn.with_false_positive_rate(rate).map(Self::Knn),
            Self::ZScore(z_score) => z_score.with_false_positive_rate(rate).map(Self::ZScore),
            Self::Conformal(conformal) => {
                conformal.with_false_positive_rate(rate).map(Self::Conformal)
            }
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

impl From<Conformal> for Detector {
    fn from(conformal: Conformal) -> Self {
        Self::Conformal(conformal)
    }
}
