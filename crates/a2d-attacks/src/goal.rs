//! What an attack wants of a row, and whether logits show that it got there.

/// What an attack wants of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The class that the row is to lose.
    pub label: i64,
    /// The class that it is to get; without one, any other will do.
    pub target: Option<i64>,
}

impl Goal {
    /// Whether a row that the network takes for `predicted` is where the attack wants it.
    pub fn is_reached_by(self, predicted: i64) -> bool {
        self.target.map_or(predicted != self.label, |target| predicted == target)
    }

    /// How far these logits of a row, one per class, are beyond the goal: the logit that is to win less
    /// the largest that is to lose. Negative where the goal is missed.
    pub fn margin(self, logits: &[f64]) -> f64 {
        let wanted = self.target.unwrap_or(self.label) as usize;
        let mut largest_other = f64::NEG_INFINITY;
        for (class, logit) in logits.iter().enumerate() {
            if class != wanted {
                largest_other = largest_other.max(*logit);
            }
        }
        let lead = logits[wanted] - largest_other;
        if self.target.is_some() { lead } else { -lead }
    }
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
    }

    #[test]
    fn with_a_target_no_other_class_will_do() {
        let goal = Goal { label: 1, target: Some(2) };
        assert!(!goal.is_reached_by(0) && goal.is_reached_by(2));
        assert_eq!(goal.margin(&LOGITS), -1.5);
        assert_eq!(Goal { label: 0, target: Some(1) }.margin(&LOGITS), 1.5);
    }
}
