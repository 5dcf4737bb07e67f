//! The card beside a table of CLEVER scores.

use a2d_cost::{InputSet, Machine};
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

/// A part that differs, and its value here and there.
type Difference = (&'static str, String, String);

impl CleverProvenance {
    /// What, if anything, makes scores of `other` incomparable with these. Images, targets, seed
    /// and whether all classes were looked at may differ.
    pub(crate) fn incomparable(&self, other: &Self) -> Option<Difference> {
        let parts = [
            ("model", self.model.clone(), other.model.clone()),
            ("norm", format!("{:?}", self.norm), format!("{:?}", other.norm)),
            ("radius", self.radius.to_string(), other.radius.to_string()),
            ("batches", self.batches.to_string(), other.batches.to_string()),
            ("samples", self.samples.to_string(), other.samples.to_string()),
        ];
        parts.into_iter().find(|(_, ours, theirs)| ours != theirs)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn provenance() -> CleverProvenance {
        CleverProvenance {
            model: "abc".into(),
            inputs: InputSet { digest: "def".into(), sketches: None },
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
        let ours = provenance();
        let images = CleverProvenance {
            inputs: InputSet { digest: "x".into(), sketches: None },
            ..provenance()
        };
        assert_eq!(ours.incomparable(&images), None);
        let norm = CleverProvenance { norm: Norm::Linf, ..provenance() };
        assert_eq!(ours.incomparable(&norm), Some(("norm", "L2".into(), "Linf".into())));
    }
}
