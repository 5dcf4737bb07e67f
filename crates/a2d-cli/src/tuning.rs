//! Options that move the threshold of a detector.

use a2d_detect::{Detector, Tune as _};
use clap::Args;

use crate::number::finite;

/// The threshold of a detector.
#[derive(Debug, Args)]
pub(crate) struct TuningArguments {
    /// Threshold in place of what the detector was fitted with, at first the one in parentheses. z-score:
    /// the z-score below which an attack flags an input (-1.281552). knn: the share of adversarial
    /// votes above which it is adversarial (0.5). conformal: the p-value up to which it is (0.05)
    #[arg(long, requires = "detector", allow_negative_numbers = true, value_parser = finite)]
    threshold: Option<f64>,
    /// Share of benign inputs that the detector is to flag, in place of --threshold. conformal: at most this
    /// share of those to come. z-score: at most this share of those it was fitted on, by the votes of all its
    /// attacks; with one attack, this share if its costs are normal. knn: unknown, calibrate it (conformal)
    #[arg(long, requires = "detector", conflicts_with = "threshold", value_name = "SHARE", value_parser = finite)]
    fpr: Option<f64>,
}

impl TuningArguments {
    /// The detector with this threshold, or its own if none is given. Nothing is fitted anew.
    pub(crate) fn tune(&self, detector: Detector) -> a2d_detect::Result<Detector> {
        match (self.threshold, self.fpr) {
            (Some(threshold), _) => detector.with_threshold(threshold),
            (None, Some(rate)) => detector.with_false_positive_rate(rate),
            (None, None) => Ok(detector),
        }
    }

    /// The threshold, if one is given.
    pub(crate) fn threshold(&self) -> Option<f64> {
        self.threshold
    }

    /// The share of benign inputs to flag, if one is given.
    pub(crate) fn rate(&self) -> Option<f64> {
        self.fpr
    }
}
