//! What stands in a detector file behind its header.

use serde::{Deserialize, Serialize, Serializer};

use super::SavedDetector;
use crate::detector::Document;
use crate::{Detect as _, Detector, Error, Kinds, Provenance, Result, Unit};

/// What is read, before it is known whether the program knows the kind of the detector.
#[derive(Deserialize)]
pub(super) struct Unread {
    attacks: Vec<String>,
    #[serde(default)]
    unit: Unit,
    provenance: Option<Provenance>,
    detector: Document,
}

impl Unread {
    /// The kind of the detector, if it is none of these.
    pub(super) fn stranger(&self, kinds: &Kinds) -> Option<&str> {
        self.detector.kind().filter(|kind| !kinds.knows(kind))
    }

    pub(super) fn read(self, kinds: &Kinds) -> Result<SavedDetector> {
        let Self { attacks, unit, provenance, detector } = self;
        let saved = SavedDetector { attacks, unit, provenance, detector: detector.read(kinds)? };
        saved.check()?;
        Ok(saved)
    }
}

impl TryFrom<Unread> for SavedDetector {
    type Error = Error;

    fn try_from(unread: Unread) -> Result<Self> {
        unread.read(&Kinds::new())
    }
}

/// What is written. Scores have no unit.
#[derive(Serialize)]
struct Fields<'a> {
    attacks: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<Unit>,
    provenance: Option<&'a Provenance>,
    detector: &'a Detector,
}

impl Serialize for SavedDetector {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let Self { attacks, unit, provenance, detector } = self;
        let unit = detector.numbers().are_costs().then_some(*unit);
        Fields { attacks, unit, provenance: provenance.as_ref(), detector }.serialize(serializer)
    }
}
