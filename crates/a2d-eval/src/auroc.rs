//! Area under the ROC curve with its interval.

use serde::{Deserialize, Serialize};

use crate::Scores;
use crate::confidence::NORMAL_95;
use crate::moments::Moments;

/// Area under the ROC curve with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Auroc {
    /// The probability that a random adversarial sample scores higher than a random benign one, a tie
    /// counted half: 0.5 for a coin, 1 for a perfect detector.
    pub auroc: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Auroc {
    /// Computes the area and its interval in O(n log n).
    ///
    /// The variance is that of DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more
    /// correlated receiver operating characteristic curves", Biometrics 44, 1988. The interval is
    /// symmetric around the area (no logit) and cut to [0, 1]. Two warnings: a detector without mistakes
    /// has no variance, so its interval is [1, 1] however few the samples; and a class with a single
    /// sample tells nothing of the variance, so the interval is all of [0, 1].
    pub fn new(scores: &Scores) -> Self {
        let (benign, adversarial) = (&scores.benign, &scores.adversarial);
        let detected: Vec<u64> = adversarial.iter().map(|&a| half_wins(a, benign)).collect();
        let missed: Vec<u64> = benign.iter().map(|&b| half_wins(b, adversarial)).collect();
        // Wins are whole numbers of halves, so the area is rounded only once.
        let pairs = (benign.len() * adversarial.len()) as f64;
        let auroc = detected.iter().sum::<u64>() as f64 / (2.0 * pairs);
        let variance =
            squared_error(&detected, benign.len()) + squared_error(&missed, adversarial.len());
        let reach = NORMAL_95 * variance.sqrt();
        Self { auroc, low: (auroc - reach).max(0.0), high: (auroc + reach).min(1.0) }
    }
}

/// Twice the number of `opponents`, in ascending order, that `score` is above; a tie counts once.
fn half_wins(score: f64, opponents: &[f64]) -> u64 {
    let below = opponents.partition_point(|&opponent| opponent < score);
    let up_to = opponents.partition_point(|&opponent| opponent <= score);
    (below + up_to) as u64
}

/// The squared standard error of the mean share of wins; infinite for a single sample.
fn squared_error(half_wins: &[u64], opponents: usize) -> f64 {
    if half_wins.len() == 1 {
        return f64::INFINITY;
    }
    let shares: Vec<f64> =
        half_wins.iter().map(|&wins| wins as f64 / (2 * opponents) as f64).collect();
    let Moments { n, variance, .. } = Moments::of(&shares);
    variance / n
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::{ADVERSARIAL, BENIGN, assert_close, tied_scores};

    fn auroc(benign: &[f64], adversarial: &[f64]) -> Auroc {
        Auroc::new(&Scores::new(benign, adversarial).unwrap())
    }

    // from sklearn import metrics  # 1.9.1; scipy 1.17.1, numpy 2.4.6
    // y = np.r_[np.zeros(len(benign)), np.ones(len(adversarial))]
    // auc = metrics.roc_auc_score(y, np.r_[benign, adversarial])
    // psi = (adversarial[:, None] > benign) + 0.5 * (adversarial[:, None] == benign)
    // var = psi.mean(1).var(ddof=1) / len(adversarial) + psi.mean(0).var(ddof=1) / len(benign)
    // auc, auc - stats.norm.ppf(0.975) * var**0.5, auc + stats.norm.ppf(0.975) * var**0.5
    // 0.8035714285714285 0.5840020131596362 1.0231408439832208
    #[test]
    fn area_and_interval_are_those_of_scikit_learn_and_delong() {
        let found = auroc(&BENIGN, &ADVERSARIAL);
        assert_close(found.auroc, 0.803_571_428_571_428_5);
        assert_close(found.low, 0.584_002_013_159_636_2);
        assert_close(found.high, 1.0);
        assert_close(auroc(&ADVERSARIAL, &BENIGN).high, 1.0 - 0.584_002_013_159_636_2);
    }

    #[test]
    fn zeros_of_either_sign_tie() {
        assert_close(auroc(&[0.0, -0.0], &[-0.0, 0.0]).auroc, 0.5);
    }

    #[test]
    fn single_sample_tells_nothing_of_the_variance() {
        let found = auroc(&[1.0], &[2.0, 3.0]);
        assert_eq!((found.auroc, found.low, found.high), (1.0, 0.0, 1.0));
    }

    proptest! {
        #[test]
        fn area_is_the_share_of_ordered_pairs((benign, adversarial) in tied_scores()) {
            let mut wins = 0.0;
            for a in &adversarial {
                for b in &benign {
                    wins += if a > b { 1.0 } else if a == b { 0.5 } else { 0.0 };
                }
            }
            let pairs = (benign.len() * adversarial.len()) as f64;
            let found = auroc(&benign, &adversarial);
            prop_assert_eq!(found.auroc, wins / pairs);
            prop_assert!([0.0, found.low, found.auroc, found.high, 1.0].is_sorted());
        }

        #[test]
        fn growing_maps_change_nothing((benign, adversarial) in tied_scores()) {
            let mapped = |scores: &[f64]| scores.iter().map(|s| s.exp() * 3.0 - 7.0).collect::<Vec<_>>();
            prop_assert_eq!(
                auroc(&mapped(&benign), &mapped(&adversarial)),
                auroc(&benign, &adversarial)
            );
        }

        #[test]
        fn swapped_classes_mirror_the_area((benign, adversarial) in tied_scores()) {
            let (one, other) = (auroc(&benign, &adversarial), auroc(&adversarial, &benign));
            prop_assert!((one.auroc + other.auroc - 1.0).abs() < 1e-12);
            prop_assert!((one.low + other.high - 1.0).abs() < 1e-9);
        }
    }
}
