//! What is known of an image once it is judged.

use a2d_cost::{AttackCost, NoCost};
use a2d_detect::{Detect as _, KnownCost, SavedDetector, Unit, VerdictRecord};
use a2d_model::Prediction;

use crate::Result;

/// The verdict on an image, and what it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Screening {
    /// The number of the image.
    pub row: usize,
    /// What the classifier says of the image.
    pub prediction: Prediction,
    /// Whether the image is called adversarial: what the full costs would have said. `None` if the verdict
    /// depends on an attack that told nothing of the image: it is neither benign nor adversarial.
    pub adversarial: Option<bool>,
    /// The cost of each attack, in the order of the detector's: censored where the attack was stopped, and
    /// `None` where the verdict was certain without it or the attack told nothing.
    pub costs: Vec<Option<AttackCost>>,
    /// The attacks that told nothing of the image, and why.
    pub unscored: Vec<(String, NoCost)>,
}

impl Screening {
    /// Forward passes and gradients that the attacks took.
    pub fn queries(&self) -> u64 {
        let queries =
            |cost: &AttackCost| u64::from(cost.forward_queries) + u64::from(cost.gradient_queries);
        self.costs.iter().flatten().map(queries).sum()
    }

    /// The full costs in this unit, which scores need; `None` if an attack was stopped, not needed or told
    /// nothing, or ended in vain, for then only iterations say its cap.
    pub fn complete_costs(&self, unit: Unit) -> Option<Vec<f64>> {
        let complete = |cost: &Option<AttackCost>| {
            let is_known = |cost: &AttackCost| {
                !cost.is_lower_bound() || (unit == Unit::Iterations && !cost.censored)
            };
            cost.filter(is_known).map(|cost| unit.of(&cost))
        };
        self.costs.iter().map(complete).collect()
    }

    /// What is said of the image, under this name, by the detector that judged it. Score, p-value and, where it is asked
    /// for, explanation are of complete costs alone.
    ///
    /// # Errors
    /// [`Error::Detect`](crate::Error::Detect) if the detector does not take the costs.
    pub fn record(
        &self,
        input: String,
        detector: &SavedDetector,
        explain: bool,
    ) -> Result<VerdictRecord> {
        let complete = self.complete_costs(detector.unit);
        let verdict =
            complete.as_ref().map(|costs| detector.detector.verdict(costs)).transpose()?;
        let explained = complete.filter(|_| explain).map(|costs| detector.explain(&costs));
        let costs = self.costs.iter().map(|cost| cost.as_ref().map(KnownCost::of));
        Ok(VerdictRecord {
            input,
            predicted: self.prediction.class,
            confidence: self.prediction.confidence,
            costs: detector.attacks.iter().cloned().zip(costs).collect(),
            queries: self.queries(),
            score: verdict.map(|verdict| verdict.score),
            adversarial: self.adversarial,
            reason: reason(&self.unscored),
            p_value: verdict.and_then(|verdict| verdict.p_value),
            explanation: explained.transpose()?.map(|explanation| explanation.evidence),
        })
    }
}

/// Which attacks tell nothing, and why, if there are any.
fn reason(unscored: &[(String, NoCost)]) -> Option<String> {
    let sentence = |(attack, reason): &_| format!("{attack} tells nothing, for {reason}");
    let sentences: Vec<String> = unscored.iter().map(sentence).collect();
    (!sentences.is_empty()).then(|| sentences.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_complete_if_every_attack_ended() {
        let cost = |censored: bool| {
            let (iterations, gradient_queries, forward_queries) = (7, 7, 8);
            let seconds = 0.5;
            let flipped = !censored;
            Some(AttackCost {
                iterations,
                flipped,
                censored,
                gradient_queries,
                forward_queries,
                seconds,
            })
        };
        let screening = |second| {
            let costs = vec![cost(false), second];
            let prediction = Prediction { class: 1, confidence: 0.5 };
            Screening { row: 3, prediction, adversarial: Some(true), costs, unscored: vec![] }
        };
        let complete = screening(cost(false));
        assert_eq!(complete.complete_costs(Unit::Iterations), Some(vec![7.0, 7.0]));
        assert_eq!(complete.complete_costs(Unit::ForwardQueries), Some(vec![8.0, 8.0]));
        assert_eq!(complete.queries(), 30);
        assert_eq!(screening(cost(true)).complete_costs(Unit::Iterations), None);
        let in_vain = screening(cost(false).map(|cost| AttackCost { flipped: false, ..cost }));
        assert_eq!(in_vain.complete_costs(Unit::Iterations), Some(vec![7.0, 7.0]));
        assert_eq!(in_vain.complete_costs(Unit::Seconds), None);
        assert_eq!(
            (screening(None).complete_costs(Unit::Iterations), screening(None).queries()),
            (None, 15)
        );
    }
}
