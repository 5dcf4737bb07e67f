//! Any of the detectors.

mod document;

use std::ops::RangeInclusive;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::{
    AnyDetector, Cascade, Conformal, CostLimits, Detect, Explanation, Foresee, Knn, Numbers,
    OtherDetector, Result, Samples, Tune, Verdict, ZScore,
};

pub(crate) use document::Document;

/// Any fitted detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "Document")]
#[non_exhaustive]
pub enum Detector {
    /// Knows benign and adversarial costs.
    Knn(Knn),
    /// Knows benign costs only.
    ZScore(ZScore),
    /// Knows benign costs only, and asks one attack after the other.
    Cascade(Cascade),
    /// Any other, calibrated on held-out benign costs.
    Conformal(Conformal),
    /// One of another crate.
    Other(OtherDetector),
}

impl Detector {
    /// A detector of another crate.
    pub fn other(detector: impl AnyDetector + 'static) -> Self {
        Self::Other(OtherDetector::new(detector))
    }

    fn inner(&self) -> &dyn Foresee {
        match self {
            Self::Knn(knn) => knn,
            Self::ZScore(z_score) => z_score,
            Self::Cascade(cascade) => cascade,
            Self::Conformal(conformal) => conformal,
            Self::Other(other) => other.detector(),
        }
    }
}

impl Detect for Detector {
    fn name(&self) -> &str {
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
            Self::Cascade(cascade) => cascade.threshold(),
            Self::Conformal(conformal) => conformal.threshold(),
            Self::Other(other) => other.threshold(),
        }
    }

    fn with_threshold(self, threshold: f64) -> Result<Self> {
        match self {
            Self::Knn(knn) => knn.with_threshold(threshold).map(Self::Knn),
            Self::ZScore(z_score) => z_score.with_threshold(threshold).map(Self::ZScore),
            Self::Cascade(cascade) => cascade.with_threshold(threshold).map(Self::Cascade),
            Self::Conformal(conformal) => conformal.with_threshold(threshold).map(Self::Conformal),
            Self::Other(other) => other.with_threshold(threshold).map(Self::Other),
        }
    }

    fn with_false_positive_rate(self, rate: f64) -> Result<Self> {
        match self {
            Self::Knn(knn) => knn.with_false_positive_rate(rate).map(Self::Knn),
            Self::ZScore(z_score) => z_score.with_false_positive_rate(rate).map(Self::ZScore),
            Self::Cascade(cascade) => cascade.with_false_positive_rate(rate).map(Self::Cascade),
            Self::Conformal(conformal) => {
                conformal.with_false_positive_rate(rate).map(Self::Conformal)
            }
            Self::Other(other) => other.with_false_positive_rate(rate).map(Self::Other),
        }
    }

    fn flagging_above(self, score: f64) -> Result<Self> {
        match self {
            Self::Knn(knn) => knn.flagging_above(score).map(Self::Knn),
            Self::ZScore(z_score) => z_score.flagging_above(score).map(Self::ZScore),
            Self::Cascade(cascade) => cascade.flagging_above(score).map(Self::Cascade),
            Self::Conformal(conformal) => conformal.flagging_above(score).map(Self::Conformal),
            Self::Other(other) => other.flagging_above(score).map(Self::Other),
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

impl From<Cascade> for Detector {
    fn from(cascade: Cascade) -> Self {
        Self::Cascade(cascade)
    }
}

impl<D: Into<Detector>> From<Conformal<D>> for Detector {
    fn from(conformal: Conformal<D>) -> Self {
        Self::Conformal(conformal.erased())
    }
}
