//! The card beside a table of CLEVER scores.

use a2d_cost::{InputSet, Machine, Provenance};
use a2d_eval::clever::Norm;
use a2d_file::Card;
use serde::{Deserialize, Serialize};

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
    pub(crate) norm: Norm,
    pub(crate) radius: f64,
    pub(crate) batches: u32,
    pub(crate) samples: u32,
    pub(crate) all_classes: bool,
    pub(crate) seed: u64,
}

impl CleverProvenance {
    /// That of the scores, a column for each target: they are comparable if model, norm, radius and the sizes
    /// of samples agree. Images, seed and whether all classes were looked at may differ.
    pub(crate) fn of_scores(self) -> Provenance {
        let Self { norm, radius, batches, samples, .. } = self;
        let parameters = serde_json::json!({
            "norm": norm,
            "radius": radius,
            "batches": batches,
            "samples": samples,
        });
        Provenance {
            model: self.model,
            defenses: self.targets.into_iter().map(|name| (name, parameters.clone())).collect(),
            inputs: vec![self.inputs],
            budget: None,
            seed: self.seed,
            unscored: vec![],
            machines: vec![],
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn provenance() -> CleverProvenance {
        CleverProvenance {
            model: "abc".into(),
            inputs: InputSet { digest: "def".into(), sketches: None, part: None },
            targets: vec!["untargeted".into()],
            norm: Norm::L2,
            radius: 5.0,
            batches: 3,
            samples: 8,
            all_classes: false,
            seed: 0,
        }
    }

    #[test]
    fn scores_of_other_images_are_comparable() {
        let ours = provenance().of_scores();
        let images = CleverProvenance {
            inputs: InputSet { digest: "x".into(), sketches: None, part: None },
            seed: 7,
            all_classes: true,
            ..provenance()
        };
        assert_eq!(ours.incomparable(&images.of_scores()), None);
        let norm = CleverProvenance { norm: Norm::Linf, ..provenance() };
        let (part, here, there) = ours.incomparable(&norm.of_scores()).unwrap();
        assert_eq!(part, "parameters");
        assert!(here.contains("l2") && there.contains("linf"), "{here} {there}");
    }
}
