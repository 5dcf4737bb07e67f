//! Detector whose rate of false positives is guaranteed by benign inputs held out.

mod document;
mod params;

use std::ops::RangeInclusive;

use ndarray::ArrayView2;
use serde::Serialize;

use crate::{
    Calibration, CostLimits, Detect, Detector, Error, Evidence, Explanation, Foresee, Numbers,
    Result, Samples, Tune, Verdict,
};

pub(crate) use document::Document;
pub use params::{ConformalParams, ConformalValidParams};

/// The share of benign inputs that may be flagged, unless another is set.
pub const DEFAULT_ALPHA: f64 = 0.05;

/// A detector whose threshold was chosen by benign inputs that it was not fitted on, so that it flags a
/// benign input with a probability of at most `alpha`. This holds for any number of such inputs and any
/// distribution of costs, if benign inputs to come are like those held out; see [`Calibration`].
///
/// The score of a verdict is one minus the p-value, and the input is adversarial if the p-value is at
/// most `alpha`.
///
/// # What counts as held out
/// Inputs that the detector was not fitted on. The one exception: a [`ZScore`](crate::ZScore) of one attack
/// and one tail may be calibrated on the benign inputs it was fitted on, because whatever it was fitted on,
/// its scores are in the order of the costs, and only their order counts.
///
/// ```
/// use a2d_detect::ndarray::Array2;
/// use a2d_detect::{Conformal, DatasetBase, Detect, Fit, ZScore};
///
/// let benign = |first: usize| {
///     DatasetBase::from(Array2::from_shape_fn((50, 2), |(i, attack)| (first + 2 * i + 50 * attack) as f64))
/// };
/// let z_score = ZScore::params(2).fit(&benign(90))?;
/// let detector = Conformal::params(z_score).alpha(0.02).fit(&benign(91))?;
/// let verdict = detector.verdict(&[3.0, 5.0])?;
/// assert_eq!(verdict.p_value, Some(1.0 / 51.0)); // lower than with any of the 50
/// assert!(verdict.adversarial);
/// # Ok::<(), a2d_detect::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conformal<D = Detector> {
    #[serde(skip)]
    name: String,
    alpha: f64,
    /// Flags what has a p-value of at most `alpha`.
    detector: Box<D>,
    benign_scores: Calibration,
}

impl<D> Conformal<D> {
    /// The detector that gives the scores; its verdicts are the same.
    pub fn detector(&self) -> &D {
        &self.detector
    }

    /// What has a p-value of at most this is flagged: the share of benign inputs that is, at most.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The scores of the held-out benign inputs.
    pub fn calibration(&self) -> &Calibration {
        &self.benign_scores
    }

    /// The same with the detector as one of any kind.
    pub(crate) fn erased(self) -> Conformal
    where
        D: Into<Detector>,
    {
        let Self { name, alpha, detector, benign_scores } = self;
        Conformal { name, alpha, detector: Box::new((*detector).into()), benign_scores }
    }

    fn with_p_value(&self, verdict: Verdict) -> (Verdict, f64) {
        let p_value = self.benign_scores.p_value(verdict.score);
        (Verdict { score: 1.0 - p_value, p_value: Some(p_value), ..verdict }, p_value)
    }
}

impl<D: Tune> Conformal<D> {
    pub(crate) fn new(alpha: f64, detector: D, benign_scores: Calibration) -> Result<Self> {
        check_uncalibrated(&detector)?;
        let name = format!("conformal {}", detector.name());
        Self::with_alpha(name, alpha, detector, benign_scores)
    }

    fn with_alpha(
        name: String,
        alpha: f64,
        detector: D,
        benign_scores: Calibration,
    ) -> Result<Self> {
        let detector = detector.flagging_above(benign_scores.threshold(alpha)?)?;
        Ok(Self { name, alpha, detector: Box::new(detector), benign_scores })
    }
}

/// Refuses to calibrate what is calibrated already.
fn check_uncalibrated(detector: &impl Detect) -> Result<()> {
    if detector.samples().held_out == 0 { Ok(()) } else { Err(Error::CalibratedTwice) }
}

impl<D: Detect> Detect for Conformal<D> {
    fn name(&self) -> &str {
        &self.name
    }

    fn columns(&self) -> usize {
        self.detector.columns()
    }

    fn numbers(&self) -> &Numbers {
        self.detector.numbers()
    }

    fn samples(&self) -> Samples {
        Samples { held_out: self.benign_scores.samples(), ..self.detector.samples() }
    }

    fn verdicts(&self, numbers: ArrayView2<f64>) -> Result<Vec<Verdict>> {
        let verdicts = self.detector.verdicts(numbers)?.into_iter();
        Ok(verdicts.map(|verdict| self.with_p_value(verdict).0).collect())
    }

    fn explain(&self, numbers: &[f64]) -> Result<Explanation> {
        let Explanation { verdict, evidence } = self.detector.explain(numbers)?;
        let (verdict, p_value) = self.with_p_value(verdict);
        let evidence = Evidence::PValue {
            p_value,
            alpha: self.alpha,
            held_out: self.benign_scores.samples(),
            score: Box::new(evidence),
        };
        Ok(Explanation { verdict, evidence })
    }
}

impl<D: Foresee> Foresee for Conformal<D> {
    fn cost_limits(&self) -> Option<Vec<CostLimits>> {
        self.detector.cost_limits()
    }

    fn benign_costs(&self) -> Vec<f64> {
        self.detector.benign_costs()
    }

    fn certain(&self, known: &[RangeInclusive<f64>]) -> Result<Option<bool>> {
        self.detector.certain(known)
    }

    fn verdict_within(&self, known: &[RangeInclusive<f64>]) -> Result<Verdict> {
        Ok(self.with_p_value(self.detector.verdict_within(known)?).0)
    }

    fn settled(&self, known: &[RangeInclusive<f64>]) -> Result<Vec<bool>> {
        self.detector.settled(known)
    }
}

/// The threshold is `alpha`.
impl<D: Tune> Tune for Conformal<D> {
    fn threshold(&self) -> f64 {
        self.alpha
    }

    fn with_threshold(self, threshold: f64) -> Result<Self> {
        Self::with_alpha(self.name, threshold, *self.detector, self.benign_scores)
    }

    fn with_false_positive_rate(self, rate: f64) -> Result<Self> {
        self.with_threshold(rate)
    }
}

#[cfg(test)]
mod tests {
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use ndarray::{Array2, Axis};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::{Tails, ZScore};

    /// Benign costs of two attacks: skewed, whole numbers, and high together.
    fn draw(random: &mut ChaCha8Rng, samples: usize) -> Array2<f64> {
        let mut costs = Array2::zeros((samples, 2));
        for mut row in costs.rows_mut() {
            let robustness = random.random_range(0.0..3.0);
            row.mapv_inplace(|_| {
                (4.0 + robustness + random.random_range(0.0..2.0_f64)).exp().ceil()
            });
        }
        costs
    }

    /// The share of benign draws that is flagged, over 400 fits on 30 of them and as many calibrations.
    fn flagged(votes: usize, tails: Tails, held_out: usize, alpha: f64) -> f64 {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let fits = 400;
        let shares = (0..fits).map(|_| {
            let fitted = DatasetBase::from(draw(&mut random, 30));
            let z_score = ZScore::params(votes).tails(tails).fit(&fitted).unwrap();
            let held_out = DatasetBase::from(draw(&mut random, held_out));
            let detector = Conformal::params(z_score).alpha(alpha).fit(&held_out).unwrap();
            let verdicts = detector.verdicts(draw(&mut random, 50).view()).unwrap();
            verdicts.iter().filter(|verdict| verdict.adversarial).count() as f64 / 50.0
        });
        shares.sum::<f64>() / f64::from(fits)
    }

    /// However badly z-scores fit, the rate is as asked for (lower only where costs tie). Its deviation from one calibration to another
    /// is about sqrt(alpha / held_out), and that of a mean over 400 a twentieth of it.
    #[test]
    fn benign_inputs_are_flagged_at_the_rate_asked_for() {
        for (held_out, alpha) in [(19, 0.05), (39, 0.1), (99, 0.2)] {
            for (votes, tails) in [(1, Tails::Lower), (2, Tails::Lower), (1, Tails::Both)] {
                let rate = flagged(votes, tails, held_out, alpha);
                let error = 4.0 * (alpha / held_out as f64).sqrt() / 20.0;
                assert!((rate - alpha).abs() < error, "{rate} {alpha} {votes} {tails:?}");
            }
        }
    }

    fn z_score() -> ZScore {
        let benign = draw(&mut ChaCha8Rng::seed_from_u64(1), 40);
        ZScore::params(1).fit(&DatasetBase::from(benign)).unwrap()
    }

    fn fit(alpha: f64, held_out: &Array2<f64>) -> Conformal<ZScore> {
        let params = Conformal::params(z_score()).alpha(alpha);
        params.fit(&DatasetBase::from(held_out.view())).unwrap()
    }

    #[test]
    fn verdicts_are_those_of_the_p_value_and_of_the_detector_within() {
        let mut random = ChaCha8Rng::seed_from_u64(2);
        let held_out = draw(&mut random, 60);
        for alpha in [0.02, 0.05, 0.5, 0.99] {
            let detector = fit(alpha, &held_out);
            let costs = draw(&mut random, 200);
            let within = detector.detector().verdicts(costs.view()).unwrap();
            for (verdict, within) in detector.verdicts(costs.view()).unwrap().iter().zip(within) {
                let p_value = verdict.p_value.unwrap();
                assert_eq!(verdict.adversarial, p_value <= alpha);
                assert_eq!(verdict.adversarial, within.adversarial);
                assert_eq!(verdict.score, 1.0 - p_value);
            }
        }
    }

    #[test]
    fn another_rate_needs_no_other_fit() {
        let held_out = draw(&mut ChaCha8Rng::seed_from_u64(3), 60);
        let moved = fit(0.5, &held_out).with_false_positive_rate(0.05).unwrap();
        assert_eq!(moved, fit(0.05, &held_out));
    }

    #[test]
    fn held_out_inputs_that_are_all_the_same_flag_what_is_stranger() {
        let same = Array2::from_elem((19, 2), 20.0);
        let detector = fit(DEFAULT_ALPHA, &same);
        let verdict = |cost: f64| detector.verdict(&[cost, 20.0]).unwrap();
        assert_eq!((verdict(20.0).p_value, verdict(20.0).adversarial), (Some(1.0), false));
        assert_eq!((verdict(1.0).p_value, verdict(1.0).adversarial), (Some(0.05), true));
    }

    /// Why one attack and one tail need no inputs held out, see [`Conformal`].
    #[test]
    fn z_scores_of_one_attack_are_ranks_of_costs() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let benign = draw(&mut random, 50).select(Axis(1), &[0]);
        let samples = DatasetBase::from(benign.view());
        let z_score = ZScore::params(1).fit(&samples).unwrap();
        let detector = Conformal::params(z_score).fit(&samples).unwrap();
        for cost in draw(&mut random, 50).column(0) {
            let as_low = benign.iter().filter(|&benign| benign <= cost).count();
            let expected = (as_low + 1) as f64 / 51.0;
            assert_eq!(detector.verdict(&[*cost]).unwrap().p_value, Some(expected));
        }
    }
}
