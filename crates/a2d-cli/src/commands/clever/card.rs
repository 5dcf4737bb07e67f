use std::path::Path;

use a2d_cost::{InputSet, Machine, WorkCard};
use a2d_eval::clever::Norm;
use serde::{Deserialize, Serialize};

use crate::exit::BadInput;
use crate::text_file;

const FORMAT: &str = "a2d-clever";
const VERSION: u32 = 1;

/// The card beside a table of scores: `x.csv.card.json` says where `x.csv` comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::commands) struct ScoreCard {
    format: String,
    version: u32,
    pub(in crate::commands) provenance: ScoreProvenance,
    /// The machine of the run that finished them; unknown of older ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    machine: Option<Machine>,
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
type Difference = (&'static str, String, String);

impl ScoreProvenance {
    /// What, if anything, makes scores of `other` incomparable with these. Images, targets, seed
    /// and whether all classes were looked at may differ.
    pub(in crate::commands) fn incomparable(&self, other: &Self) -> Option<Difference> {
        first_difference([
            ("model", self.model.clone(), other.model.clone()),
            ("norm", format!("{:?}", self.norm), format!("{:?}", other.norm)),
            ("radius", self.radius.to_string(), other.radius.to_string()),
            ("batches", self.batches.to_string(), other.batches.to_string()),
            ("samples", self.samples.to_string(), other.samples.to_string()),
        ])
    }
}

impl WorkCard for ScoreProvenance {
    fn difference(&self, other: &Self) -> Option<Difference> {
        self.incomparable(other).or_else(|| {
            first_difference([
                ("inputs", self.inputs.digest.clone(), other.inputs.digest.clone()),
                ("targets", self.targets.join(","), other.targets.join(",")),
                ("all classes", self.all_classes.to_string(), other.all_classes.to_string()),
                ("seed", self.seed.to_string(), other.seed.to_string()),
            ])
        })
    }
}

fn first_difference<const N: usize>(parts: [Difference; N]) -> Option<Difference> {
    parts.into_iter().find(|(_, ours, theirs)| ours != theirs)
}

impl ScoreCard {
    pub(super) fn new(provenance: ScoreProvenance, machine: Option<Machine>) -> Self {
        Self { format: FORMAT.into(), version: VERSION, provenance, machine }
    }

    /// Reads the card of the scores at `table`.
    pub(in crate::commands) fn read(table: &Path) -> anyhow::Result<Self> {
        let path = text_file::card_path(table);
        let bad = |found: String| {
            let path = path.display();
            BadInput(format!("read {path}: expected the card of CLEVER scores, {found}"))
        };
        let text =
            a2d_file::read(&path, a2d_file::MAX_TEXT).map_err(|error| bad(error.to_string()))?;
        let card: Self =
            serde_json::from_slice(&text).map_err(|error| bad(format!("found other: {error}")))?;
        if (card.format.as_str(), card.version) != (FORMAT, VERSION) {
            return Err(bad(format!("found {:?} version {}", card.format, card.version)).into());
        }
        Ok(card)
    }

    /// Writes the card beside the scores at `table`.
    pub(super) fn write(&self, table: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        text_file::write(&text_file::card_path(table), &text)
    }
}

#[cfg(test)]
pub(in crate::commands) mod tests {
    use super::*;

    pub(in crate::commands) fn provenance() -> ScoreProvenance {
        ScoreProvenance {
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
    fn scores_of_other_images_are_comparable_but_another_work() {
        let ours = provenance();
        let images = ScoreProvenance {
            inputs: InputSet { digest: "x".into(), sketches: None },
            ..provenance()
        };
        assert_eq!(ours.incomparable(&images), None);
        assert_eq!(ours.difference(&images).unwrap().0, "inputs");
        let norm = ScoreProvenance { norm: Norm::Linf, ..provenance() };
        assert_eq!(ours.incomparable(&norm), Some(("norm", "L2".into(), "Linf".into())));
        assert_eq!(ours.difference(&ours), None);
    }

    #[test]
    fn a_card_stands_beside_its_scores() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("scores.csv");
        let message = ScoreCard::read(&table).unwrap_err().to_string();
        assert!(message.contains("scores.csv.card.json"), "{message}");
        let card = ScoreCard::new(provenance(), None);
        card.write(&table).unwrap();
        assert_eq!(ScoreCard::read(&table).unwrap(), card);
        ScoreCard { version: 2, ..card }.write(&table).unwrap();
        assert!(ScoreCard::read(&table).unwrap_err().to_string().ends_with("version 2"));
    }
}
