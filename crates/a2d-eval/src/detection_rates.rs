//! How often verdicts are right.

use serde::{Deserialize, Serialize};

use crate::error::Class;
use crate::{Confusion, Error, Proportion, Result};

/// How often verdicts are right, with 95 % intervals by Wilson.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectionRates {
    /// Share of all samples, of either class, whose verdict is right. With classes of unequal size the
    /// larger one weighs more.
    pub accuracy: Proportion,
    /// Share of the adversarial samples that are flagged: the true-positive rate, or recall.
    pub tpr: Proportion,
    /// Share of the benign samples that are not flagged: the true-negative rate.
    pub tnr: Proportion,
    /// Share of the benign samples that are flagged: the false-positive rate.
    pub fpr: Proportion,
    /// Share of the flagged samples that are adversarial; `None` if nothing is flagged. It holds for the
    /// mix of the classes at hand: adversarial inputs are rarer in the field, and so is precision.
    pub precision: Option<Proportion>,
    /// Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN), for the mix at hand as well. It
    /// grows with the share TP / (TP + FP + FN), whose interval gives its own.
    pub f1: Proportion,
}

impl DetectionRates {
    /// The rates of counted verdicts.
    ///
    /// # Errors
    /// If a class is empty.
    pub fn new(verdicts: Confusion) -> Result<Self> {
        let Confusion { true_positives, false_negatives, false_positives, true_negatives } =
            verdicts;
        let adversarial = true_positives + false_negatives;
        let benign = false_positives + true_negatives;
        for (class, samples) in [(Class::Benign, benign), (Class::Adversarial, adversarial)] {
            if samples == 0 {
                return Err(Error::Empty { class });
            }
        }
        let flagged = true_positives + false_positives;
        let precision = (flagged > 0).then(|| Proportion::wilson(true_positives, flagged));
        let overlap = Proportion::wilson(true_positives, adversarial + false_positives)?;
        Ok(Self {
            accuracy: Proportion::wilson(true_positives + true_negatives, benign + adversarial)?,
            tpr: Proportion::wilson(true_positives, adversarial)?,
            tnr: Proportion::wilson(true_negatives, benign)?,
            fpr: Proportion::wilson(false_positives, benign)?,
            precision: precision.transpose()?,
            f1: overlap.map(|share| 2.0 * share / (1.0 + share)),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::assert_close;

    fn rates(benign: (usize, usize), adversarial: (usize, usize)) -> Result<DetectionRates> {
        DetectionRates::new(Confusion {
            true_positives: adversarial.0,
            false_negatives: adversarial.1 - adversarial.0,
            false_positives: benign.0,
            true_negatives: benign.1 - benign.0,
        })
    }

    // from sklearn import metrics  # 1.9.1
    // y = np.r_[np.zeros(50), np.ones(40)]
    // flagged = np.r_[np.arange(50) < 3, np.arange(40) < 34]
    // metrics.accuracy_score(y, flagged), metrics.recall_score(y, flagged),
    // metrics.recall_score(y, flagged, pos_label=0), metrics.precision_score(y, flagged),
    // metrics.f1_score(y, flagged)
    // 0.9 0.85 0.94 0.918918918918919 0.8831168831168831
    // ci = lambda k, n: np.array(stats.binomtest(k, n).proportion_ci(method="wilson"))
    // ci(81, 90), ci(34, 40), ci(47, 50), ci(3, 50), ci(34, 37), 2 * ci(34, 43) / (1 + ci(34, 43))
    #[test]
    fn rates_are_those_of_scikit_learn() {
        let rates = rates((3, 50), (34, 40)).unwrap();
        for (found, share, low, high) in [
            (rates.accuracy, 0.9, 0.820_758_251_245_663_5, 0.946_493_248_302_875),
            (rates.tpr, 0.85, 0.709_276_756_335_103, 0.929_388_122_826_796_4),
            (rates.tnr, 0.94, 0.837_829_083_111_618_2, 0.979_385_029_651_026),
            (rates.fpr, 0.06, 0.020_614_970_348_973_957, 0.162_170_916_888_381_7),
            (
                rates.precision.unwrap(),
                0.918_918_918_918_919,
                0.786_993_206_507_116_1,
                0.972_039_425_899_552,
            ),
            (rates.f1, 0.883_116_883_116_883_1, 0.786_366_212_473_282_9, 0.939_426_206_912_123_5),
        ] {
            assert_close(found.share, share);
            assert_close(found.low, low);
            assert_close(found.high, high);
        }
    }

    #[test]
    fn nothing_flagged_has_no_precision() {
        let rates = rates((0, 5), (0, 4)).unwrap();
        assert_eq!(rates.precision, None);
        assert_eq!((rates.tpr.share, rates.f1.share), (0.0, 0.0));
    }

    #[test]
    fn empty_classes_are_refused() {
        let message = |benign, adversarial| rates(benign, adversarial).unwrap_err().to_string();
        assert!(message((0, 0), (1, 1)).contains("at least one benign"));
        assert!(message((1, 1), (0, 0)).contains("at least one adversarial"));
    }

    proptest! {
        #[test]
        fn f1_is_the_harmonic_mean_of_precision_and_recall(
            misses in 0_usize..50, hits in 1_usize..50, false_alarms in 0_usize..50,
        ) {
            let rates = rates((false_alarms, false_alarms + 1), (hits, hits + misses)).unwrap();
            let (precision, recall) = (rates.precision.unwrap().share, rates.tpr.share);
            let expected = 2.0 * precision * recall / (precision + recall);
            prop_assert!((rates.f1.share - expected).abs() < 1e-12);
            prop_assert!([rates.f1.low, rates.f1.share, rates.f1.high].is_sorted());
            prop_assert!((rates.tnr.share + rates.fpr.share - 1.0).abs() < 1e-12);
        }
    }
}
