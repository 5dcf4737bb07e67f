use serde::Serialize;

use crate::error::Class;
use crate::{Error, Result};

/// How often verdicts are right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DetectionRates {
    /// Share of all samples, of either class, whose verdict is right. With classes of unequal size the
    /// larger one weighs more.
    pub accuracy: f64,
    /// Share of the adversarial samples that are flagged.
    pub tpr: f64,
    /// Share of the benign samples that are flagged.
    pub fpr: f64,
}

impl DetectionRates {
    /// Counts verdicts, `true` for a flagged sample.
    ///
    /// # Errors
    /// If a class is empty.
    pub fn new(benign: &[bool], adversarial: &[bool]) -> Result<Self> {
        let false_positives = flagged(benign, Class::Benign)?;
        let true_positives = flagged(adversarial, Class::Adversarial)?;
        let right = benign.len() - false_positives + true_positives;
        Ok(Self {
            accuracy: right as f64 / (benign.len() + adversarial.len()) as f64,
            tpr: true_positives as f64 / adversarial.len() as f64,
            fpr: false_positives as f64 / benign.len() as f64,
        })
    }
}

fn flagged(verdicts: &[bool], class: Class) -> Result<usize> {
    if verdicts.is_empty() {
        return Err(Error::Empty { class });
    }
    Ok(verdicts.iter().filter(|&&adversarial| adversarial).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_count_what_is_flagged() {
        let rates = DetectionRates::new(&[true, false, false, false], &[true, false]).unwrap();
        assert_eq!((rates.tpr, rates.fpr), (0.5, 0.25));
        assert!((rates.accuracy - 4.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn empty_classes_are_refused() {
        let message = |benign: &[bool], adversarial: &[bool]| {
            let error = DetectionRates::new(benign, adversarial).unwrap_err();
            error.to_string()
        };
        assert!(message(&[], &[true]).contains("at least one benign"));
        assert!(message(&[true], &[]).contains("at least one adversarial"));
    }
}
