//! What a conformal detector is calibrated with.

use linfa::dataset::AsTargets;
use linfa::traits::Fit;
use linfa::{DatasetBase, ParamGuard};
use ndarray::{ArrayBase, Data, Ix2};

use super::{Conformal, DEFAULT_ALPHA, check_uncalibrated};
use crate::calibration::check_alpha;
use crate::{Calibration, Detect, Detector, Error, Result, Tune};

/// Hyper-parameters of [`Conformal`], not checked yet.
#[derive(Clone, Debug, PartialEq)]
pub struct ConformalParams<D = Detector>(ConformalValidParams<D>);

/// Checked hyper-parameters of [`Conformal`].
#[derive(Clone, Debug, PartialEq)]
pub struct ConformalValidParams<D = Detector> {
    alpha: f64,
    detector: D,
}

impl<D: Tune> Conformal<D> {
    /// Hyper-parameters to calibrate a fitted `detector` with, for [`DEFAULT_ALPHA`].
    pub fn params(detector: D) -> ConformalParams<D> {
        ConformalParams(ConformalValidParams { alpha: DEFAULT_ALPHA, detector })
    }
}

impl<D> ConformalParams<D> {
    /// Sets the share of benign inputs that may be flagged, above 0 and below 1.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.0.alpha = alpha;
        self
    }
}

impl<D: Detect> ParamGuard for ConformalParams<D> {
    type Checked = ConformalValidParams<D>;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        check_alpha(self.0.alpha)?;
        check_uncalibrated(&self.0.detector)?;
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// Fits on held-out benign costs (samples x attacks), without labels.
impl<D: Tune + Clone, S: Data<Elem = f64>, T: AsTargets<Elem = ()>> Fit<ArrayBase<S, Ix2>, T, Error>
    for ConformalValidParams<D>
{
    type Object = Conformal<D>;

    fn fit(&self, held_out: &DatasetBase<ArrayBase<S, Ix2>, T>) -> Result<Conformal<D>> {
        let verdicts = self.detector.verdicts(held_out.records.view())?;
        let scores = verdicts.into_iter().map(|verdict| verdict.score).collect();
        Conformal::new(self.alpha, self.detector.clone(), Calibration::new(scores)?)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis};

    use super::*;
    use crate::ZScore;
    use crate::tests::benign;

    #[test]
    fn wrong_hyper_parameters_and_held_out_costs_are_refused() {
        let held_out = benign().select(Axis(0), &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let message = |params: &ConformalParams<ZScore>, held_out: &Array2<f64>| {
            let error = params.fit(&DatasetBase::from(held_out.view())).unwrap_err();
            assert!(error.is_bad_input());
            error.to_string()
        };
        let z_score = ZScore::params(1).fit(&DatasetBase::from(benign())).unwrap();
        let params = Conformal::params(z_score);
        for alpha in [0.0, 1.0, -1.0, f64::NAN] {
            let message = message(&params.clone().alpha(alpha), &held_out);
            assert!(message.contains("above 0 and below 1"), "{message}");
        }
        assert!(message(&params, &held_out).contains("at least 1/11 with 10 held-out"));
        let single = held_out.select(Axis(0), &[0]);
        assert!(message(&params, &single).contains("at least 1/2 with 1 held-out"));
        assert!(message(&params, &Array2::zeros((0, 2))).contains("at least one sample"));
        assert!(message(&params, &Array2::zeros((9, 3))).contains("costs of 2 attacks, got 3"));
        assert!(message(&params, &Array2::from_elem((9, 2), f64::NAN)).contains("got NaN"));
        let once = params.alpha(0.5).fit(&DatasetBase::from(held_out.view())).unwrap();
        let twice = Conformal::params(once).check_ref().unwrap_err().to_string();
        assert!(twice.contains("not calibrated yet"), "{twice}");
    }
}
