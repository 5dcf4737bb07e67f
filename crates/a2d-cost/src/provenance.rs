//! What costs are of, and whether they may be used together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Error, InputSet, Machine, Result, Unscored};

/// What was attacked, and how: costs are comparable only if their model and attacks agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Fingerprint of the attacked model (hex SHA-256 of its architecture and weights).
    pub model: String,
    /// The defense attacks and their parameters, by name; of other scores, how each column was computed.
    pub defenses: BTreeMap<String, serde_json::Value>,
    /// Every set of inputs: one for a cost table, several for a detector that was fitted on several
    /// tables.
    pub inputs: Vec<InputSet>,
    /// The most iterations that an attack could spend, where that was limited.
    pub budget: Option<u32>,
    /// Seed of every random stream.
    pub seed: u64,
    /// The inputs that have no cost, and so no row in the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unscored: Vec<Unscored>,
    /// The machines of the runs that finished the tables; none are known of older ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub machines: Vec<Machine>,
}

impl Provenance {
    /// What, if anything, makes costs of `other` incomparable with these: the part that differs, and
    /// its value here and there. All else may differ.
    pub fn incomparable(&self, other: &Self) -> Option<(&'static str, String, String)> {
        if self.model != other.model {
            return Some(("model", self.model.clone(), other.model.clone()));
        }
        (self.defenses != other.defenses)
            .then(|| ("parameters", self.defenses_text(), other.defenses_text()))
    }

    /// What parts of one set of inputs, in the order of their rows, have costs of when they are put together.
    ///
    /// # Errors
    /// [`Error::Merge`] if model, attacks, budget or seed differ, if one is of several sets, and as
    /// [`InputSet::merged`].
    pub fn merged(parts: &[&Self]) -> Result<Self> {
        let Some(first) = parts.first() else {
            return Err(Error::Merge {
                expected: "at least one part".into(),
                found: "none".into(),
            });
        };
        let mut sets = vec![];
        for part in parts {
            part.check_like(first)?;
            let [set] = &part.inputs[..] else {
                let (expected, found) = ("one set of inputs", part.inputs.len());
                return Err(Error::Merge { expected: expected.into(), found: found.to_string() });
            };
            sets.push(set);
        }
        let inputs = vec![InputSet::merged(&sets)?];
        let mut all =
            Self { unscored: vec![], machines: vec![], inputs: vec![], ..(*first).clone() };
        for part in parts {
            all.join(part);
        }
        Ok(Self { inputs, ..all })
    }

    /// Refuses what costs of one run have in common and these have not.
    fn check_like(&self, other: &Self) -> Result<()> {
        let differ = |(part, theirs, ours): (&str, String, String)| {
            Err(Error::Merge { expected: format!("{part} {theirs}"), found: ours })
        };
        if let Some(difference) = other.incomparable(self) {
            return differ(difference);
        }
        if self.budget != other.budget {
            let text = |budget: Option<u32>| budget.map_or("none".into(), |most| most.to_string());
            return differ(("budget", text(other.budget), text(self.budget)));
        }
        if self.seed != other.seed {
            return differ(("seed", other.seed.to_string(), self.seed.to_string()));
        }
        Ok(())
    }

    /// The digest of every set of inputs.
    pub fn digests(&self) -> Vec<&str> {
        self.inputs.iter().map(|set| set.digest.as_str()).collect()
    }

    /// Takes in costs that are used together with these: their inputs and machines.
    pub fn join(&mut self, other: &Self) {
        self.inputs.extend_from_slice(&other.inputs);
        self.unscored.extend_from_slice(&other.unscored);
        for machine in &other.machines {
            if !self.machines.contains(machine) {
                self.machines.push(machine.clone());
            }
        }
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
    use crate::inputs::tests::set;

    pub(crate) fn provenance() -> Provenance {
        Provenance {
            model: "abc".into(),
            defenses: [("bim".into(), serde_json::json!({"epsilon": 0.3}))].into(),
            inputs: vec![set("def", &[0.0, 1.0])],
            budget: None,
            seed: 0,
            unscored: vec![],
            machines: vec![],
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
    fn parts_become_the_provenance_of_one_run() {
        let all = provenance();
        let part = |rows: std::ops::Range<usize>| {
            let inputs = vec![all.inputs[0].clone().part(rows)];
            Provenance { inputs, ..all.clone() }
        };
        let (first, second) = (part(0..1), part(1..2));
        assert_eq!(Provenance::merged(&[&first, &second]).unwrap(), all);
        let message =
            |other: Provenance| Provenance::merged(&[&first, &other]).unwrap_err().to_string();
        for (other, finding) in [
            (Provenance { model: "x".into(), ..second.clone() }, "expected model abc, found x"),
            (Provenance { budget: Some(9), ..second.clone() }, "expected budget none, found 9"),
            (Provenance { seed: 7, ..second.clone() }, "expected seed 0, found 7"),
            (Provenance { defenses: [].into(), ..second.clone() }, "expected parameters bim"),
            (
                Provenance { inputs: vec![], ..second.clone() },
                "expected one set of inputs, found 0",
            ),
            (first.clone(), "expected row 1 after rows 0..1, found rows 0..1 again"),
        ] {
            assert!(message(other.clone()).contains(finding), "{}", message(other));
        }
        assert!(Provenance::merged(&[]).is_err());
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
    fn a_machine_is_named_and_makes_no_other_costs() {
        let on = |instructions: &str, window| {
            let (device, libtorch) = ("cpu".to_owned(), "2.13.0".to_owned());
            let machine =
                Machine { device, instructions: instructions.into(), libtorch, window: None };
            Provenance { machines: vec![machine.with_window(window)], ..provenance() }
        };
        let mut ours = on("avx512", 64);
        for other in [on("avx512", 64), on("avx2", 64), on("avx2", 1), provenance()] {
            assert_eq!(ours.incomparable(&other), None);
            ours.join(&other);
            ours.inputs.truncate(1);
        }
        let names: Vec<_> = ours.machines.iter().map(ToString::to_string).collect();
        assert_eq!(names[0], "cpu, avx512, libtorch 2.13.0, window 64");
        assert_eq!(names.len(), 3);
        let text = serde_json::to_string(&provenance()).unwrap();
        assert!(!text.contains("machines"), "{text}");
        assert_eq!(serde_json::from_str::<Provenance>(&text).unwrap(), provenance());
    }

    #[test]
    fn costs_of_another_model_or_attack_are_not_comparable() {
        let ours = provenance();
        let model = Provenance { model: "x".into(), ..ours.clone() };
        assert_eq!(ours.incomparable(&model).unwrap().0, "model");
        let attack = Provenance { defenses: BTreeMap::new(), ..ours.clone() };
        let (part, here, there) = ours.incomparable(&attack).unwrap();
        assert_eq!((part, there.as_str()), ("parameters", ""));
        assert!(here.contains("0.3"), "{here}");
    }
}
