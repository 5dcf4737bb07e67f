//! Detector in stages: an attack decides where it is sure, else the next.

mod band;
mod document;
mod params;

use std::ops::RangeInclusive;

use ndarray::{ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::calibration::check_alpha;
use crate::fitted_scores::FittedScores;
use crate::{
    CostDistribution, Detect, Evidence, Explanation, Foresee, Numbers, Opinion, Result, Samples,
    Stage, Tune, Verdict, ZScore,
};

pub use band::Band;
pub use params::{CascadeParams, CascadeValidParams, DEFAULT_DOUBT};

/// Detector that knows benign costs only and asks one attack after the other, in the order of its columns: cheap ones
/// first. An attack decides unless its cost lies within its [`Band`], where it and the last attack often disagree; the last
/// one decides whatever is left. So most inputs never see the dearer attacks. The two thresholds of a stage follow P. Viola
/// and M. Jones, "Robust real-time face detection", IJCV 2004, section 4, whose stages only ever reject; here both ends are
/// decided, and both by benign inputs alone.
///
/// The score of a verdict is how suspicious the deciding cost is: its negated z-score, as in [`ZScore`]; z-scores of the
/// attacks are comparable, so the scores of all inputs are. Bands stay where they are when the threshold moves, so that a
/// cascade can be calibrated ([`Conformal`](crate::Conformal)): its guarantee is about the whole.
///
/// ```
/// use a2d_detect::ndarray::Array2;
/// use a2d_detect::{Cascade, DatasetBase, Detect, Fit, Foresee};
///
/// // The first attack estimates what the second costs.
/// let benign = Array2::from_shape_fn((100, 2), |(i, attack)| (50 + i + [i * 7 % 10, 0][attack]) as f64);
/// let cascade = Cascade::params().rate(0.1).fit(&DatasetBase::from(benign))?;
/// let unknown = 0.0..=f64::INFINITY;
/// assert_eq!(cascade.certain(&[3.0..=3.0, unknown.clone()])?, Some(true));
/// assert_eq!(cascade.certain(&[140.0..=140.0, unknown.clone()])?, Some(false));
/// assert_eq!(cascade.certain(&[62.0..=62.0, unknown])?, None); // the second attack is to decide
/// # Ok::<(), a2d_detect::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "document::Document")]
pub struct Cascade {
    /// Its threshold is that of the cascade; it never votes.
    stages: ZScore,
    /// Of all stages but the last.
    bands: Vec<Band>,
    fitted_scores: FittedScores,
}

impl Cascade {
    /// The benign costs of each attack, in the order in which they are asked.
    pub fn distributions(&self) -> &[CostDistribution] {
        self.stages.distributions()
    }

    /// Where the attacks are not sure, all but the last.
    pub fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// The costs at which the attack in this column is not sure; none of the last, or where it always is.
    pub fn unsure_costs(&self, column: usize) -> Option<RangeInclusive<f64>> {
        let (band, costs) = (self.bands.get(column)?, self.distributions().get(column)?);
        let least = self.numbers().least();
        let low = costs.lowest(-band.flags_above, least);
        let high = costs.highest(-band.passes_below, least);
        (self.numbers().are_costs() && low <= high).then_some(low..=high)
    }

    /// The stage that decides, and how suspicious its cost is.
    fn deciding(&self, suspicions: &[f64]) -> (usize, f64) {
        let is_sure = |(stage, suspicion): &(usize, f64)| {
            self.bands.get(*stage).is_none_or(|band| band.is_sure(*suspicion))
        };
        // The last one has no band; there is one, since as many suspicions as columns are given.
        suspicions.iter().copied().enumerate().find(is_sure).unwrap_or((0, 0.0))
    }

    fn score(&self, costs: ArrayView1<f64>) -> f64 {
        self.deciding(&self.stages.suspicions(costs)).1
    }

    /// The least and the greatest score of costs within these ranges.
    fn scores_within(&self, known: &[RangeInclusive<f64>]) -> Result<(f64, f64)> {
        let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
        for (stage, (low, high)) in self.stages.suspicions_within(known)?.enumerate() {
            let sure = match self.bands.get(stage) {
                Some(band) => band.sure_within(low, high),
                None => vec![(low, high)],
            };
            for (low, high) in sure {
                (least, greatest) = (least.min(low), greatest.max(high));
            }
            if self.bands.get(stage).is_some_and(|band| band.is_sure_of_all(low, high)) {
                break;
            }
        }
        Ok((least, greatest))
    }
}

impl Detect for Cascade {
    fn name(&self) -> &'static str {
        "cascade"
    }

    fn columns(&self) -> usize {
        self.stages.columns()
    }

    fn numbers(&self) -> &Numbers {
        self.stages.numbers()
    }

    fn samples(&self) -> Samples {
        self.stages.samples()
    }

    fn verdicts(&self, costs: ArrayView2<f64>) -> Result<Vec<Verdict>> {
        self.numbers().check_width(costs, self.columns())?;
        Ok(costs.rows().into_iter().map(|row| self.stages.verdict_of(self.score(row))).collect())
    }

    fn explain(&self, costs: &[f64]) -> Result<Explanation> {
        let verdict = self.verdict(costs)?;
        let suspicions = self.stages.suspicions(ArrayView1::from(costs));
        let (last, _) = self.deciding(&suspicions);
        let asked = suspicions.into_iter().zip(costs).zip(self.distributions()).take(last + 1);
        let stages = asked.enumerate().map(|(attack, ((suspicion, &cost), distribution))| {
            let sign = (!self.numbers().are_costs()).then(|| self.numbers().sign(attack));
            let opinion = match self.stages.flags(suspicion) {
                _ if attack < last => Opinion::Unsure,
                true => Opinion::Flags,
                false => Opinion::Passes,
            };
            let unsure = self.bands.get(attack).copied();
            Stage { attack, cost, z_score: distribution.z_score(cost), opinion, unsure, sign }
        });
        let (of, threshold) = (self.columns(), self.threshold());
        let evidence = Evidence::Stages { stages: stages.collect(), of, threshold };
        Ok(Explanation { verdict, evidence })
    }
}

impl Foresee for Cascade {
    fn benign_costs(&self) -> Vec<f64> {
        self.stages.benign_costs()
    }

    /// Answers whenever all costs within the ranges have one verdict, and so have the ends of bands.
    fn certain(&self, known: &[RangeInclusive<f64>]) -> Result<Option<bool>> {
        let (least, greatest) = self.scores_within(known)?;
        let (least, greatest) = (self.stages.flags(least), self.stages.flags(greatest));
        Ok((least == greatest).then_some(least))
    }

    /// The score is the least within the ranges, or that of the end of a band that they cross.
    fn verdict_within(&self, known: &[RangeInclusive<f64>]) -> Result<Verdict> {
        Ok(self.stages.verdict_of(self.scores_within(known)?.0))
    }

    /// An attack is settled if it is never asked, or says the same at all costs within its range.
    fn settled(&self, known: &[RangeInclusive<f64>]) -> Result<Vec<bool>> {
        let mut is_asked = true;
        let stages = self.stages.suspicions_within(known)?.enumerate();
        Ok(stages
            .map(|(stage, (low, high))| {
                let is_one_verdict = self.stages.flags(low) == self.stages.flags(high);
                let (is_sure, is_unsure) = match self.bands.get(stage) {
                    Some(band) => {
                        (band.is_sure_of_all(low, high), band.is_unsure_of_all(low, high))
                    }
                    None => (true, false),
                };
                let settled = !is_asked || is_unsure || is_sure && is_one_verdict;
                is_asked &= !is_sure;
                settled
            })
            .collect())
    }
}

/// The threshold is a z-score. At a false-positive rate, it is the least strict one at which no more than this share of the
/// inputs it was fitted on is flagged; the bands remain those of the rate that it was fitted for.
impl Tune for Cascade {
    fn threshold(&self) -> f64 {
        self.stages.threshold()
    }

    fn with_threshold(self, threshold: f64) -> Result<Self> {
        Ok(Self { stages: self.stages.with_threshold(threshold)?, ..self })
    }

    fn with_false_positive_rate(self, rate: f64) -> Result<Self> {
        check_alpha(rate)?;
        let score = self.fitted_scores.flagging_at_most(rate);
        self.flagging_above(score)
    }

    fn flagging_above(self, score: f64) -> Result<Self> {
        self.with_threshold(-score)
    }
}

#[cfg(test)]
mod tests {
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    use ndarray::Array2;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::Conformal;

    /// What an estimate and the attack that it is of cost on benign inputs, or others so much nearer to a boundary.
    fn draw(seed: u64, samples: usize, nearer: f64) -> Array2<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut costs = Array2::zeros((samples, 2));
        for mut row in costs.rows_mut() {
            let robustness: f64 = (0..12).map(|_| random.random_range(-0.5..0.5)).sum();
            let mut cost = |spread: f64| {
                let error: f64 = (0..12).map(|_| random.random_range(-0.5..0.5)).sum();
                (100.0 + 25.0 * robustness - nearer + spread * error).max(1.0).round()
            };
            row.assign(&ndarray::array![cost(8.0), cost(2.0)]);
        }
        costs
    }

    fn fit(rate: f64, samples: usize) -> Cascade {
        let params = Cascade::params().rate(rate);
        params.fit(&DatasetBase::from(draw(1, samples, 0.0))).unwrap()
    }

    fn first_decides(cascade: &Cascade, costs: &Array2<f64>) -> f64 {
        let decided = costs.rows().into_iter().filter(|row| {
            let known = [row[0]..=row[0], 0.0..=f64::INFINITY];
            cascade.certain(&known).unwrap().is_some()
        });
        decided.count() as f64 / costs.nrows() as f64
    }

    #[test]
    fn the_first_stage_decides_most_and_the_whole_flags_what_was_asked_for() {
        for rate in [0.02, 0.05, 0.1] {
            let cascade = fit(rate, 1000);
            let flagged = |costs: &Array2<f64>| {
                let verdicts = cascade.verdicts(costs.view()).unwrap();
                let flagged = verdicts.iter().filter(|verdict| verdict.adversarial).count();
                flagged as f64 / costs.nrows() as f64
            };
            assert!(flagged(&draw(1, 1000, 0.0)) <= rate);
            let others = draw(2, 4000, 0.0);
            assert!((flagged(&others) - rate).abs() < 0.5 * rate, "{}", flagged(&others));
            assert!(first_decides(&cascade, &others) > 0.8);
            assert_eq!(flagged(&draw(3, 1000, 160.0)), 1.0);
            assert!(first_decides(&cascade, &draw(3, 1000, 160.0)) > 0.9);
        }
    }

    /// Pairs that are in the right order, as the last stage alone has them and as the cascade has.
    #[test]
    fn it_tells_inputs_apart_as_the_last_stage_does() {
        let cascade = fit(0.05, 1000);
        let (benign, adversarial) = (draw(5, 600, 0.0), draw(6, 600, 45.0));
        let area = |score: &dyn Fn(ArrayView1<f64>) -> f64| {
            let scores =
                |costs: &Array2<f64>| -> Vec<f64> { costs.rows().into_iter().map(score).collect() };
            let (benign, adversarial) = (scores(&benign), scores(&adversarial));
            let pairs =
                adversarial.iter().flat_map(|a| benign.iter().map(move |b| f64::from(a > b)));
            pairs.sum::<f64>() / (600.0 * 600.0)
        };
        let (last, all) = (area(&|costs| -costs[1]), area(&|costs| cascade.score(costs)));
        assert!(last > 0.85 && all > last - 0.01, "{last} {all}");
    }

    #[test]
    fn calibrated_it_flags_what_it_may() {
        let (mut flagged, fits) = (0, 200);
        for seed in 0..fits {
            let cascade = Cascade::params().rate(0.1).fit(&DatasetBase::from(draw(seed, 100, 0.0)));
            let held_out = DatasetBase::from(draw(1000 + seed, 39, 0.0));
            let detector = Conformal::params(cascade.unwrap()).alpha(0.1).fit(&held_out).unwrap();
            let verdicts = detector.verdicts(draw(2000 + seed, 50, 0.0).view()).unwrap();
            flagged += verdicts.iter().filter(|verdict| verdict.adversarial).count();
        }
        let rate = flagged as f64 / (50 * fits) as f64;
        // Whole numbers tie, so that it flags less than it may; the deviation of the mean is about 0.004.
        assert!(rate > 0.07 && rate < 0.112, "{rate}");
    }

    #[test]
    fn a_stage_that_is_never_asked_may_cost_anything() {
        let cascade = fit(0.05, 1000);
        let verdict = |second: f64| cascade.verdict(&[2.0, second]).unwrap();
        assert_eq!(verdict(2.0), verdict(1e6));
        assert_eq!(cascade.settled(&[2.0..=2.0, 0.0..=f64::INFINITY]).unwrap(), [true, true]);
        let unsure = cascade.unsure_costs(0).unwrap();
        assert_eq!(cascade.unsure_costs(1), None);
        for cost in [*unsure.start(), *unsure.end()] {
            let settled = cascade.settled(&[cost..=cost, 0.0..=f64::INFINITY]).unwrap();
            assert_eq!(settled, [true, false], "{cost}");
        }
        for cost in [unsure.start().next_down(), unsure.end().next_up()] {
            let settled = cascade.settled(&[cost..=cost, 0.0..=f64::INFINITY]).unwrap();
            assert_eq!(settled, [true, true], "{cost}");
        }
    }

    #[test]
    fn explanations_name_the_stages_that_were_asked() {
        let cascade = fit(0.05, 1000);
        let text = |costs: &[f64]| cascade.explain(costs).unwrap().to_string();
        let sure = text(&[2.0, 500.0]);
        assert!(sure.starts_with("adversarial: stage 1 of 2 decides"), "{sure}");
        assert_eq!(sure.lines().count(), 2, "{sure}");
        let middle = cascade.unsure_costs(0).unwrap();
        let unsure = text(&[f64::midpoint(*middle.start(), *middle.end()), 500.0]);
        assert!(unsure.starts_with("benign: stage 2 of 2 decides"), "{unsure}");
        assert!(
            unsure.contains("\n  0 is not sure: cost ")
                && unsure.contains("\n  1 passes it: cost 500"),
            "{unsure}"
        );
    }

    proptest! {
        /// Of the deciding stage the cost, of others nothing.
        #[test]
        fn growing_costs_never_turn_a_verdict_adversarial_while_the_same_stage_decides(
            costs in prop::array::uniform2(0.0..300.0), more in 0.0..300.0,
        ) {
            let cascade = fit(0.1, 200);
            let verdict = |costs: [f64; 2]| cascade.verdict(&costs).unwrap();
            let (lower, higher) = (verdict(costs), verdict([costs[0], costs[1] + more]));
            prop_assert!(lower.adversarial || !higher.adversarial);
        }
    }
}
