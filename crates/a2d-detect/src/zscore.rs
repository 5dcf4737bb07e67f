use linfa::traits::Fit;
use linfa::{DatasetBase, ParamGuard, dataset::AsTargets};
use ndarray::{ArrayBase, ArrayView2, Data, Ix2};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::distribution::CostDistribution;
use crate::normality::LEAST_VALUES;
use crate::{Error, Result, Verdict, costs};

/// The z-score below which a cost is called adversarial, unless another is set: the 10 % quantile of
/// the normal distribution, so that one attack alone flags 10 % of benign inputs.
pub const DEFAULT_THRESHOLD: f64 = -1.281_552;

/// The z-score below which one attack alone flags this share of benign inputs, if their transformed
/// costs are normal: the quantile of the normal distribution.
///
/// # Errors
/// If the share is not above 0 and below 1.
pub fn threshold_at(false_positive_rate: f64) -> Result<f64> {
    if 0.0 < false_positive_rate && false_positive_rate < 1.0 {
        Ok(Normal::standard().inverse_cdf(false_positive_rate))
    } else {
        Err(Error::FalsePositiveRate { rate: false_positive_rate })
    }
}

/// Detector that knows benign costs only: an input is adversarial if at least `votes` of its costs are
/// improbably low for a benign one, that is if their z-scores are below the threshold (Zhao et al.,
/// "Attack as defense", ISSTA 2021).
///
/// The score of a verdict is the negated z-score that decides: that of the `votes`-th lowest.
///
/// # Censored costs
/// A verdict never turns adversarial when a cost grows. So an attack may stop at its
/// [`cost_threshold`](CostDistribution::cost_threshold): whatever cost from there on stands in for the
/// full one, the input is flagged or not as before. (The score may differ.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct ZScore {
    votes: usize,
    threshold: f64,
    samples: usize,
    attacks: Vec<CostDistribution>,
}

/// Hyper-parameters of [`ZScore`], not checked yet.
#[derive(Clone, Debug, PartialEq)]
pub struct ZScoreParams(ZScoreValidParams);

/// Checked hyper-parameters of [`ZScore`].
#[derive(Clone, Debug, PartialEq)]
pub struct ZScoreValidParams {
    votes: usize,
    threshold: f64,
}

impl ZScore {
    /// Hyper-parameters of a detector that calls an input adversarial if at least `votes` attacks flag
    /// it. The paper asks for 2 of its 4.
    pub fn params(votes: usize) -> ZScoreParams {
        ZScoreParams(ZScoreValidParams { votes, threshold: DEFAULT_THRESHOLD })
    }

    /// The benign costs of each attack, in the order of the columns.
    pub fn distributions(&self) -> &[CostDistribution] {
        &self.attacks
    }

    /// How many attacks must flag an input.
    pub fn votes(&self) -> usize {
        self.votes
    }

    /// The z-score below which an attack flags an input.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The number of benign samples it was fitted on.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The same detector with another threshold; nothing is fitted anew.
    ///
    /// # Errors
    /// If the threshold is not finite.
    pub fn with_threshold(self, threshold: f64) -> Result<Self> {
        check_threshold(threshold)?;
        Ok(Self { threshold, ..self })
    }

    /// For each attack the cost below which it flags an input: no cost is negative, so 0 if it flags
    /// none, and infinity if it flags every one.
    pub fn cost_thresholds(&self) -> Vec<f64> {
        let costs = |attack: &CostDistribution| attack.cost_threshold(self.threshold);
        self.attacks.iter().map(costs).collect()
    }

    /// The verdict on an input with these costs, one per attack.
    ///
    /// # Errors
    /// If there are not as many as attacks, or one is not a number from 0 to
    /// [`MAX_COST`](crate::MAX_COST).
    pub fn verdict(&self, costs: &[f64]) -> Result<Verdict> {
        costs::check_row(costs, self.attacks.len())?;
        Ok(self.vote(costs.iter()))
    }

    /// The verdicts on inputs with these costs (samples x attacks).
    ///
    /// # Errors
    /// As [`verdict`](Self::verdict), and if there is no sample.
    pub fn verdicts(&self, costs: ArrayView2<f64>) -> Result<Vec<Verdict>> {
        costs::check_width(costs, self.attacks.len())?;
        Ok(costs.rows().into_iter().map(|row| self.vote(row.iter())).collect())
    }

    fn vote<'a>(&self, costs: impl Iterator<Item = &'a f64>) -> Verdict {
        let pairs = self.attacks.iter().zip(costs);
        let mut z: Vec<f64> = pairs.map(|(attack, &cost)| attack.z_score(cost)).collect();
        z.sort_by(f64::total_cmp);
        let deciding = z[self.votes - 1];
        Verdict { score: -deciding, adversarial: deciding < self.threshold }
    }
}

impl ZScoreParams {
    /// Sets the z-score below which an attack flags an input, [`DEFAULT_THRESHOLD`] if not called.
    #[must_use]
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.0.threshold = threshold;
        self
    }
}

impl ParamGuard for ZScoreParams {
    type Checked = ZScoreValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        check_threshold(self.0.threshold)?;
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// Fits on benign costs (samples x attacks). The data set carries no labels, so that adversarial costs
/// do not slip in.
impl<D: Data<Elem = f64>, T: AsTargets<Elem = ()>> Fit<ArrayBase<D, Ix2>, T, Error>
    for ZScoreValidParams
{
    type Object = ZScore;

    fn fit(&self, benign: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<ZScore> {
        let benign = benign.records.view();
        costs::check(benign)?;
        check_votes(self.votes, benign.ncols())?;
        if benign.nrows() < LEAST_VALUES {
            return Err(Error::TooFewBenign { expected: LEAST_VALUES, got: benign.nrows() });
        }
        let columns = benign.columns().into_iter().enumerate();
        let distributions =
            columns.map(|(attack, costs)| CostDistribution::fit(&costs.to_vec(), attack));
        Ok(ZScore {
            votes: self.votes,
            threshold: self.threshold,
            samples: benign.nrows(),
            attacks: distributions.collect::<Result<_>>()?,
        })
    }
}

fn check_threshold(threshold: f64) -> Result<()> {
    if threshold.is_finite() { Ok(()) } else { Err(Error::Threshold { threshold }) }
}

fn check_votes(votes: usize, attacks: usize) -> Result<()> {
    if (1..=attacks).contains(&votes) { Ok(()) } else { Err(Error::Votes { attacks, votes }) }
}

/// A detector as a file has it: of the right shape, with values that may be anything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    votes: usize,
    threshold: f64,
    samples: usize,
    attacks: Vec<CostDistribution>,
}

impl TryFrom<Unchecked> for ZScore {
    type Error = Error;

    fn try_from(file: Unchecked) -> Result<Self> {
        check_threshold(file.threshold)?;
        check_votes(file.votes, file.attacks.len())?;
        file.attacks.iter().try_for_each(CostDistribution::check)?;
        Ok(Self {
            votes: file.votes,
            threshold: file.threshold,
            samples: file.samples,
            attacks: file.attacks,
        })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis, array};
    use proptest::prelude::*;

    use super::*;
    use crate::tests::{BIM, JSMA};

    fn benign() -> Array2<f64> {
        Array2::from_shape_fn((64, 2), |(row, attack)| [BIM, JSMA][attack][row])
    }

    fn fit(votes: usize) -> ZScore {
        ZScore::params(votes).fit(&DatasetBase::from(benign())).unwrap()
    }

    #[test]
    fn default_threshold_is_the_ten_percent_quantile() {
        assert!((DEFAULT_THRESHOLD - threshold_at(0.1).unwrap()).abs() < 1e-6);
    }

    #[test]
    fn rates_without_a_threshold_are_refused() {
        for rate in [0.0, 1.0, -0.1, f64::NAN] {
            let message = threshold_at(rate).unwrap_err().to_string();
            assert!(message.contains("above 0 and below 1"), "{message}");
        }
    }

    #[test]
    fn as_many_low_costs_as_votes_are_adversarial() {
        for (costs, flags) in [([5.0, 5.0], 2), ([5.0, 500.0], 1), ([500.0, 500.0], 0)] {
            for votes in [1, 2] {
                let verdict = fit(votes).verdict(&costs).unwrap();
                assert_eq!(verdict.adversarial, flags >= votes, "{costs:?} {votes}");
            }
        }
    }

    #[test]
    fn score_is_the_negated_z_score_of_the_deciding_attack() {
        let z: Vec<f64> = fit(1).distributions().iter().map(|a| a.z_score(10.0)).collect();
        assert!(z[1] < z[0]);
        assert_eq!(fit(1).verdict(&[10.0, 10.0]).unwrap().score, -z[1]);
        assert_eq!(fit(2).verdict(&[10.0, 10.0]).unwrap().score, -z[0]);
    }

    #[test]
    fn threshold_moves_the_verdict_and_not_the_score() {
        let strict = fit(2).verdict(&[50.0, 50.0]).unwrap();
        let lenient = fit(2).with_threshold(-1000.0).unwrap();
        let lenient = lenient.verdict(&[50.0, 50.0]).unwrap();
        assert!(strict.adversarial && !lenient.adversarial);
        assert_eq!(strict.score, lenient.score);
    }

    #[test]
    fn verdicts_are_those_of_each_row() {
        let costs = array![[5.0, 9.0], [300.0, 9.0]];
        let each = costs.rows().into_iter().map(|row| fit(1).verdict(&row.to_vec()).unwrap());
        assert_eq!(fit(1).verdicts(costs.view()).unwrap(), each.collect::<Vec<_>>());
    }

    #[test]
    fn wrong_hyper_parameters_are_refused() {
        let fit = |params: ZScoreParams| {
            let error = params.fit(&DatasetBase::from(benign())).unwrap_err();
            error.to_string()
        };
        assert!(fit(ZScore::params(0)).contains("expected 1 to 2, got 0"));
        assert!(fit(ZScore::params(3)).contains("expected 1 to 2, got 3"));
        assert!(fit(ZScore::params(1).threshold(f64::NAN)).contains("finite number, got NaN"));
    }

    #[test]
    fn too_few_samples_are_refused() {
        let all = benign();
        let (few, _) = all.view().split_at(Axis(0), 19);
        let error = ZScore::params(1).fit(&DatasetBase::from(few)).unwrap_err();
        assert!(error.to_string().contains("at least 20 benign samples"), "{error}");
    }

    #[test]
    fn constant_costs_are_refused_and_the_attack_named() {
        let mut costs = benign();
        costs.column_mut(1).fill(500.0);
        let error = ZScore::params(1).fit(&DatasetBase::from(costs)).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("got 500 for every sample (attack 1"), "{message}");
    }

    #[test]
    fn costs_of_another_width_are_refused() {
        let message = fit(1).verdict(&[1.0]).unwrap_err().to_string();
        assert!(message.contains("costs of 2 attacks, got 1"), "{message}");
    }

    proptest! {
        #[test]
        fn growing_costs_never_turn_a_verdict_adversarial(
            costs in prop::array::uniform2(0.0..600.0), more in prop::array::uniform2(0.0..600.0),
            votes in 1_usize..=2, threshold in -3.0..3.0,
        ) {
            let detector = fit(votes).with_threshold(threshold).unwrap();
            let lower = detector.verdict(&costs).unwrap();
            let higher = detector.verdict(&[costs[0] + more[0], costs[1] + more[1]]).unwrap();
            prop_assert!(higher.score <= lower.score);
            prop_assert!(lower.adversarial || !higher.adversarial);
        }

        #[test]
        fn costs_cut_at_their_threshold_keep_the_verdict(
            costs in prop::array::uniform2(0_u16..600), votes in 1_usize..=2, threshold in -3.0..3.0,
        ) {
            let detector = fit(votes).with_threshold(threshold).unwrap();
            let costs = costs.map(f64::from);
            let limits = detector.cost_thresholds();
            let cut = [costs[0].min(limits[0]), costs[1].min(limits[1])];
            prop_assert_eq!(
                detector.verdict(&cut).unwrap().adversarial,
                detector.verdict(&costs).unwrap().adversarial
            );
        }
    }
}
