//! What is said of inputs that were judged.

use std::collections::BTreeMap;

use a2d_cost::AttackCost;
use serde::{Deserialize, Serialize};

use crate::Evidence;

/// Verdicts as a document: what `a2d detect` prints as JSON, and what a service answers. It says what it is, so that
/// programs know a later one from it.
///
/// ```
/// use a2d_detect::VerdictDocument;
///
/// let text = r#"{"format": "a2d-verdicts", "version": 1, "verdicts": []}"#;
/// let document: VerdictDocument = serde_json::from_str(text)?;
/// assert!(document.verdicts.is_empty());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "Labelled", try_from = "Labelled")]
pub struct VerdictDocument {
    /// The verdicts, in the order of the inputs.
    pub verdicts: Vec<VerdictRecord>,
}

const FORMAT: &str = "a2d-verdicts";
const VERSION: u32 = 1;

/// A document with what it says of itself.
#[derive(Serialize, Deserialize)]
struct Labelled {
    format: String,
    version: u32,
    verdicts: Vec<VerdictRecord>,
}

impl From<VerdictDocument> for Labelled {
    fn from(VerdictDocument { verdicts }: VerdictDocument) -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, verdicts }
    }
}

impl TryFrom<Labelled> for VerdictDocument {
    type Error = String;

    fn try_from(Labelled { format, version, verdicts }: Labelled) -> Result<Self, String> {
        if (format.as_str(), version) == (FORMAT, VERSION) {
            Ok(Self { verdicts })
        } else {
            Err(format!(
                "expected {FORMAT} of version {VERSION}, got {format} of version {version}"
            ))
        }
    }
}

/// What is said of an input that was attacked and judged.
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
        let document = VerdictDocument { verdicts: vec![judged, not] };
        let text = serde_json::to_string(&document).unwrap();
        assert!(text.starts_with(r#"{"format":"a2d-verdicts","version":1,"verdicts":[{"#));
        assert_eq!(serde_json::from_str::<VerdictDocument>(&text).unwrap(), document);
        for (from, to) in [("-verdicts", "-costs"), ("\"version\":1", "\"version\":2")] {
            let other = serde_json::from_str::<VerdictDocument>(&text.replacen(from, to, 1));
            assert!(other.unwrap_err().to_string().contains("expected a2d-verdicts of version 1"));
        }
    }
}
