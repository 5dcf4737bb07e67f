//! What a z-score detector is fitted with.

use linfa::dataset::AsTargets;
use linfa::traits::Fit;
use linfa::{DatasetBase, ParamGuard};
use ndarray::{ArrayBase, Data, Ix2};

use super::{DEFAULT_THRESHOLD, Tails, ZScore, check_threshold, check_votes};
use crate::distribution::CostDistribution;
use crate::fitted_scores::FittedScores;
use crate::normality::LEAST_VALUES;
use crate::{Detect, Error, Numbers, Result};

/// Hyper-parameters of [`ZScore`], not checked yet.
#[derive(Clone, Debug, PartialEq)]
pub struct ZScoreParams(ZScoreValidParams);

/// Checked hyper-parameters of [`ZScore`].
#[derive(Clone, Debug, PartialEq)]
pub struct ZScoreValidParams {
    votes: usize,
    threshold: f64,
    tails: Tails,
    numbers: Numbers,
}

impl ZScore {
    /// Hyper-parameters of a detector that calls an input adversarial if at least `votes` attacks flag
    /// it. The paper asks for 2 of its 4.
    pub fn params(votes: usize) -> ZScoreParams {
        let (threshold, tails) = (DEFAULT_THRESHOLD, Tails::Lower);
        ZScoreParams(ZScoreValidParams { votes, threshold, tails, numbers: Numbers::Costs })
    }
}

impl ZScoreParams {
    /// Sets the z-score below which an attack flags an input, [`DEFAULT_THRESHOLD`] if not called.
    #[must_use]
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.0.threshold = threshold;
        self
    }

    /// Sets which costs are suspicious, low ones if not called; of scores, those that their sign says.
    #[must_use]
    pub fn tails(mut self, tails: Tails) -> Self {
        self.0.tails = tails;
        self
    }

    /// Sets what the numbers are that it is fitted on, costs if not called.
    #[must_use]
    pub fn numbers(mut self, numbers: Numbers) -> Self {
        self.0.numbers = numbers;
        self
    }
}

impl ParamGuard for ZScoreParams {
    type Checked = ZScoreValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        check_threshold(self.0.threshold, self.0.tails)?;
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// Fits on benign costs or scores (samples x columns). The data set carries no labels, so that adversarial costs
/// do not slip in.
impl<D: Data<Elem = f64>, T: AsTargets<Elem = ()>> Fit<ArrayBase<D, Ix2>, T, Error>
    for ZScoreValidParams
{
    type Object = ZScore;

    fn fit(&self, benign: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<ZScore> {
        let benign = benign.records.view();
        self.numbers.check(benign)?;
        check_votes(self.votes, benign.ncols())?;
        if benign.nrows() < LEAST_VALUES {
            return Err(Error::TooFewBenign { expected: LEAST_VALUES, got: benign.nrows() });
        }
        let columns = benign.columns().into_iter().enumerate();
        let distributions = columns
            .map(|(attack, costs)| CostDistribution::fit(&costs.to_vec(), attack, &self.numbers));
        let fitted = ZScore {
            votes: self.votes,
            threshold: self.threshold,
            tails: self.tails,
            numbers: self.numbers.clone(),
            samples: benign.nrows(),
            attacks: distributions.collect::<Result<_>>()?,
            fitted_scores: None,
        };
        let scores = fitted.verdicts(benign)?.into_iter().map(|verdict| verdict.score).collect();
        Ok(ZScore { fitted_scores: Some(FittedScores::new(scores)), ..fitted })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Axis;

    use super::*;
    use crate::tests::benign;

    #[test]
    fn wrong_hyper_parameters_are_refused() {
        let message = |params: ZScoreParams| {
            let error = params.fit(&DatasetBase::from(benign())).unwrap_err();
            assert!(error.is_bad_input());
            error.to_string()
        };
        assert!(message(ZScore::params(0)).contains("expected 1 to 2, got 0"));
        assert!(message(ZScore::params(3)).contains("expected 1 to 2, got 3"));
        let params = || ZScore::params(1);
        assert!(message(params().threshold(f64::NAN)).contains("finite number, got NaN"));
        let both = params().tails(Tails::Both).threshold(0.5);
        assert!(message(both).contains("at most 0 with both tails, got 0.5"));
    }

    #[test]
    fn too_few_samples_are_refused() {
        let all = benign();
        for rows in [1, 19] {
            let (few, _) = all.view().split_at(Axis(0), rows);
            let error = ZScore::params(1).fit(&DatasetBase::from(few)).unwrap_err();
            let expected = "expected at least 20 benign samples";
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn constant_costs_are_refused_and_the_attack_named() {
        let mut costs = benign();
        costs.column_mut(1).fill(500.0);
        let error = ZScore::params(1).fit(&DatasetBase::from(costs)).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("got 500 for every sample (attack 1"), "{message}");
    }
}
