//! What a cascade is fitted with.

use linfa::dataset::AsTargets;
use linfa::traits::Fit;
use linfa::{DatasetBase, ParamGuard};
use ndarray::{ArrayBase, Data, Ix2};

use super::{Band, Cascade};
use crate::calibration::check_alpha;
use crate::fitted_scores::FittedScores;
use crate::{Detect as _, Error, Numbers, Result, Tune as _, ZScore};

/// The share of what the last attack flags that an earlier one may decide otherwise, unless another is set.
pub const DEFAULT_DOUBT: f64 = 0.05;

/// The share of benign inputs to flag, unless another is set: as a z-score of one attack.
const DEFAULT_RATE: f64 = 0.1;

/// So many benign inputs must be flagged by the last attack, or bands say nothing.
const LEAST_FLAGGED: usize = 5;

/// Hyper-parameters of [`Cascade`], not checked yet.
#[derive(Clone, Debug, PartialEq)]
pub struct CascadeParams(CascadeValidParams);

/// Checked hyper-parameters of [`Cascade`].
#[derive(Clone, Debug, PartialEq)]
pub struct CascadeValidParams {
    rate: f64,
    doubt: f64,
    numbers: Numbers,
}

impl Cascade {
    /// Hyper-parameters of a cascade that flags 10 % of benign inputs, with a doubt of [`DEFAULT_DOUBT`].
    pub fn params() -> CascadeParams {
        let (rate, doubt, numbers) = (DEFAULT_RATE, DEFAULT_DOUBT, Numbers::Costs);
        CascadeParams(CascadeValidParams { rate, doubt, numbers })
    }
}

impl CascadeParams {
    /// Sets the share of benign inputs to flag, above 0 and below 1, which the bands are made for.
    #[must_use]
    pub fn rate(mut self, rate: f64) -> Self {
        self.0.rate = rate;
        self
    }

    /// Sets the share, from 0 to below 1, of the benign inputs that the last attack flags of which an earlier one may say
    /// otherwise. With less, fewer inputs are decided early.
    #[must_use]
    pub fn doubt(mut self, doubt: f64) -> Self {
        self.0.doubt = doubt;
        self
    }

    /// Sets what the numbers are that it is fitted on, costs if not called.
    #[must_use]
    pub fn numbers(mut self, numbers: Numbers) -> Self {
        self.0.numbers = numbers;
        self
    }
}

impl ParamGuard for CascadeParams {
    type Checked = CascadeValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        check_alpha(self.0.rate)?;
        let doubt = self.0.doubt;
        if (0.0..1.0).contains(&doubt) { Ok(&self.0) } else { Err(Error::Doubt { doubt }) }
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// Fits on benign costs or scores (samples x columns, in the order in which they are asked), without labels.
impl<D: Data<Elem = f64>, T: AsTargets<Elem = ()>> Fit<ArrayBase<D, Ix2>, T, Error>
    for CascadeValidParams
{
    type Object = Cascade;

    fn fit(&self, benign: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Cascade> {
        let stages = ZScore::params(1).numbers(self.numbers.clone()).fit(benign)?.without_scores();
        let benign = benign.records.view();
        let suspicions: Vec<_> =
            benign.rows().into_iter().map(|row| stages.suspicions(row)).collect();
        let of_stage = |stage: usize| suspicions.iter().map(move |row| row[stage]);
        let last = stages.columns() - 1;
        let threshold = FittedScores::new(of_stage(last).collect()).flagging_at_most(self.rate);
        let got = of_stage(last).filter(|suspicion| *suspicion > threshold).count();
        if last > 0 && got < LEAST_FLAGGED {
            let (rate, samples) = (self.rate, benign.nrows());
            return Err(Error::TooFewForBands { expected: LEAST_FLAGGED, got, rate, samples });
        }
        let band = |stage: usize| {
            let (flagged, passed): (Vec<_>, Vec<_>) =
                of_stage(stage).zip(of_stage(last)).partition(|(_, last)| *last > threshold);
            let own = |pairs: Vec<(f64, f64)>| pairs.into_iter().map(|(own, _)| own).collect();
            Band::between(own(flagged), own(passed), self.doubt)
        };
        let bands = (0..last).map(band).collect();
        let fitted = Cascade { stages, bands, fitted_scores: FittedScores::new(vec![]) };
        let scores = suspicions.iter().map(|row| fitted.deciding(row).1).collect();
        let fitted = Cascade { fitted_scores: FittedScores::new(scores), ..fitted };
        fitted.with_false_positive_rate(self.rate)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Axis;

    use super::*;
    use crate::tests::benign;

    #[test]
    fn wrong_hyper_parameters_are_refused() {
        let message = |params: CascadeParams| {
            let error = params.fit(&DatasetBase::from(benign())).unwrap_err();
            assert!(error.is_bad_input());
            error.to_string()
        };
        assert!(message(Cascade::params().rate(0.0)).contains("above 0 and below 1, got 0"));
        for doubt in [-0.1, 1.0, f64::NAN] {
            let said = message(Cascade::params().doubt(doubt));
            assert!(said.contains(&format!("from 0 to below 1, got {doubt}")), "{said}");
        }
    }

    #[test]
    fn too_few_inputs_for_bands_are_refused_and_none_are_needed_for_one_stage() {
        let all = benign();
        let fit = |columns: usize, rate: f64| {
            let (part, _) = all.view().split_at(Axis(1), columns);
            Cascade::params().rate(rate).fit(&DatasetBase::from(part))
        };
        let said = fit(2, 0.05).unwrap_err().to_string();
        assert!(said.contains("at least 5 benign inputs that the last attack flags"), "{said}");
        assert!(said.contains("got 3 of 64 at a rate of 0.05"), "{said}");
        assert!(fit(2, 0.1).is_ok() && fit(1, 0.05).is_ok());
    }
}
