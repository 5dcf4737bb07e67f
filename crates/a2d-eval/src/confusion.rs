//! Samples of either class, counted by their verdict.

use serde::{Deserialize, Serialize};

/// Samples of either class, counted by their verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Adversarial samples that are flagged.
    pub true_positives: usize,
    /// Adversarial samples that are not.
    pub false_negatives: usize,
    /// Benign samples that are flagged.
    pub false_positives: usize,
    /// Benign samples that are not.
    pub true_negatives: usize,
}

impl Confusion {
    /// Counts verdicts, `true` for a flagged sample.
    pub fn new(benign: &[bool], adversarial: &[bool]) -> Self {
        let flagged = |verdicts: &[bool]| verdicts.iter().filter(|&&flagged| flagged).count();
        let (false_positives, true_positives) = (flagged(benign), flagged(adversarial));
        Self {
            true_positives,
            false_negatives: adversarial.len() - true_positives,
            false_positives,
            true_negatives: benign.len() - false_positives,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flagged_samples_are_positives_of_either_kind() {
        let expected = Confusion {
            true_positives: 1,
            false_negatives: 1,
            false_positives: 1,
            true_negatives: 3,
        };
        assert_eq!(Confusion::new(&[true, false, false, false], &[true, false]), expected);
    }
}
