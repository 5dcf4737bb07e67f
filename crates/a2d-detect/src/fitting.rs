//! Fitting a detector of any kind, by what is chosen at run time.

use linfa::traits::Fit as _;
use linfa::{DatasetBase, ParamGuard as _};
use ndarray::{Array2, Axis};
use statrs::distribution::{ContinuousCDF as _, Normal};

use crate::{
    Cascade, CascadeParams, Conformal, DEFAULT_ALPHA, DEFAULT_K, Detector, Error, Kinds, Knn,
    Numbers, Result, Tails, Tune as _, ZScore, labelled,
};

/// A kind of detector.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DetectorKind {
    /// [`ZScore`], fitted on benign numbers.
    ZScore,
    /// [`Knn`], fitted on benign and adversarial numbers.
    Knn,
    /// [`Conformal`] over k-NN if there are adversarial numbers, else over z-scores.
    Conformal,
    /// One of another crate.
    Other {
        /// Its name.
        name: String,
        /// The kinds that are known.
        kinds: Kinds,
        /// Whether benign numbers held out from the fit decide its threshold.
        calibrated: bool,
    },
}

/// What a detector of any kind is to be like.
///
/// ```
/// use a2d_detect::ndarray::Array2;
/// use a2d_detect::{Detect, DetectorKind, Fitting, TrainingNumbers};
///
/// let benign = Array2::from_shape_fn((60, 1), |(row, _)| (90 + row) as f64);
/// let fitting = Fitting { rate: Some(0.05), ..Fitting::of(DetectorKind::Conformal) };
/// let (detector, _) = fitting.fit(TrainingNumbers::costs(benign))?;
/// assert!(detector.verdict(&[3.0])?.adversarial);
/// # Ok::<(), a2d_detect::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fitting {
    /// The kind.
    pub kind: DetectorKind,
    /// Neighbours that vote (k-NN).
    pub k: usize,
    /// Adversarial inputs for each benign one; of the kind that there is too much of, some are left out evenly
    /// (k-NN). `None` leaves out none.
    pub ratio: Option<f64>,
    /// Columns that must flag an input (z-score); `None` for half of them, rounded up.
    pub votes: Option<usize>,
    /// Whether columns decide one after the other, in their order, in place of votes (z-score); see [`Cascade`].
    pub cascade: bool,
    /// Which costs are suspicious (z-score).
    pub tails: Tails,
    /// The threshold, in the detector's own terms, in place of its usual one.
    pub threshold: Option<f64>,
    /// The share of benign inputs to flag; decides where no threshold is given.
    pub rate: Option<f64>,
}

/// The numbers that a detector is fitted on, samples x columns.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingNumbers {
    /// What they are.
    pub numbers: Numbers,
    /// Of benign inputs.
    pub benign: Array2<f64>,
    /// Of adversarial inputs, where there are some.
    pub adversarial: Option<Array2<f64>>,
    /// Of benign inputs that are held out from the fit (conformal); `None` for every other one of `benign`, or
    /// all for a one-sided z-score of one column, which only their order matters to.
    pub calibration: Option<Array2<f64>>,
}

impl TrainingNumbers {
    /// Costs of benign inputs alone.
    pub fn costs(benign: Array2<f64>) -> Self {
        Self { numbers: Numbers::Costs, benign, adversarial: None, calibration: None }
    }
}

impl Fitting {
    /// A detector of this kind as it usually is.
    pub fn of(kind: DetectorKind) -> Self {
        Self {
            kind,
            k: DEFAULT_K,
            ratio: None,
            votes: None,
            cascade: false,
            tails: Tails::Lower,
            threshold: None,
            rate: None,
        }
    }

    /// The detector, and the benign numbers that its rate of false positives follows from: those it was
    /// calibrated on or, if it was not, fitted on.
    ///
    /// # Errors
    /// [`Error::Fitting`] if the kind does not take what is given; else as the detectors' own fits.
    pub fn fit(&self, samples: TrainingNumbers) -> Result<(Detector, Array2<f64>)> {
        self.check(&samples)?;
        let TrainingNumbers { numbers, benign, adversarial, calibration } = samples;
        let adversarial = adversarial.as_ref();
        if !self.is_calibrated() {
            let (detector, benign) = self.uncalibrated(&numbers, benign, adversarial)?;
            return Ok((self.tuned(detector)?, benign));
        }
        let (fitted, held_out) = if let Some(calibration) = calibration {
            (benign, calibration)
        } else if benign.ncols() == 1 && self.is_one_sided_z_score(adversarial) {
            (benign.clone(), benign) // the scores are in the order of the costs, whatever the fit
        } else {
            halves(&benign)
        };
        let (detector, _) = self.uncalibrated(&numbers, fitted, adversarial)?;
        let alpha = self.threshold.or(self.rate).unwrap_or(DEFAULT_ALPHA);
        let params = Conformal::params(detector).alpha(alpha).check()?;
        Ok((params.fit(&DatasetBase::from(held_out.view()))?.into(), held_out))
    }

    fn is_calibrated(&self) -> bool {
        matches!(self.kind, DetectorKind::Conformal | DetectorKind::Other { calibrated: true, .. })
    }

    fn is_one_sided_z_score(&self, adversarial: Option<&Array2<f64>>) -> bool {
        let is_other = matches!(self.kind, DetectorKind::Other { .. });
        !is_other && adversarial.is_none() && self.tails == Tails::Lower
    }

    fn check(&self, samples: &TrainingNumbers) -> Result<()> {
        let is_knn = samples.adversarial.is_some();
        let refused = |detector, expected, got| Err(Error::Fitting { detector, expected, got });
        match self.kind {
            DetectorKind::ZScore if is_knn => {
                refused("z-score", "benign numbers only", "adversarial ones")
            }
            DetectorKind::Knn if !is_knn => {
                refused("k-NN", "benign and adversarial numbers", "benign ones only")
            }
            _ if self.cascade && (is_knn || matches!(self.kind, DetectorKind::Other { .. })) => {
                refused("cascade", "z-scores of benign numbers", "another detector")
            }
            _ if self.cascade && self.votes.is_some() => {
                refused("cascade", "no votes", "a number of them")
            }
            _ if self.cascade && self.tails == Tails::Both => {
                refused("cascade", "the lower tail", "both")
            }
            _ if is_knn && self.tails == Tails::Both => {
                refused("k-NN", "the lower tail", "both, which z-scores have")
            }
            _ if !self.is_calibrated() && samples.calibration.is_some() => {
                refused("uncalibrated", "no held-out numbers", "some, which conformal takes")
            }
            _ => Ok(()),
        }
    }

    fn tuned(&self, detector: Detector) -> Result<Detector> {
        match (self.threshold, self.rate) {
            (Some(threshold), _) => detector.with_threshold(threshold),
            (None, Some(rate)) => detector.with_false_positive_rate(rate),
            (None, None) => Ok(detector),
        }
    }

    /// A detector, and the benign numbers that it was fitted on.
    fn uncalibrated(
        &self,
        numbers: &Numbers,
        benign: Array2<f64>,
        adversarial: Option<&Array2<f64>>,
    ) -> Result<(Detector, Array2<f64>)> {
        let (benign, adversarial) = self.thinned(benign, adversarial)?;
        if let DetectorKind::Other { name, kinds, .. } = &self.kind {
            let adversarial = adversarial.unwrap_or_else(|| Array2::zeros((0, benign.ncols())));
            let samples = labelled(benign.view(), adversarial.view())?;
            return Ok((kinds.fit(name, &samples, numbers)?, benign));
        }
        let Some(adversarial) = adversarial else {
            if self.cascade {
                let params = self
                    .rate_of_a_cascade()
                    .into_iter()
                    .fold(Cascade::params(), CascadeParams::rate);
                let detector =
                    params.numbers(numbers.clone()).fit(&DatasetBase::from(benign.view()))?;
                return Ok((detector.into(), benign));
            }
            let votes = self.votes.unwrap_or(benign.ncols().div_ceil(2));
            let params = ZScore::params(votes).tails(self.tails).numbers(numbers.clone());
            let detector = params.fit(&DatasetBase::from(benign.view()))?;
            return Ok((detector.into(), benign));
        };
        let samples = labelled(benign.view(), adversarial.view())?;
        let params = Knn::params().k(self.k).numbers(numbers.clone());
        Ok((params.fit(&samples)?.into(), benign))
    }

    /// The share of benign inputs that the bands of a cascade are made for; its own where none is asked for.
    fn rate_of_a_cascade(&self) -> Option<f64> {
        match (self.threshold, self.rate) {
            (Some(alpha), _) if self.is_calibrated() => Some(alpha),
            (Some(z_score), _) => Some(Normal::standard().cdf(z_score)),
            (None, rate) => rate.or_else(|| self.is_calibrated().then_some(DEFAULT_ALPHA)),
        }
    }

    /// The numbers that the ratio leaves.
    fn thinned(
        &self,
        benign: Array2<f64>,
        adversarial: Option<&Array2<f64>>,
    ) -> Result<(Array2<f64>, Option<Array2<f64>>)> {
        let (Some(adversarial), Some(ratio)) = (adversarial, self.ratio) else {
            return Ok((benign, adversarial.cloned()));
        };
        if !(ratio > 0.0 && ratio.is_finite()) {
            return Err(NO_RATIO);
        }
        let wanted = ratio * benign.nrows() as f64;
        let found = adversarial.nrows() as f64;
        Ok((thinned(&benign, found / wanted)?, Some(thinned(adversarial, wanted / found)?)))
    }
}

const NO_RATIO: Error = Error::Fitting {
    detector: "k-NN",
    expected: "a ratio above 0 that leaves inputs",
    got: "one that leaves none",
};

/// A share of the rows, evenly spread; all of them for a share of 1 and more.
fn thinned(numbers: &Array2<f64>, share: f64) -> Result<Array2<f64>> {
    let rows = numbers.nrows();
    let kept = (share.min(1.0) * rows as f64).round() as usize;
    if kept == 0 {
        return Err(NO_RATIO);
    }
    Ok(numbers.select(Axis(0), &(0..kept).map(|row| row * rows / kept).collect::<Vec<_>>()))
}

/// Every other row, and the rows between.
fn halves(numbers: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
    let from = |first| {
        let rows: Vec<usize> = (first..numbers.nrows()).step_by(2).collect();
        numbers.select(Axis(0), &rows)
    };
    (from(0), from(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::benign;
    use crate::{Detect as _, Samples};

    fn adversarial() -> Array2<f64> {
        Array2::from_shape_fn((30, 2), |(row, column)| (row % 7 + column) as f64)
    }

    fn samples() -> TrainingNumbers {
        TrainingNumbers::costs(benign())
    }

    fn refusal(fitting: &Fitting, samples: TrainingNumbers) -> String {
        let error = fitting.fit(samples).unwrap_err();
        assert!(error.is_bad_input());
        error.to_string()
    }

    #[test]
    fn every_kind_is_fitted_and_says_on_what() {
        let all = |kind, adversarial| {
            let fitting = Fitting { k: 9, ..Fitting::of(kind) };
            fitting.fit(TrainingNumbers { adversarial, ..samples() })
        };
        let (z_score, judged) = all(DetectorKind::ZScore, None).unwrap();
        assert_eq!((z_score.name(), judged), ("z-score", benign()));
        let (knn, judged) = all(DetectorKind::Knn, Some(adversarial())).unwrap();
        assert_eq!((knn.name(), judged), ("knn", benign()));
        let (conformal, judged) = all(DetectorKind::Conformal, Some(adversarial())).unwrap();
        assert_eq!(conformal.name(), "conformal knn");
        assert_eq!(conformal.samples(), Samples { benign: 32, adversarial: 30, held_out: 32 });
        assert_eq!(judged.row(0), benign().row(1));
    }

    #[test]
    fn z_scores_decide_one_after_the_other_if_asked_to() {
        let cascade =
            Fitting { cascade: true, rate: Some(0.2), ..Fitting::of(DetectorKind::ZScore) };
        let (detector, _) = cascade.fit(samples()).unwrap();
        assert_eq!(detector.name(), "cascade");
        let by_hand = Cascade::params().rate(0.2).fit(&DatasetBase::from(benign())).unwrap();
        assert_eq!(detector, by_hand.into());
        let by_threshold = Fitting { threshold: Some(-0.5), rate: None, ..cascade.clone() };
        assert_eq!(by_threshold.fit(samples()).unwrap().0.threshold(), -0.5);
        let calibrated = Fitting { kind: DetectorKind::Conformal, ..cascade.clone() };
        let (detector, judged) = calibrated.fit(samples()).unwrap();
        assert_eq!((detector.name(), judged.nrows()), ("conformal cascade", 32));

        let votes = Fitting { votes: Some(1), ..cascade.clone() };
        assert!(refusal(&votes, samples()).contains("fit cascade detector: expected no votes"));
        let both = Fitting { tails: Tails::Both, ..cascade.clone() };
        assert!(refusal(&both, samples()).contains("expected the lower tail, got both"));
        let knn = Fitting { kind: DetectorKind::Knn, ..cascade };
        let with = TrainingNumbers { adversarial: Some(adversarial()), ..samples() };
        assert!(refusal(&knn, with).contains("expected z-scores of benign numbers"));
    }

    #[test]
    fn one_column_is_calibrated_on_all() {
        let one = benign().select(Axis(1), &[0]);
        let conformal = Fitting::of(DetectorKind::Conformal);
        let (detector, judged) = conformal.fit(TrainingNumbers::costs(one.clone())).unwrap();
        assert_eq!((detector.samples().held_out, &judged), (64, &one));
        let both = Fitting { tails: Tails::Both, ..conformal };
        assert_eq!(both.fit(TrainingNumbers::costs(one)).unwrap().1.nrows(), 32);
    }

    #[test]
    fn thresholds_and_rates_move_any_kind() {
        let z_score = Fitting::of(DetectorKind::ZScore);
        let of = |fitting: Fitting| fitting.fit(samples()).unwrap().0.threshold();
        assert_eq!(of(Fitting { threshold: Some(-2.0), ..z_score.clone() }), -2.0);
        assert!(of(Fitting { rate: Some(0.01), ..z_score.clone() }) < of(z_score));
        let conformal = Fitting::of(DetectorKind::Conformal);
        assert_eq!(of(Fitting { rate: Some(0.1), ..conformal }), 0.1);
    }

    #[test]
    fn the_ratio_leaves_rows_out_evenly() {
        let costs = Array2::from_shape_fn((10, 1), |(row, _)| row as f64);
        let kept = |share| thinned(&costs, share).map(|kept| kept.into_raw_vec_and_offset().0);
        assert_eq!(kept(0.5).unwrap(), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(kept(0.8).unwrap(), [0.0, 1.0, 2.0, 3.0, 5.0, 6.0, 7.0, 8.0]);
        assert_eq!(kept(1.25).unwrap().len(), 10);
        for ratio in [f64::NAN, 0.0, -1.0, 1e-9] {
            let fitting = Fitting { ratio: Some(ratio), ..Fitting::of(DetectorKind::Knn) };
            let samples = TrainingNumbers { adversarial: Some(adversarial()), ..samples() };
            assert!(refusal(&fitting, samples).contains("got one that leaves none"), "{ratio}");
        }
    }

    #[test]
    fn what_a_kind_does_not_take_is_refused() {
        let of = Fitting::of;
        let (with, held_out) = (
            TrainingNumbers { adversarial: Some(adversarial()), ..samples() },
            TrainingNumbers { calibration: Some(benign()), ..samples() },
        );
        let said = refusal(&of(DetectorKind::ZScore), with.clone());
        assert!(said.contains("z-score detector: expected benign numbers only"), "{said}");
        let said = refusal(&of(DetectorKind::Knn), samples());
        assert!(said.contains("got benign ones only"), "{said}");
        let both = Fitting { tails: Tails::Both, ..of(DetectorKind::Conformal) };
        assert!(refusal(&both, with).contains("got both"));
        let said = refusal(&of(DetectorKind::ZScore), held_out);
        assert!(said.contains("expected no held-out numbers"), "{said}");
    }
}
