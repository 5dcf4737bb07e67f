//! The file of a study.

use std::collections::BTreeMap;
use std::ops::Range;

use a2d_adaptive::{Cap, Found, Summary};
use a2d_cost::Machine;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// What is attacked, by whom, and who judges.
#[derive(Debug, Serialize)]
pub(super) struct Work {
    /// Fingerprint of the model.
    pub(super) model: String,
    /// Digest of each detector.
    pub(super) detectors: BTreeMap<String, String>,
    /// The attacks that they ask for.
    pub(super) defenses: Value,
    /// Digest of the benign images.
    pub(super) benign: String,
    /// Where the images come from, which of them are attacked, and a digest of their true classes.
    pub(super) images: String,
    pub(super) rows: Range<usize>,
    pub(super) labels: String,
    /// Parameters of each adversary.
    pub(super) adversaries: BTreeMap<String, Map<String, Value>>,
    pub(super) cap: Cap,
    pub(super) seed: u64,
}

/// A line of the journal: what an adversary found for an image.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) adversary: String,
    pub(super) found: Found,
}

/// All that was found.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    format: &'static str,
    version: u32,
    #[serde(flatten)]
    work: Work,
    machine: Machine,
    /// The score that each detector gives every benign image, where it gives one.
    benign_scores: BTreeMap<String, Vec<Option<f64>>>,
    pub(super) summary: Summary,
    /// What each adversary found.
    found: BTreeMap<String, Vec<Found>>,
}

impl Record {
    pub(super) fn new(
        work: Work,
        benign_scores: Vec<(String, Vec<Option<f64>>)>,
        found: Vec<(String, Vec<Found>)>,
        summary: Summary,
        machine: Machine,
    ) -> Self {
        let (benign_scores, found) =
            (benign_scores.into_iter().collect(), found.into_iter().collect());
        Self { format: "a2d-adaptive", version: 1, work, machine, benign_scores, summary, found }
    }
}

/// Hex SHA-256 of classes.
pub(super) fn digest(labels: &[u32]) -> String {
    let bytes: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
    hex::encode(Sha256::digest(bytes))
}
