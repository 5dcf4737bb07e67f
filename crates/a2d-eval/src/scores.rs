//! Scores of benign and adversarial samples.

use a2d_cost::Sign;

use crate::error::Class;
use crate::{Error, Result};

/// Scores of benign and of adversarial samples, where larger means more adversarial. Finite, and at least
/// one of each class.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// In ascending order.
    pub(crate) benign: Vec<f64>,
    /// In ascending order.
    pub(crate) adversarial: Vec<f64>,
}

impl Scores {
    /// Takes scores that grow with the suspicion, such as those of a detector's verdicts.
    ///
    /// # Errors
    /// If a class is empty or a score not finite.
    pub fn new(benign: &[f64], adversarial: &[f64]) -> Result<Self> {
        Ok(Self {
            benign: sorted(benign, Class::Benign)?,
            adversarial: sorted(adversarial, Class::Adversarial)?,
        })
    }

    /// Takes the costs of an attack, which fall with the suspicion: the score is the negated cost.
    ///
    /// # Errors
    /// If a class is empty or a cost not finite.
    pub fn from_costs(benign: &[f64], adversarial: &[f64]) -> Result<Self> {
        Self::signed(Sign::Smaller, benign, adversarial)
    }

    /// Takes numbers of which those that the sign says look adversarial.
    ///
    /// # Errors
    /// If a class is empty or a number not finite.
    pub fn signed(sign: Sign, benign: &[f64], adversarial: &[f64]) -> Result<Self> {
        let turned = |numbers: &[f64]| {
            numbers.iter().map(|number| sign.suspicion(*number)).collect::<Vec<_>>()
        };
        Self::new(&turned(benign), &turned(adversarial))
    }
}

fn sorted(scores: &[f64], class: Class) -> Result<Vec<f64>> {
    if scores.is_empty() {
        return Err(Error::Empty { class });
    }
    if let Some(sample) = scores.iter().position(|score| !score.is_finite()) {
        return Err(Error::NotFinite { class, sample, score: scores[sample] });
    }
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    Ok(sorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_scores_with_the_sign_turned() {
        let costs = Scores::from_costs(&[9.0, 8.0], &[1.0]).unwrap();
        assert_eq!(costs, Scores::new(&[-8.0, -9.0], &[-1.0]).unwrap());
    }

    #[test]
    fn larger_numbers_are_scores_as_they_are() {
        let larger = Scores::signed(Sign::Larger, &[-9.0, 8.0], &[1.0]).unwrap();
        assert_eq!(larger, Scores::new(&[-9.0, 8.0], &[1.0]).unwrap());
    }

    #[test]
    fn empty_classes_are_refused() {
        let benign = Scores::new(&[], &[1.0]).unwrap_err();
        let adversarial = Scores::new(&[1.0], &[]).unwrap_err();
        assert!(benign.to_string().contains("at least one benign sample"));
        assert!(adversarial.to_string().contains("at least one adversarial sample"));
        assert!(benign.is_bad_input());
    }

    #[test]
    fn scores_that_are_not_finite_are_refused_with_their_place() {
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let message = Scores::new(&[1.0], &[1.0, wrong]).unwrap_err().to_string();
            assert!(message.contains("expected finite scores"), "{message}");
            assert!(message.contains("adversarial sample 1"), "{message}");
        }
    }
}
