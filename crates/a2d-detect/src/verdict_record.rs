//! What is said of an input that was judged.

use std::collections::BTreeMap;

use a2d_cost::AttackCost;
use serde::{Deserialize, Serialize};

use crate::Evidence;

/// What is said of an input that was attacked and judged: an element of what `a2d detect` prints as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerdictRecord {
    /// The name of the input.
    pub input: String,
    /// The class that the model predicts.
    pub predicted: usize,
    /// The probability that the model gives it, from 0 to 1.
    pub confidence: f64,
    /// What is known of the cost of every attack; nothing where the verdict did not need it.
    pub costs: BTreeMap<String, Option<KnownCost>>,
    /// Forward passes and gradients that the attacks took.
    pub queries: u64,
    /// The score, larger for more adversarial inputs, where all costs are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Nothing if there is no verdict, neither benign nor adversarial.
    pub adversarial: Option<bool>,
    /// What attacks tell nothing of the input, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The chance that a benign input looks so adversarial or more, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// What the verdict rests on, if that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Evidence<String>>,
}

/// The iterations of an attack, in vain if it was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownCost {
    /// How many there were.
    pub iterations: u32,
    /// The attack was stopped: it costs more than these.
    pub censored: bool,
}

impl KnownCost {
    /// What is known of this cost.
    pub fn of(cost: &AttackCost) -> Self {
        Self { iterations: cost.iterations, censored: cost.censored }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saved::tests::z_score;

    #[test]
    fn json_brings_it_back() {
        let explanation = z_score().explain(&[3.0, 150.0]).unwrap();
        let cost = KnownCost { iterations: 3, censored: false };
        let judged = VerdictRecord {
            input: "7.png".into(),
            predicted: 7,
            confidence: 0.75,
            costs: [("bim".into(), Some(cost)), ("jsma".into(), None)].into(),
            queries: 9,
            score: Some(explanation.verdict.score),
            adversarial: Some(true),
            reason: None,
            p_value: None,
            explanation: Some(explanation.evidence),
        };
        let reason = Some("bim tells nothing, for its gradient is 0".into());
        let not = VerdictRecord {
            score: None,
            adversarial: None,
            reason,
            explanation: None,
            ..judged.clone()
        };
        for record in [judged, not] {
            let text = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<VerdictRecord>(&text).unwrap(), record);
        }
    }
}
