//! What an attack wants of a row, and whether logits show that it got there.

/// The share of the largest logit by which an example has to win: less may be lost again in a batch of
/// another size, where float32 sums in another order.
const ROUNDING: f64 = 1e-5;

/// What an attack wants of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The class that the row is to lose.
    pub label: i64,
    /// The class that it is to get; without one, any other will do.
    pub target: Option<i64>,
}

impl Goal {
    /// Whether a row that the network takes for `predicted` is where the attack wants it. Its label is
    /// no such place, not even where it is the target.
    pub fn is_reached_by(self, predicted: i64) -> bool {
        predicted != self.label && self.target.is_none_or(|target| predicted == target)
    }

    /// Whether there is nothing to attack in a row that the network takes for `predicted` as it came: it
    /// has lost its label already, or its label is the class that it is to get.
    pub fn is_void(self, predicted: i64) -> bool {
        predicted != self.label || self.target == Some(self.label)
    }

    /// How far these logits of a row, one per class, are beyond the goal: the logit that is to win less
    /// the largest that is to lose. Negative where the goal is missed.
    pub fn margin(self, logits: &[f64]) -> f64 {
        let (winner, loser) = self.rivals(logits);
        logits[winner] - logits[loser]
    }

    /// The classes between which these logits decide: the one that is to win, and the one that is to
    /// lose.
    pub(crate) fn rivals(self, logits: &[f64]) -> (usize, usize) {
        let wanted = self.target.unwrap_or(self.label) as usize;
        let others = (0..logits.len()).filter(|class| *class != wanted);
        let largest = others.max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap_or(wanted);
        if self.target.is_some() { (wanted, largest) } else { (largest, wanted) }
    }
}

/// By how much a row with these logits has to be beyond its goal so that no other batch undoes it.
pub(crate) fn rounding(logits: &[f64]) -> f64 {
    ROUNDING * logits.iter().fold(0.0, |largest, logit| logit.abs().max(largest))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact")]
mod tests {
    use super::*;

    const LOGITS: [f64; 3] = [1.0, 4.0, 2.5];

    #[test]
    fn without_a_target_any_other_class_will_do() {
        let goal = Goal { label: 1, target: None };
        assert!(!goal.is_reached_by(1) && goal.is_reached_by(0));
        assert_eq!(goal.margin(&LOGITS), -1.5);
        assert_eq!(Goal { label: 0, ..goal }.margin(&LOGITS), 3.0);
        assert_eq!(
            (goal.rivals(&LOGITS), Goal { label: 0, ..goal }.rivals(&LOGITS)),
            ((2, 1), (1, 0))
        );
    }

    #[test]
    fn with_a_target_no_other_class_will_do() {
        let goal = Goal { label: 1, target: Some(2) };
        assert!(!goal.is_reached_by(0) && goal.is_reached_by(2));
        assert_eq!(goal.margin(&LOGITS), -1.5);
        assert_eq!(Goal { label: 0, target: Some(1) }.margin(&LOGITS), 1.5);
        assert_eq!(goal.rivals(&LOGITS), (2, 1));
    }

    #[test]
    fn a_label_is_never_where_a_row_is_wanted() {
        for target in [None, Some(1), Some(2)] {
            let goal = Goal { label: 1, target };
            assert!(!goal.is_reached_by(1), "{goal:?}");
            assert!(goal.is_void(0) && goal.is_void(2), "{goal:?} was lost before the attack");
            assert_eq!(goal.is_void(1), target == Some(1), "{goal:?}");
        }
    }

    #[test]
    fn rounding_grows_with_the_largest_logit() {
        assert_eq!(rounding(&[0.0, -200.0, 100.0]), 200.0 * ROUNDING);
        assert_eq!(rounding(&[0.0, 0.0]), 0.0);
    }
}
