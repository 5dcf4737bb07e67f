//! Scores of benign inputs held out, and the p-values and thresholds that follow from them.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The scores of benign inputs that a detector was not fitted on, larger = more suspicious.
///
/// They turn any score into a p-value, and any rate of false positives into a threshold: split-conformal
/// prediction (Vovk, Gammerman and Shafer, "Algorithmic learning in a random world", 2005; as a test for
/// outliers: Bates, Candès, Lei, Romano and Sesia, "Testing for outliers with conformal p-values", Annals of
/// Statistics 51, 2023). If these inputs and a new benign one are exchangeable, as independent draws are,
/// every order of their scores is equally likely. So the p-value of the new one is at most `alpha` with a
/// probability of at most `alpha`, whatever the number of inputs and their distribution. The probability is
/// over the held-out inputs as well: with few of them, the rate of one calibration may lie above `alpha`, as
/// that of another lies below.
///
/// ```
/// use a2d_detect::Calibration;
///
/// let calibration = Calibration::new((1..=99).map(f64::from).collect())?;
/// assert_eq!(calibration.p_value(95.0), 0.06); // 5 of them score as high, and itself: 6 of 100
/// assert_eq!(calibration.threshold(0.05)?, 95.0); // flags 96, whose p-value is 0.05
/// # Ok::<(), a2d_detect::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f64>", into = "Vec<f64>")]
pub struct Calibration {
    /// In ascending order.
    scores: Vec<f64>,
}

impl Calibration {
    /// Takes scores in any order.
    ///
    /// # Errors
    /// If there is none, or one is not finite.
    pub fn new(mut scores: Vec<f64>) -> Result<Self> {
        if scores.is_empty() {
            return Err(Error::NoHeldOut);
        }
        if let Some(sample) = scores.iter().position(|score| !score.is_finite()) {
            return Err(Error::Score { sample, score: scores[sample] });
        }
        scores.sort_by(f64::total_cmp);
        Ok(Self { scores })
    }

    /// The number of scores.
    pub fn samples(&self) -> usize {
        self.scores.len()
    }

    /// The share of benign inputs that score as high as this or higher, the input itself counted as one
    /// of them: from 1/(n + 1) to 1.
    pub fn p_value(&self, score: f64) -> f64 {
        let lower = self.scores.partition_point(|&benign| benign < score);
        self.p_value_of_rank(self.scores.len() - lower + 1)
    }

    /// The score above which p-values are at most `alpha`, and from which down they are not.
    ///
    /// # Errors
    /// If `alpha` is not above 0 and below 1, or below 1/(n + 1), the least p-value.
    pub fn threshold(&self, alpha: f64) -> Result<f64> {
        check_alpha(alpha)?;
        let ranks = 1..=self.scores.len();
        // As p-values are computed, so that rounding does not part them from the threshold.
        let flagged = ranks.rev().find(|&rank| self.p_value_of_rank(rank) <= alpha);
        match flagged {
            Some(rank) => Ok(self.scores[self.scores.len() - rank]),
            None => Err(Error::Resolution { alpha, held_out: self.scores.len() }),
        }
    }

    /// The p-value of the score in this place among all, counted from 1 for the highest.
    fn p_value_of_rank(&self, rank: usize) -> f64 {
        rank as f64 / (self.scores.len() + 1) as f64
    }
}

/// Checks a share of benign inputs to flag.
pub(crate) fn check_alpha(alpha: f64) -> Result<()> {
    if 0.0 < alpha && alpha < 1.0 { Ok(()) } else { Err(Error::FalsePositiveRate { rate: alpha }) }
}

impl TryFrom<Vec<f64>> for Calibration {
    type Error = Error;

    fn try_from(scores: Vec<f64>) -> Result<Self> {
        Self::new(scores)
    }
}

impl From<Calibration> for Vec<f64> {
    fn from(calibration: Calibration) -> Self {
        calibration.scores
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn calibration(scores: &[f64]) -> Calibration {
        Calibration::new(scores.to_vec()).unwrap()
    }

    #[test]
    fn p_values_count_ties_as_higher() {
        let calibration = calibration(&[2.0, 1.0, 2.0, 3.0]);
        for (score, expected) in
            [(0.0, 1.0), (1.0, 1.0), (2.0, 0.8), (2.5, 0.4), (3.0, 0.4), (4.0, 0.2)]
        {
            assert_eq!(calibration.p_value(score), expected);
        }
    }

    #[test]
    fn equal_scores_have_one_threshold() {
        let calibration = calibration(&[7.0; 30]);
        assert_eq!(calibration.threshold(0.05).unwrap(), 7.0);
        assert_eq!(calibration.p_value(7.0), 1.0);
    }

    #[test]
    fn a_single_score_flags_at_a_half() {
        let one = calibration(&[7.0]);
        assert_eq!(one.threshold(0.5).unwrap(), 7.0);
        let message = one.threshold(0.49).unwrap_err().to_string();
        assert!(message.contains("at least 1/2"), "{message}");
    }

    #[test]
    fn rates_below_the_least_p_value_are_refused_and_those_at_it_are_not() {
        let scores = calibration(&[1.0; 19]);
        scores.threshold(0.05).unwrap();
        let error = scores.threshold(0.0499).unwrap_err();
        assert!(error.to_string().contains("1/20 with 19 held-out benign inputs"), "{error}");
        assert!(error.is_bad_input());
    }

    #[test]
    fn rates_that_are_none_are_refused() {
        for alpha in [0.0, 1.0, -0.1, 1.5, f64::NAN] {
            let message = calibration(&[1.0]).threshold(alpha).unwrap_err().to_string();
            assert!(message.contains("above 0 and below 1"), "{message}");
        }
    }

    #[test]
    fn scores_that_are_none_are_refused() {
        let message = |scores: &[f64]| Calibration::new(scores.to_vec()).unwrap_err().to_string();
        assert!(message(&[]).contains("at least one held-out benign input"));
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(message(&[1.0, wrong]).contains(&format!("got {wrong} (sample 1")));
        }
    }

    proptest! {
        /// The guarantee, exactly: whichever of n + 1 exchangeable inputs is the new one, each with the
        /// same probability, the share of those with a p-value up to alpha is at most alpha.
        #[test]
        fn at_most_alpha_of_benign_inputs_are_flagged(
            scores in prop::collection::vec((0_u8..12).prop_map(f64::from), 2..60), alpha in 0.001..0.999,
        ) {
            let flagged = (0..scores.len()).filter(|&new| {
                let mut others = scores.clone();
                let score = others.swap_remove(new);
                calibration(&others).p_value(score) <= alpha
            });
            prop_assert!(flagged.count() as f64 / scores.len() as f64 <= alpha);
        }

        /// So few are flagged only where scores tie: otherwise as many as alpha allows.
        #[test]
        fn distinct_scores_use_up_alpha(n in 1_usize..60, alpha in 0.001..0.999) {
            let scores: Vec<f64> = (0..=n).map(|score| score as f64).collect();
            let flagged = (0..=n).filter(|&new| {
                let mut others = scores.clone();
                let score = others.swap_remove(new);
                calibration(&others).p_value(score) <= alpha
            });
            prop_assert_eq!(flagged.count(), (alpha * (n + 1) as f64).floor() as usize);
        }

        #[test]
        fn scores_above_the_threshold_are_those_of_low_p_value(
            scores in prop::collection::vec((0_u8..40).prop_map(f64::from), 1..60),
            score in (0_u8..42).prop_map(f64::from), rank in 1_usize..60, nudge in 0..2,
        ) {
            let calibration = calibration(&scores);
            // Rates at the p-values themselves are where rounding would show.
            let alpha = rank as f64 / (scores.len() + 1) as f64 + f64::from(nudge) * 1e-3;
            prop_assume!(alpha < 1.0);
            let threshold = calibration.threshold(alpha).unwrap();
            prop_assert_eq!(score > threshold, calibration.p_value(score) <= alpha);
        }
    }
}
