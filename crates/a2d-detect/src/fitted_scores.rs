//! How suspicious the inputs are that a detector was fitted on: what its votes flag of them.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The scores of the benign inputs that a detector was fitted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct FittedScores {
    /// In ascending order.
    scores: Vec<f64>,
}

impl FittedScores {
    pub(crate) fn new(mut scores: Vec<f64>) -> Self {
        scores.sort_by(f64::total_cmp);
        Self { scores }
    }

    /// The lowest score above which no more than this share of the inputs lies.
    pub(crate) fn flagging_at_most(&self, share: f64) -> f64 {
        let samples = self.scores.len();
        // As shares are computed, so that rounding does not part them from the one asked for.
        let allowed = (0..samples).rev().find(|&flagged| flagged as f64 / samples as f64 <= share);
        self.scores[samples - 1 - allowed.unwrap_or_default()]
    }

    /// Checks what was read from a file.
    pub(crate) fn check(&self, samples: usize) -> Result<()> {
        let broken = |expected: String, found: String| Err(Error::Description { expected, found });
        if self.scores.len() != samples || samples == 0 {
            return broken(format!("scores of {samples} inputs"), self.scores.len().to_string());
        }
        match self.scores.iter().find(|score| !score.is_finite()) {
            Some(score) => broken("finite scores".into(), score.to_string()),
            None if self.scores.is_sorted() => Ok(()),
            None => broken("scores in ascending order".into(), "others".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ties_are_not_flagged_where_they_would_be_too_many() {
        let scores = FittedScores::new(vec![3.0, 1.0, 2.0, 3.0, 3.0]);
        for (share, expected) in [(0.01, 3.0), (0.2, 3.0), (0.59, 3.0), (0.6, 2.0), (0.99, 1.0)] {
            assert_eq!(scores.flagging_at_most(share), expected, "{share}");
        }
    }

    #[test]
    fn a_share_that_floats_fall_short_of_is_allowed() {
        // 0.29 * 100.0 is 28.999999999999996.
        let scores = FittedScores::new((1..=100).map(f64::from).collect());
        assert_eq!(scores.flagging_at_most(0.29), 71.0);
    }

    proptest! {
        #[test]
        fn the_share_is_used_up_and_not_exceeded(
            scores in prop::collection::vec((0_u8..12).prop_map(f64::from), 1..60), share in 0.001..0.999,
        ) {
            let fitted = FittedScores::new(scores.clone());
            let above = |score: f64| {
                scores.iter().filter(|&&other| other > score).count() as f64 / scores.len() as f64
            };
            let threshold = fitted.flagging_at_most(share);
            prop_assert!(above(threshold) <= share);
            prop_assert!(above(threshold.next_down()) > share);
        }
    }
}
