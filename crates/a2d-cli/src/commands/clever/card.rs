//! The card beside a table of CLEVER scores.

use a2d_cost::{InputSet, Machine};
use a2d_eval::clever::Norm;
use a2d_file::Card;
use serde::{Deserialize, Serialize};

/// The card beside a table of scores: `x.csv.card.json` says where `x.csv` comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::commands) struct ScoreCard {
    pub(in crate::commands) provenance: ScoreProvenance,
    /// The machine of the run that finished them; unknown of older ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) machine: Option<Machine>,
}

impl Card for ScoreCard {
    const FORMAT: &'static str = "a2d-clever";
    const VERSION: u32 = 1;
    const NAME: &'static str = "the card of CLEVER scores";
}

/// What was scored, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::commands) struct ScoreProvenance {
    /// Fingerprint of the model.
    pub(in crate::commands) model: String,
    /// The images.
    pub(in crate::commands) inputs: InputSet,
    pub(in crate::commands) targets: Vec<String>,
    pub(in crate::commands) norm: Norm,
    pub(in crate::commands) radius: f64,
    pub(in crate::commands) batches: u32,
    pub(in crate::commands) samples: u32,
    pub(in crate::commands) all_classes: bool,
    pub(in crate::commands) seed: u64,
}

/// A part that differs, and its value here and there.
pub(super) type Difference = (&'static str, String, String);

impl ScoreProvenance {
    /// What, if anything, makes scores of `other` incomparable with these. Images, targets, seed
    /// and whether all classes were looked at may differ.
    pub(in crate::commands) fn incomparable(&self, other: &Self) -> Option<Difference> {
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
pub(in crate::commands) mod tests {
    use super::*;

    pub(in crate::commands) fn provenance() -> ScoreProvenance {
        ScoreProvenance {
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
        let ours = provenance();
        let images = ScoreProvenance {
            inputs: InputSet { digest: "x".into(), sketches: None, part: None },
            ..provenance()
        };
        assert_eq!(ours.incomparable(&images), None);
        let norm = ScoreProvenance { norm: Norm::Linf, ..provenance() };
        assert_eq!(ours.incomparable(&norm), Some(("norm", "L2".into(), "Linf".into())));
    }
}
