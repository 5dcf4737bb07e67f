//! How far an attack must go for a verdict; without a network.

use std::collections::HashMap;
use std::sync::Arc;

use a2d_cost::Budget;
use a2d_detect::{Foresee as _, SavedDetector, Unit};

use crate::Result;
use crate::knowledge::Knowledge;

/// What the verdict on an input needs of an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: no cost of the attack would change the verdict.
    Nothing,
    /// To know whether it ends within so many iterations, and then its cost.
    UpTo(Budget),
    /// Its cost, whatever it is.
    All,
}

/// Finds what verdicts need.
#[derive(Debug)]
pub(crate) struct Planner {
    saved: Arc<SavedDetector>,
    /// Few costs differ, and the first attack on every input starts from the same knowledge.
    found: HashMap<(usize, Vec<[u64; 2]>), Need>,
}

impl Planner {
    pub(crate) fn new(saved: Arc<SavedDetector>) -> Self {
        Self { saved, found: HashMap::new() }
    }

    /// What the verdict needs of an attack that has not started.
    pub(crate) fn need(&mut self, attack: usize, knowledge: &Knowledge) -> Result<Need> {
        let ends = |range: &std::ops::RangeInclusive<f64>| [*range.start(), *range.end()];
        let state = knowledge.ranges().iter().map(|range| ends(range).map(f64::to_bits)).collect();
        let key = (attack, state);
        if let Some(need) = self.found.get(&key) {
            return Ok(*need);
        }
        let need = self.search(attack, knowledge)?;
        self.found.insert(key, need);
        Ok(need)
    }

    fn search(&self, attack: usize, knowledge: &Knowledge) -> Result<Need> {
        if self.suffices(attack, knowledge, None)? {
            return Ok(Need::Nothing);
        }
        let cap = *knowledge.ranges()[attack].end() as u32;
        // Other units than iterations have no caps, and budgets do not limit them.
        if self.saved.unit != Unit::Iterations || cap <= 1 {
            return Ok(Need::All);
        }
        // The more iterations were in vain, the less is left open: too few and enough close in.
        let (mut too_few, mut enough) = (0, cap - 1);
        if !self.suffices(attack, knowledge, Some(enough))? {
            return Ok(Need::All);
        }
        while enough - too_few > 1 {
            let middle = u32::midpoint(too_few, enough);
            if self.suffices(attack, knowledge, Some(middle))? {
                enough = middle;
            } else {
                too_few = middle;
            }
        }
        Ok(Budget::new(enough).map_or(Need::All, Need::UpTo))
    }

    /// Whether the attack may stop, having spent so many iterations in vain.
    fn suffices(&self, attack: usize, knowledge: &Knowledge, spent: Option<u32>) -> Result<bool> {
        let mut ranges = knowledge.ranges().to_vec();
        if let Some(spent) = spent {
            ranges[attack] = f64::from(spent) + 1.0..=*ranges[attack].end();
        }
        let settled = self.saved.detector.settled(&ranges)?[attack];
        Ok(settled || self.saved.detector.certain(&ranges)?.is_some())
    }
}

#[cfg(test)]
mod tests {
    use a2d_cost::{AttackCost, CostMeter, Ending};
    use a2d_detect::ndarray::{Array2, Axis};
    use a2d_detect::{
        Cascade, Conformal, DatasetBase, Detect as _, Detector, Fit as _, Knn, Tails, Tune as _,
        ZScore, labelled,
    };
    use proptest::prelude::*;

    use super::*;

    const CAP: u32 = 60;

    /// Detectors of every kind, fitted on these costs (samples x attacks).
    fn detectors(benign: &Array2<f64>, adversarial: &Array2<f64>, votes: usize) -> Vec<Detector> {
        let (fitted, held_out) = benign.view().split_at(Axis(0), 30);
        let fitted = DatasetBase::from(fitted);
        let z_score = |tails| ZScore::params(votes).tails(tails).fit(&fitted);
        let samples = labelled(fitted.records.view(), adversarial.view()).unwrap();
        let knn = |k| Knn::params().k(k).fit(&samples).unwrap();
        // Costs that happen to be all the same cannot be fitted.
        let z_scores = [Tails::Lower, Tails::Both].map(z_score).into_iter().flatten();
        let mut detectors: Vec<Detector> = z_scores.map(Detector::from).collect();
        let cascades = [0.2, 0.5].map(|rate| Cascade::params().rate(rate).fit(&fitted));
        detectors.extend(cascades.into_iter().flatten().map(Detector::from));
        detectors.extend([1, 4, 9].map(|k| knn(k).into()));
        detectors.push(knn(4).with_threshold(0.2).unwrap().into());
        let calibrated = detectors.clone().into_iter().filter_map(|detector| {
            Conformal::params(detector).alpha(0.3).fit(&DatasetBase::from(held_out)).ok()
        });
        detectors.extend(calibrated.collect::<Vec<_>>().into_iter().map(Detector::from));
        detectors
    }

    /// What an attack that costs so much, overshooting its budget by so many, says within its budget.
    fn attack(cost: u32, need: Need, overshoot: u32) -> Option<AttackCost> {
        let within = match need {
            Need::Nothing => return None,
            Need::UpTo(budget) => budget.iterations().saturating_add(overshoot).min(CAP - 1),
            Need::All => CAP,
        };
        let mut meter = CostMeter::default();
        meter.iterated(cost.min(within));
        let ending = match Budget::new(within) {
            Ok(budget) if cost > within => Ending::BudgetSpent(budget),
            _ => Ending::Flipped,
        };
        Some(meter.finish(ending))
    }

    fn planner(detector: &Detector, unit: Unit) -> Planner {
        let (attacks, detector) = (vec![], detector.clone());
        Planner::new(Arc::new(SavedDetector { attacks, unit, provenance: None, detector }))
    }

    /// What is known of an input with these costs after the attacks, one after the other.
    fn screen(planner: &mut Planner, costs: &[u32], overshoot: u32) -> Knowledge {
        let mut knowledge = Knowledge::none(&vec![f64::from(CAP); costs.len()]);
        for (number, &cost) in costs.iter().enumerate() {
            let need = planner.need(number, &knowledge).unwrap();
            if let Some(cost) = attack(cost, need, overshoot) {
                knowledge.learn(number, cost, Unit::Iterations);
            }
        }
        knowledge
    }

    fn matrix(rows: &[[u32; 4]], attacks: usize) -> Array2<f64> {
        Array2::from_shape_fn((rows.len(), attacks), |(row, attack)| rows[row][attack].into())
    }

    fn costs() -> [std::ops::RangeInclusive<u32>; 4] {
        [0..=CAP, 1..=CAP, 1..=30, 20..=CAP]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn verdicts_are_those_of_full_costs(
            benign in prop::collection::vec(costs(), 50),
            adversarial in prop::collection::vec(prop::array::uniform4(0_u32..25), 12),
            inputs in prop::collection::vec(costs(), 30),
            attacks in 1_usize..=4, votes in 1_usize..=4, overshoot in 0_u32..9,
        ) {
            let (benign, adversarial) = (matrix(&benign, attacks), matrix(&adversarial, attacks));
            for detector in detectors(&benign, &adversarial, votes.min(attacks)) {
                let mut planner = planner(&detector, Unit::Iterations);
                for input in &inputs {
                    let costs: Vec<f64> = input[..attacks].iter().map(|&c| c.into()).collect();
                    let expected = detector.verdict(&costs).unwrap().adversarial;
                    let known = screen(&mut planner, &input[..attacks], overshoot);
                    let least: Vec<f64> = (0..attacks).map(|attack| known.least(attack)).collect();
                    prop_assert_eq!(detector.verdict(&least).unwrap().adversarial, expected);
                    let verdict = detector.certain(known.ranges()).unwrap();
                    prop_assert_eq!(verdict, Some(expected), "{:?}", detector);
                }
            }
        }
    }

    /// Benign costs from 31 on, of so many attacks.
    fn z_score(attacks: usize, votes: usize, tails: Tails) -> Detector {
        let benign = Array2::from_shape_fn((40, attacks), |(row, _)| (31 + row % 20) as f64);
        ZScore::params(votes).tails(tails).fit(&DatasetBase::from(benign)).unwrap().into()
    }

    fn spent(detector: &Detector, costs: &[u32]) -> Vec<Option<u32>> {
        let known = screen(&mut planner(detector, Unit::Iterations), costs, 0);
        known.costs.iter().map(|cost| cost.map(|cost| cost.iterations)).collect()
    }

    #[test]
    fn a_z_score_is_followed_up_to_its_threshold() {
        // The mean is 40.5, the deviation 5.77, so costs up to 33 are flagged.
        let detector = z_score(1, 1, Tails::Lower);
        assert_eq!(spent(&detector, &[50]), [Some(33)]);
        assert_eq!(spent(&detector, &[12]), [Some(12)]);
        // Those from 48 on, too.
        assert_eq!(spent(&z_score(1, 1, Tails::Both), &[60]), [Some(47)]);
    }

    #[test]
    fn attacks_that_cannot_change_the_vote_are_not_needed() {
        for (votes, costs, expected) in [
            (1, [12, 50, 50], [Some(12), None, None]),
            (1, [50, 12, 50], [Some(33), Some(12), None]),
            (2, [50, 50, 12], [Some(33), Some(33), None]),
            (2, [12, 50, 50], [Some(12), Some(33), Some(33)]),
            (3, [50, 12, 12], [Some(33), None, None]),
        ] {
            assert_eq!(spent(&z_score(3, votes, Tails::Lower), &costs), expected);
        }
    }

    #[test]
    fn neighbours_are_looked_for_until_their_majority_is_certain() {
        let samples = [[1.0], [2.0], [3.0], [50.0], [52.0], [54.0]];
        let samples = Array2::from(samples.to_vec());
        let (adversarial, benign) = samples.view().split_at(Axis(0), 3);
        let knn = Knn::params().k(3).fit(&labelled(benign, adversarial).unwrap()).unwrap();
        // At 27, where 2 is as far as 52, two of 3, 50 and 52 are benign; before, two are adversarial.
        assert_eq!(spent(&knn.clone().into(), &[50]), [Some(26)]);
        assert_eq!(spent(&knn.into(), &[9]), [Some(9)]);
    }

    #[test]
    fn costs_in_other_units_are_measured_in_full_or_not_at_all() {
        let detector = z_score(2, 2, Tails::Lower);
        let mut planner = planner(&detector, Unit::GradientQueries);
        let mut knowledge = Knowledge::none(&[f64::INFINITY; 2]);
        assert_eq!(planner.need(0, &knowledge).unwrap(), Need::All);
        let mut meter = CostMeter::default();
        meter.gradient_queries(50);
        knowledge.learn(0, meter.finish(Ending::Flipped), Unit::GradientQueries);
        assert_eq!(planner.need(1, &knowledge).unwrap(), Need::Nothing);
    }
}
