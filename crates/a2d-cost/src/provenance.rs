use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Unscored;

/// What was attacked, and how: costs are comparable only if their model and attacks agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Fingerprint of the attacked model (hex SHA-256 of its architecture and weights).
    pub model: String,
    /// The defense attacks and their parameters, by name.
    pub defenses: BTreeMap<String, serde_json::Value>,
    /// Digest of every set of inputs (hex SHA-256 of shape and pixels): one for a cost table, several
    /// for a detector that was fitted on several tables.
    pub inputs: Vec<String>,
    /// The most iterations that an attack could spend, where that was limited.
    pub budget: Option<u32>,
    /// Seed of every random stream.
    pub seed: u64,
    /// The inputs that have no cost, and so no row in the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unscored: Vec<Unscored>,
}

impl Provenance {
    /// What, if anything, makes costs of `other` incomparable with these: the part that differs, and
    /// its value here and there. All else may differ.
    pub fn incomparable(&self, other: &Self) -> Option<(&'static str, String, String)> {
        if self.model != other.model {
            return Some(("model", self.model.clone(), other.model.clone()));
        }
        (self.defenses != other.defenses)
            .then(|| ("defense attacks", self.defenses_text(), other.defenses_text()))
    }

    fn defenses_text(&self) -> String {
        let attacks: Vec<_> =
            self.defenses.iter().map(|(name, value)| format!("{name} {value}")).collect();
        attacks.join(", ")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn provenance() -> Provenance {
        Provenance {
            model: "abc".into(),
            defenses: [("bim".into(), serde_json::json!({"epsilon": 0.3}))].into(),
            inputs: vec!["def".into()],
            budget: None,
            seed: 0,
            unscored: vec![],
        }
    }

    #[test]
    fn costs_of_other_inputs_or_with_another_budget_are_comparable() {
        let ours = provenance();
        let theirs = Provenance { inputs: vec![], ..ours.clone() };
        assert_eq!(ours.incomparable(&theirs), None);
        let limited = Provenance { budget: Some(9), ..ours.clone() };
        assert_eq!(ours.incomparable(&limited), None);
    }

    #[test]
    fn a_card_names_inputs_without_costs_where_there_are_any() {
        let ours = provenance();
        let card = serde_json::to_value(&ours).unwrap();
        assert_eq!(card.get("unscored"), None);
        assert_eq!(serde_json::from_value::<Provenance>(card).unwrap(), ours);
        let (input, attack) = ("3".to_owned(), "bim".to_owned());
        let stuck = Unscored { input, attack, reason: crate::NoCost::NeverMoved };
        let theirs = Provenance { unscored: vec![stuck], ..ours.clone() };
        let card = serde_json::to_value(&theirs).unwrap();
        assert_eq!(card["unscored"][0]["reason"], "never-moved");
        assert_eq!(serde_json::from_value::<Provenance>(card).unwrap(), theirs);
        assert_eq!(ours.incomparable(&theirs), None);
    }

    #[test]
    fn costs_of_another_model_or_attack_are_not_comparable() {
        let ours = provenance();
        let model = Provenance { model: "x".into(), ..ours.clone() };
        assert_eq!(ours.incomparable(&model).unwrap().0, "model");
        let attack = Provenance { defenses: BTreeMap::new(), ..ours.clone() };
        let (part, here, there) = ours.incomparable(&attack).unwrap();
        assert_eq!((part, there.as_str()), ("defense attacks", ""));
        assert!(here.contains("0.3"), "{here}");
    }
}
