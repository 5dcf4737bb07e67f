//! The card beside a table of CLEVER scores.

use a2d_cost::{InputSet, Machine, Provenance};
use a2d_eval::clever::CleverParams;
use a2d_file::Card;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The card beside a table of scores: `x.csv.card.json` says where `x.csv` comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CleverCard {
    pub(crate) provenance: CleverProvenance,
    /// The machine of the run that finished them; unknown of older ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) machine: Option<Machine>,
}

impl Card for CleverCard {
    const FORMAT: &'static str = "a2d-clever";
    const VERSION: u32 = 1;
    const NAME: &'static str = "the card of CLEVER scores";
}

/// What was scored, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct CleverProvenance {
    /// Fingerprint of the model.
    pub(crate) model: String,
    /// The images.
    pub(crate) inputs: InputSet,
    pub(crate) targets: Vec<String>,
    #[serde(flatten)]
    pub(crate) params: CleverParams,
}

impl CleverProvenance {
    /// The parameters as they are in the card.
    pub(crate) fn parameters(&self) -> serde_json::Result<Map<String, Value>> {
        serde_json::from_value(serde_json::to_value(self.params)?)
    }

    /// That of the scores, a column for each target: they are comparable if the model and how it was asked agree.
    /// Images, seed and whether all classes were looked at may differ.
    ///
    /// # Errors
    /// If a parameter is out of its range.
    pub(crate) fn of_scores(self) -> anyhow::Result<Provenance> {
        let mut parameters = self.parameters()?;
        parameters.retain(|name, _| !["all_classes", "seed"].contains(&name.as_str()));
        let parameters = Value::from(parameters);
        Ok(Provenance {
            seed: self.params.check()?.seed(),
            model: self.model,
            defenses: self.targets.into_iter().map(|name| (name, parameters.clone())).collect(),
            inputs: vec![self.inputs],
            budget: None,
            unscored: vec![],
            machines: vec![],
        })
    }

    /// The largest score that there can be.
    ///
    /// # Errors
    /// If a parameter is out of its range.
    pub(crate) fn radius(&self) -> a2d_eval::clever::Result<f64> {
        Ok(self.params.check()?.radius())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use a2d_eval::clever::{Clever, Norm, Outputs, Setting};

    use super::*;

    fn params() -> CleverParams {
        Clever::cpu(Norm::L2).batches(3).samples(8)
    }

    pub(crate) fn provenance() -> CleverProvenance {
        CleverProvenance {
            model: "abc".into(),
            inputs: InputSet { digest: "def".into(), sketches: None, part: None },
            targets: vec!["untargeted".into()],
            params: params(),
        }
    }

    #[test]
    fn scores_of_other_images_are_comparable() {
        let ours = provenance().of_scores().unwrap();
        let images = CleverProvenance {
            inputs: InputSet { digest: "x".into(), sketches: None, part: None },
            params: params().seed(7).all_classes(true),
            ..provenance()
        };
        assert_eq!(ours.incomparable(&images.of_scores().unwrap()), None);
    }

    #[test]
    fn scores_of_another_setting_are_not_comparable() {
        let ours = provenance().of_scores().unwrap();
        for (params, words) in [
            (Clever::cpu(Norm::Linf).batches(3).samples(8).radius(5.0), ["l2", "linf"]),
            (params().outputs(Outputs::Softmax), ["logits", "softmax"]),
            (params().like(Setting::Slides), ["logits", "softmax"]),
            (params().clip(false), ["\"clip\":true", "\"clip\":false"]),
            (params().radius(4.0), ["5.0", "4.0"]),
        ] {
            let theirs = CleverProvenance { params, ..provenance() }.of_scores().unwrap();
            let (part, here, there) = ours.incomparable(&theirs).unwrap();
            assert_eq!(part, "parameters");
            assert!(here.contains(words[0]) && there.contains(words[1]), "{here} {there}");
        }
    }

    #[test]
    fn cards_of_before_there_were_other_outputs_are_of_logits() {
        let mut card = serde_json::to_value(provenance()).unwrap();
        for name in ["outputs", "radial", "clip"] {
            assert!(card.as_object_mut().unwrap().remove(name).is_some(), "{name}");
        }
        assert_eq!(serde_json::from_value::<CleverProvenance>(card).unwrap(), provenance());
    }
}
