//! What every detector can do.

use std::fmt;
use std::ops::RangeInclusive;

use ndarray::{ArrayView1, ArrayView2, Axis};
use serde::Serialize;

use crate::{Explanation, Result, costs};

/// A fitted detector: it judges inputs by what it costs to attack them.
///
/// Costs are given one per attack, in the order of the columns it was fitted on.
pub trait Detect {
    /// Its name in commands and reports.
    fn name(&self) -> &'static str;

    /// The number of attacks whose costs it takes.
    fn attacks(&self) -> usize;

    /// How many samples it has seen.
    fn samples(&self) -> Samples;

    /// The costs that each attack flags on its own; `None` if attacks do not vote one by one, as with
    /// [`Knn`](crate::Knn).
    fn cost_limits(&self) -> Option<Vec<CostLimits>> {
        None
    }

    /// About what each attack costs on a benign input: the mean over those it was fitted on, of transformed
    /// costs where they are. Infinite where no cost is so high.
    fn benign_costs(&self) -> Vec<f64>;

    /// The verdicts on inputs with these costs (samples x attacks), in their order.
    ///
    /// # Errors
    /// If there is no sample or are not as many costs as attacks, or one is not a number from 0 to
    /// [`MAX_COST`](crate::MAX_COST).
    fn verdicts(&self, costs: ArrayView2<f64>) -> Result<Vec<Verdict>>;

    /// The verdict on an input with these costs.
    ///
    /// # Errors
    /// As [`verdicts`](Self::verdicts).
    fn verdict(&self, costs: &[f64]) -> Result<Verdict> {
        let row = ArrayView1::from(costs).insert_axis(Axis(0));
        self.verdicts(row).map(|verdicts| verdicts[0])
    }

    /// The verdict on an input with these costs, and what it rests on.
    ///
    /// # Errors
    /// As [`verdicts`](Self::verdicts).
    fn explain(&self, costs: &[f64]) -> Result<Explanation>;

    /// Whether an input is adversarial, if that is certain of an input whose costs lie anywhere within
    /// these ranges, both ends included; `None` if it is not. With it, attacks stop once no further step
    /// can change the verdict.
    ///
    /// The cost of an attack that has finished is the range `c..=c`; that of one which has spent `b` of at
    /// most `cap` steps and goes on is `b + 1..=cap`, or up to infinity if there is no cap.
    ///
    /// # Errors
    /// If there are not as many ranges as attacks, or one does not begin at a number from 0 to
    /// [`MAX_COST`](crate::MAX_COST), or ends before it begins.
    fn certain(&self, known: &[RangeInclusive<f64>]) -> Result<Option<bool>>;

    /// The verdict on an input whose costs lie anywhere within these ranges, in its favour: no costs within
    /// have a lower score, and it is adversarial only if that is certain. So a cost that is only known to be
    /// at least `c`, because the attack gave up or was stopped, is `c..=f64::INFINITY`, and that it is not
    /// known is no evidence. For costs that are all exact it is the [`verdict`](Self::verdict).
    ///
    /// # Errors
    /// As [`certain`](Self::certain).
    fn verdict_within(&self, known: &[RangeInclusive<f64>]) -> Result<Verdict>;

    /// Whether it makes no difference to the verdict where in its range the cost of each attack lies,
    /// whatever those of the others are. An attack that is settled need not go on, though the verdict may
    /// not be certain before others have. Where attacks do not vote one by one, only exact costs are settled.
    ///
    /// # Errors
    /// As [`certain`](Self::certain).
    fn settled(&self, known: &[RangeInclusive<f64>]) -> Result<Vec<bool>> {
        let known = costs::check_ranges(known, self.attacks())?;
        Ok(known.into_iter().map(|(low, high)| low >= high).collect())
    }
}

/// A detector whose threshold moves without fitting anew.
pub trait Tune: Sized {
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
    /// If the share is not above 0 and below 1, or the detector does not know its share.
    fn with_false_positive_rate(self, rate: f64) -> Result<Self>;
}

/// What a detector says of an input.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Larger = more adversarial, whatever the detector: the share of adversarial votes of
    /// [`Knn`](crate::Knn), the deciding z-score of [`ZScore`](crate::ZScore) with its sign turned, one
    /// minus the p-value of [`Conformal`](crate::Conformal). Always finite.
    pub score: f64,
    /// True if the input is called adversarial.
    pub adversarial: bool,
    /// The chance that a benign input looks so adversarial or more, where the detector knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
}

/// Numbers of samples that a detector has seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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

/// The costs that an attack flags on its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CostLimits {
    /// Every cost below is flagged: 0 if none is, infinity if all are.
    pub below: f64,
    /// Every cost above is flagged, infinity if none is; `None` if high costs are never looked for.
    pub above: Option<f64>,
}
