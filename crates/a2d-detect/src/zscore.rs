//! Detector that knows benign inputs only, and lets attacks, or other scores, vote.

mod document;
mod params;

use std::ops::RangeInclusive;

use a2d_cost::Sign;
use ndarray::{ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::calibration::check_alpha;
use crate::distribution::CostDistribution;
use crate::fitted_scores::FittedScores;
use crate::{
    CostLimits, Detect, Error, Evidence, Explanation, Foresee, Numbers, Result, Samples, Tune,
    Verdict, Vote,
};

pub use params::{ZScoreParams, ZScoreValidParams};

/// The z-score below which a cost is called adversarial, unless another is set: the 10 % quantile of
/// the normal distribution, so that one attack alone flags 10 % of benign inputs.
pub const DEFAULT_THRESHOLD: f64 = -1.281_552;

/// The z-score below which one attack alone flags this share of benign inputs, if their transformed
/// costs are normal: the quantile of the normal distribution.
///
/// # Errors
/// If the share is not above 0 and below 1.
pub fn threshold_at(false_positive_rate: f64) -> Result<f64> {
    check_alpha(false_positive_rate)?;
    Ok(Normal::standard().inverse_cdf(false_positive_rate))
}

/// Which costs are suspicious.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tails {
    /// Those too low for a benign input; of scores, those too low or too high, as their sign says.
    #[default]
    Lower,
    /// Those too low, and those implausibly high: an attacker who knows the detector may overshoot, and
    /// inputs with a backdoor's trigger are harder to attack, not easier.
    Both,
}

/// Detector that knows benign costs only: an input is adversarial if at least `votes` of its costs are
/// improbably low for a benign one, that is if their z-scores are below the threshold (Zhao et al.,
/// "Attack as defense", ISSTA 2021). With [`Tails::Both`], so is a cost as far above the mean.
///
/// The score of a verdict is how suspicious the `votes`-th most suspicious cost is: its negated z-score
/// or, with [`Tails::Both`], the magnitude of its z-score.
///
/// # Costs that are not known in full
/// An attack may stop once its cost is known well enough: see [`certain`](Foresee::certain). With
/// [`Tails::Lower`] that is at its [limit](Foresee::cost_limits) at the latest. One that gave up says
/// "at least": see [`verdict_within`](Foresee::verdict_within).
///
/// # Scores
/// [`Numbers::Scores`] are judged in the same way, each column by its sign. They are not transformed, so where
/// benign ones are not normal the threshold does not flag the share that it would of normal ones: choose it
/// by [that share](Tune::with_false_positive_rate), which counts the inputs of the fit, or by
/// [`Conformal`](crate::Conformal).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "document::Document")]
pub struct ZScore {
    votes: usize,
    threshold: f64,
    tails: Tails,
    #[serde(skip_serializing_if = "Numbers::are_costs")]
    numbers: Numbers,
    samples: usize,
    attacks: Vec<CostDistribution>,
    /// Unknown of detectors from files of earlier releases.
    fitted_scores: Option<FittedScores>,
}

impl ZScore {
    /// The benign costs of each attack, in the order of the columns.
    pub fn distributions(&self) -> &[CostDistribution] {
        &self.attacks
    }

    /// How many attacks must flag an input.
    pub fn votes(&self) -> usize {
        self.votes
    }

    /// The same without the scores of what it was fitted on.
    pub(crate) fn without_scores(self) -> Self {
        Self { fitted_scores: None, ..self }
    }

    /// Which costs are suspicious.
    pub fn tails(&self) -> Tails {
        self.tails
    }

    /// How suspicious a z-score in this column is; flagged from above the negated threshold on.
    pub(crate) fn suspicion(&self, column: usize, z_score: f64) -> f64 {
        match self.tails {
            Tails::Lower => self.numbers.sign(column).suspicion(z_score),
            Tails::Both => z_score.abs(),
        }
    }

    /// The least and the greatest suspicion of z-scores in this range and column.
    fn suspicions_of(&self, column: usize, lowest: f64, highest: f64) -> (f64, f64) {
        let (a, b) = (self.suspicion(column, lowest), self.suspicion(column, highest));
        let passes_zero = self.tails == Tails::Both && lowest < 0.0 && 0.0 < highest;
        (if passes_zero { 0.0 } else { a.min(b) }, a.max(b))
    }

    /// The least and the greatest suspicion of each attack, for costs within these ranges.
    pub(crate) fn suspicions_within(
        &self,
        known: &[RangeInclusive<f64>],
    ) -> Result<impl Iterator<Item = (f64, f64)>> {
        let known = self.numbers.check_ranges(known, self.attacks.len())?;
        let columns = self.attacks.iter().zip(known).enumerate();
        Ok(columns.map(|(column, (attack, (lowest, highest)))| {
            self.suspicions_of(column, attack.z_score(lowest), attack.z_score(highest))
        }))
    }

    pub(crate) fn flags(&self, suspicion: f64) -> bool {
        suspicion > -self.threshold
    }

    /// The suspicion that decides: the `votes`-th greatest.
    fn deciding(&self, mut suspicions: Vec<f64>) -> f64 {
        suspicions.sort_by(|a, b| b.total_cmp(a));
        suspicions[self.votes - 1]
    }

    /// How suspicious each of these costs is.
    pub(crate) fn suspicions(&self, costs: ArrayView1<f64>) -> Vec<f64> {
        let columns = self.attacks.iter().zip(costs).enumerate();
        columns
            .map(|(column, (attack, &cost))| self.suspicion(column, attack.z_score(cost)))
            .collect()
    }

    fn judge(&self, costs: ArrayView1<f64>) -> Verdict {
        self.verdict_of(self.deciding(self.suspicions(costs)))
    }

    pub(crate) fn verdict_of(&self, score: f64) -> Verdict {
        Verdict { score, adversarial: self.flags(score), p_value: None }
    }

    fn limits(&self, column: usize) -> CostLimits {
        let (attack, least) = (&self.attacks[column], self.numbers.least());
        let below = || attack.lowest(self.threshold, least);
        let above = || Some(attack.highest(-self.threshold, least));
        match (self.tails, self.numbers.sign(column)) {
            (Tails::Both, _) => CostLimits { below: below(), above: above() },
            (Tails::Lower, Sign::Smaller) => CostLimits { below: below(), above: None },
            (Tails::Lower, Sign::Larger) => CostLimits { below: least, above: above() },
        }
    }
}

impl Detect for ZScore {
    fn name(&self) -> &'static str {
        "z-score"
    }

    fn columns(&self) -> usize {
        self.attacks.len()
    }

    fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    fn samples(&self) -> Samples {
        Samples { benign: self.samples, ..Samples::default() }
    }

    fn verdicts(&self, costs: ArrayView2<f64>) -> Result<Vec<Verdict>> {
        self.numbers.check_width(costs, self.attacks.len())?;
        Ok(costs.rows().into_iter().map(|row| self.judge(row)).collect())
    }

    fn explain(&self, costs: &[f64]) -> Result<Explanation> {
        let verdict = self.verdict(costs)?;
        let vote = |(attack, (distribution, &cost)): (usize, (&CostDistribution, &f64))| {
            let z_score = distribution.z_score(cost);
            let flags = self.flags(self.suspicion(attack, z_score));
            let sign = (!self.numbers.are_costs()).then(|| self.numbers.sign(attack));
            Vote { attack, cost, z_score, flags, limits: self.limits(attack), sign }
        };
        let mut votes: Vec<Vote> = self.attacks.iter().zip(costs).enumerate().map(vote).collect();
        let suspicion = |vote: &Vote| self.suspicion(vote.attack, vote.z_score);
        votes.sort_by(|a, b| suspicion(b).total_cmp(&suspicion(a)));
        Ok(Explanation { verdict, evidence: Evidence::Votes { needed: self.votes, votes } })
    }
}

impl Foresee for ZScore {
    fn cost_limits(&self) -> Option<Vec<CostLimits>> {
        Some((0..self.attacks.len()).map(|column| self.limits(column)).collect())
    }

    fn benign_costs(&self) -> Vec<f64> {
        let least = self.numbers.least();
        self.attacks.iter().map(|attack| attack.lowest(0.0, least)).collect()
    }

    /// Exact: answers whenever all costs within the ranges have one verdict.
    fn certain(&self, known: &[RangeInclusive<f64>]) -> Result<Option<bool>> {
        let (least, most): (Vec<f64>, Vec<f64>) = self.suspicions_within(known)?.unzip();
        Ok(match (self.flags(self.deciding(least)), self.flags(self.deciding(most))) {
            (true, _) => Some(true),
            (_, false) => Some(false),
            (false, true) => None,
        })
    }

    /// Exact: the score is the least within the ranges.
    fn verdict_within(&self, known: &[RangeInclusive<f64>]) -> Result<Verdict> {
        let least = self.suspicions_within(known)?.map(|(least, _)| least).collect();
        Ok(self.verdict_of(self.deciding(least)))
    }

    /// Exact: an attack is settled whenever it votes the same at all costs within its range.
    fn settled(&self, known: &[RangeInclusive<f64>]) -> Result<Vec<bool>> {
        let suspicions = self.suspicions_within(known)?;
        Ok(suspicions.map(|(least, most)| self.flags(least) == self.flags(most)).collect())
    }
}

/// The threshold is a z-score, at most 0 with [`Tails::Both`].
///
/// At a false-positive rate, a detector with one attack has the threshold that flags this share of benign
/// inputs if their transformed costs are normal. How many inputs the votes of several attacks flag depends on
/// how costs go together, and scores are not transformed, so their threshold is the least strict one at which
/// no more than this share of the inputs it was fitted on is flagged. [`Conformal`](crate::Conformal) guarantees the rate for others.
impl Tune for ZScore {
    fn threshold(&self) -> f64 {
        self.threshold
    }

    fn with_threshold(self, threshold: f64) -> Result<Self> {
        check_threshold(threshold, self.tails)?;
        Ok(Self { threshold, ..self })
    }

    fn with_false_positive_rate(self, rate: f64) -> Result<Self> {
        check_alpha(rate)?;
        let is_normal = self.attacks.len() == 1 && self.numbers.are_costs();
        let threshold = match self.tails {
            Tails::Lower if is_normal => threshold_at(rate)?,
            Tails::Both if is_normal => threshold_at(rate / 2.0)?,
            _ => {
                let scores = self.fitted_scores.as_ref().ok_or(Error::UnknownScores)?;
                -scores.flagging_at_most(rate)
            }
        };
        self.with_threshold(threshold)
    }

    fn flagging_above(self, score: f64) -> Result<Self> {
        self.with_threshold(-score)
    }
}

fn check_threshold(threshold: f64, tails: Tails) -> Result<()> {
    if !threshold.is_finite() {
        return Err(Error::Threshold { threshold });
    }
    match tails {
        Tails::Both if threshold > 0.0 => Err(Error::TwoTailedThreshold { threshold }),
        _ => Ok(()),
    }
}

fn check_votes(votes: usize, attacks: usize) -> Result<()> {
    if (1..=attacks).contains(&votes) { Ok(()) } else { Err(Error::Votes { attacks, votes }) }
}

#[cfg(test)]
mod tests {
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;
    use crate::tests::benign;

    fn fit(votes: usize, tails: Tails) -> ZScore {
        ZScore::params(votes).tails(tails).fit(&DatasetBase::from(benign())).unwrap()
    }

    // scipy 1.17.1: [float(stats.norm.ppf(rate)) for rate in (0.1, 0.05, 0.025, 0.001)]
    #[test]
    fn thresholds_are_the_quantiles_of_scipy() {
        for (rate, expected) in [
            (0.1, -1.281_551_565_544_600_4),
            (0.05, -1.644_853_626_951_472_9),
            (0.025, -1.959_963_984_540_054_5),
            (0.001, -3.090_232_306_167_813_5),
        ] {
            assert!((threshold_at(rate).unwrap() - expected).abs() < 1e-8);
        }
        assert!((DEFAULT_THRESHOLD - threshold_at(0.1).unwrap()).abs() < 1e-6);
    }

    #[test]
    fn rates_of_one_attack_are_those_of_the_normal_distribution_shared_by_the_tails() {
        let bim = benign().select(ndarray::Axis(1), &[0]);
        let threshold = |tails| {
            let z_score =
                ZScore::params(1).tails(tails).fit(&DatasetBase::from(bim.view())).unwrap();
            z_score.with_false_positive_rate(0.05).unwrap().threshold()
        };
        assert_eq!(threshold(Tails::Lower), threshold_at(0.05).unwrap());
        assert_eq!(threshold(Tails::Both), threshold_at(0.025).unwrap());
    }

    #[test]
    fn rates_of_several_attacks_are_those_of_their_votes() {
        for (votes, tails) in
            [(1, Tails::Lower), (2, Tails::Lower), (1, Tails::Both), (2, Tails::Both)]
        {
            // Shares of the 64 inputs, and rates between.
            for allowed in [0, 1, 3, 6, 32, 63] {
                for rate in [f64::from(allowed) / 64.0, (f64::from(allowed) + 0.5) / 64.0] {
                    if rate == 0.0 {
                        continue;
                    }
                    let detector = fit(votes, tails).with_false_positive_rate(rate).unwrap();
                    let verdicts = detector.verdicts(benign().view()).unwrap();
                    let flagged = verdicts.iter().filter(|verdict| verdict.adversarial).count();
                    // Two of the costs of BIM are the same, others of these inputs are not.
                    assert!(flagged as i32 <= allowed, "{flagged} {allowed} {votes} {tails:?}");
                    assert!(flagged as i32 >= allowed - 1, "{flagged} {allowed} {votes} {tails:?}");
                }
            }
        }
    }

    #[test]
    fn the_order_of_the_samples_makes_no_difference() {
        let mut rows: Vec<usize> = (0..64).collect();
        rows.sort_by_key(|row| row * 37 % 64);
        let shuffled = benign().select(ndarray::Axis(0), &rows);
        let other = ZScore::params(2).fit(&DatasetBase::from(shuffled)).unwrap();
        assert_eq!(other, fit(2, Tails::Lower));
    }

    #[test]
    fn a_cost_that_is_not_known_is_no_evidence() {
        let unknown = |low: f64| low..=f64::INFINITY;
        for votes in [1, 2] {
            for tails in [Tails::Lower, Tails::Both] {
                let verdict =
                    fit(votes, tails).verdict_within(&[150.0..=150.0, unknown(0.0)]).unwrap();
                assert!(!verdict.adversarial, "{votes} {tails:?}");
            }
        }
        // Too hard is only what is known to be.
        let both = fit(1, Tails::Both);
        let above = both.cost_limits().unwrap()[1].above.unwrap();
        let adversarial =
            |low| both.verdict_within(&[150.0..=150.0, unknown(low)]).unwrap().adversarial;
        assert!(!adversarial(above) && adversarial(above.next_up()));
    }

    #[test]
    fn as_many_low_costs_as_votes_are_adversarial() {
        for (costs, flags) in [([5.0, 5.0], 2), ([5.0, 150.0], 1), ([150.0, 150.0], 0)] {
            for votes in [1, 2] {
                let verdict = fit(votes, Tails::Lower).verdict(&costs).unwrap();
                assert_eq!(verdict.adversarial, flags >= votes, "{costs:?} {votes}");
            }
        }
    }

    #[test]
    fn high_costs_are_suspicious_only_if_asked_for() {
        let high = [900.0, 150.0];
        assert!(!fit(1, Tails::Lower).verdict(&high).unwrap().adversarial);
        let both = fit(1, Tails::Both);
        assert!(both.verdict(&high).unwrap().adversarial);
        assert!(both.verdict(&[5.0, 150.0]).unwrap().adversarial);
        assert!(!both.verdict(&[150.0, 150.0]).unwrap().adversarial);
        // One cost too low and one too high are two votes.
        assert!(fit(2, Tails::Both).verdict(&[5.0, 9000.0]).unwrap().adversarial);
    }

    #[test]
    fn score_is_the_suspicion_of_the_deciding_attack() {
        let distributions = fit(1, Tails::Lower).distributions().to_vec();
        let z: Vec<f64> = distributions.iter().map(|a| a.z_score(10.0)).collect();
        assert!(z[1] < z[0]);
        let score = |votes, tails, costs| fit(votes, tails).verdict(costs).unwrap().score;
        assert_eq!(score(1, Tails::Lower, &[10.0, 10.0]), -z[1]);
        assert_eq!(score(2, Tails::Lower, &[10.0, 10.0]), -z[0]);
        assert_eq!(score(1, Tails::Both, &[900.0, 150.0]), distributions[0].z_score(900.0));
    }

    #[test]
    fn limits_are_where_the_votes_turn() {
        let limits = fit(1, Tails::Both).cost_limits().unwrap();
        for (attack, limits) in limits.into_iter().enumerate() {
            let flags = |cost| {
                let vote = fit(1, Tails::Both).explain(&[cost; 2]).unwrap();
                let Evidence::Votes { votes, .. } = vote.evidence else { unreachable!() };
                votes.iter().find(|vote| vote.attack == attack).unwrap().flags
            };
            let above = limits.above.unwrap();
            assert!(flags(limits.below.next_down()) && !flags(limits.below));
            assert!(!flags(above) && flags(above.next_up()));
        }
        assert_eq!(fit(1, Tails::Lower).cost_limits().unwrap()[0].above, None);
    }

    #[test]
    fn explanations_put_the_most_suspicious_attack_first() {
        let explanation = fit(1, Tails::Lower).explain(&[150.0, 5.0]).unwrap();
        let Evidence::Votes { needed, votes } = explanation.evidence else { unreachable!() };
        assert_eq!(needed, 1);
        let facts: Vec<_> = votes.iter().map(|v| (v.attack, v.cost, v.flags)).collect();
        assert_eq!(facts, [(1, 5.0, true), (0, 150.0, false)]);
        assert_eq!(explanation.verdict.score, -votes[0].z_score);
    }

    #[test]
    fn an_attack_may_stop_at_its_limit() {
        let detector = fit(1, Tails::Lower);
        let [bim, jsma] = detector.cost_limits().unwrap()[..] else { unreachable!() };
        let certain =
            |bim, jsma| detector.certain(&[bim..=f64::INFINITY, jsma..=f64::INFINITY]).unwrap();
        assert_eq!(certain(bim.below, jsma.below), Some(false));
        assert_eq!(certain(bim.below.next_down(), jsma.below), None);
        let exact = |cost| cost..=cost;
        assert_eq!(detector.certain(&[exact(5.0), 0.0..=f64::INFINITY]).unwrap(), Some(true));
    }

    proptest! {
        #[test]
        fn growing_costs_never_turn_a_verdict_adversarial(
            costs in prop::array::uniform2(0.0..600.0), more in prop::array::uniform2(0.0..600.0),
            votes in 1_usize..=2, threshold in -3.0..3.0,
        ) {
            let detector = fit(votes, Tails::Lower).with_threshold(threshold).unwrap();
            let higher = array![costs[0] + more[0], costs[1] + more[1]];
            let (lower, higher) = (detector.judge(array![costs[0], costs[1]].view()), detector.judge(higher.view()));
            prop_assert!(higher.score <= lower.score);
            prop_assert!(lower.adversarial || !higher.adversarial);
        }

        /// The voting rule and the limits, word for word.
        #[test]
        fn verdicts_count_the_costs_outside_the_limits(
            costs in prop::array::uniform2(0_u16..900), votes in 1_usize..=2, threshold in -3.0..0.0,
            tails in prop::sample::select(vec![Tails::Lower, Tails::Both]),
        ) {
            let detector = fit(votes, tails).with_threshold(threshold).unwrap();
            let costs = costs.map(f64::from);
            let limits = detector.cost_limits().unwrap();
            let outside = |(cost, limits): (&f64, &CostLimits)| {
                *cost < limits.below || limits.above.is_some_and(|above| *cost > above)
            };
            let flags = costs.iter().zip(&limits).filter(|&pair| outside(pair)).count();
            prop_assert_eq!(detector.verdict(&costs).unwrap().adversarial, flags >= votes);
        }
    }
}
