//! What every detector can do.

use std::fmt;

use ndarray::{ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Error, Explanation, Numbers, Result};

/// A fitted detector: it judges inputs by what it costs to attack them, or by other scores of them.
///
/// These numbers are given one per column, in the order of the columns it was fitted on: an attack each, or
/// a score.
pub trait Detect {
    /// Its name in commands, reports and, where it is of another crate, files.
    fn name(&self) -> &str;

    /// The number of columns: of attacks whose costs it takes, or of scores.
    fn columns(&self) -> usize;

    /// What the numbers in them are.
    fn numbers(&self) -> &Numbers;

    /// How many samples it has seen.
    fn samples(&self) -> Samples;

    /// The verdicts on inputs with these numbers (samples x columns), in their order.
    ///
    /// # Errors
    /// If there is no sample or are not as many numbers as columns, or one is not in the range of the
    /// detector's [`Numbers`].
    fn verdicts(&self, numbers: ArrayView2<f64>) -> Result<Vec<Verdict>>;

    /// The verdict on an input with these numbers.
    ///
    /// # Errors
    /// As [`verdicts`](Self::verdicts).
    fn verdict(&self, numbers: &[f64]) -> Result<Verdict> {
        let row = ArrayView1::from(numbers).insert_axis(Axis(0));
        self.verdicts(row).map(|verdicts| verdicts[0])
    }

    /// The verdict on an input with these numbers, and what it rests on.
    ///
    /// # Errors
    /// As [`verdicts`](Self::verdicts).
    fn explain(&self, numbers: &[f64]) -> Result<Explanation>;
}

/// A detector whose threshold moves without fitting anew.
pub trait Tune: Detect + Sized {
    /// What decides, in the detector's own terms: a z-score, a share of votes, or a p-value.
    fn threshold(&self) -> f64;

    /// The same detector with another threshold.
    ///
    /// # Errors
    /// If the detector cannot have this threshold.
    fn with_threshold(self, threshold: f64) -> Result<Self>;

    /// The same detector with the threshold at which it, with all its attacks and votes, flags about this
    /// share of benign inputs.
    ///
    /// # Errors
    /// If the share is not above 0 and below 1, or the detector does not know its share, as one that does not
    /// say otherwise.
    fn with_false_positive_rate(self, _rate: f64) -> Result<Self> {
        Err(Error::Uncalibrated { detector: self.name().to_owned() })
    }

    /// The same detector, which now flags inputs of a higher [score](Verdict::score) than this and no others:
    /// what a calibration asks for. Where thresholds are scores, it is that threshold.
    ///
    /// # Errors
    /// As [`with_threshold`](Self::with_threshold).
    fn flagging_above(self, score: f64) -> Result<Self> {
        self.with_threshold(score)
    }
}

/// What a detector says of an input.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Larger = more adversarial, whatever the detector: the share of adversarial votes of
    /// [`Knn`](crate::Knn), the deciding z-score of [`ZScore`](crate::ZScore) with its sign turned, one
    /// minus the p-value of [`Conformal`](crate::Conformal). Always finite.
    pub score: f64,
    /// True if the input is called adversarial.
    pub adversarial: bool,
    /// The chance that a benign input looks so adversarial or more, where the detector knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
}

/// Numbers of samples that a detector has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Samples {
    /// Benign samples it was fitted on.
    pub benign: usize,
    /// Adversarial samples it was fitted on.
    pub adversarial: usize,
    /// Benign samples it was not fitted on, which its threshold was chosen by.
    pub held_out: usize,
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { benign, adversarial, held_out } = self;
        write!(f, "fitted on {benign} benign and {adversarial} adversarial inputs")?;
        if *held_out == 0 { Ok(()) } else { write!(f, ", calibrated on {held_out} benign ones") }
    }
}

/// The costs that an attack flags on its own, or the scores that their column does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostLimits {
    /// Every cost below is flagged: 0 if none is, infinity if all are. Of scores, minus
    /// [`MAX_COST`](crate::MAX_COST) if none is.
    #[serde(deserialize_with = "endless")]
    pub below: f64,
    /// Every cost above is flagged, infinity if none is; `None` if high ones are never looked for.
    /// Infinity is null in JSON, and so read back as `None`.
    pub above: Option<f64>,
}

/// JSON has no infinity.
fn endless<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}
