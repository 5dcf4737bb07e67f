//! The card beside a weights file.

use std::path::{Path, PathBuf};

use a2d_cost::Machine;
use serde::{Deserialize, Serialize};

use crate::training::TrainingOptions;
use crate::{Architecture, Error, Result};

const FORMAT: &str = "a2d-model";
const VERSION: u32 = 1;

/// The card beside a weights file: `lenet5.card.json` says what `lenet5.safetensors` is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    format: String,
    version: u32,
    /// What the weights belong to.
    pub architecture: Architecture,
    /// Hex SHA-256 of architecture and weights.
    pub fingerprint: String,
    /// The images that it was trained on.
    pub dataset: String,
    /// How it was trained.
    pub training: TrainingOptions,
    /// The command that trains it again.
    pub command: String,
    /// Share of the test images that it classifies correctly.
    pub test_accuracy: f64,
    /// Number of those test images.
    pub test_images: usize,
    /// What it was trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
}

impl ModelCard {
    /// The card of a trained classifier.
    pub fn new(
        fingerprint: &str,
        dataset: &str,
        training: TrainingOptions,
        command: String,
        (test_accuracy, test_images): (f64, usize),
    ) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION,
            architecture: training.architecture,
            fingerprint: fingerprint.into(),
            dataset: dataset.into(),
            training,
            command,
            test_accuracy,
            test_images,
            machine: None,
        }
    }

    /// Where the card of the weights at `weights` lies.
    pub fn path(weights: &Path) -> PathBuf {
        weights.with_extension("card.json")
    }

    /// Reads the card of the weights at `weights`, if there is one.
    ///
    /// # Errors
    /// [`Error::Read`] if the card cannot be read; [`Error::Malformed`] if it is not one.
    pub fn read(weights: &Path) -> Result<Option<Self>> {
        let path = Self::path(weights);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::read(&path)(error)),
        };
        let malformed =
            |expected: String, found| Error::Malformed { path: path.clone(), expected, found };
        let card: Self = serde_json::from_slice(&text)
            .map_err(|error| malformed("a model card".into(), error.to_string()))?;
        if (card.format.as_str(), card.version) != (FORMAT, VERSION) {
            let found = format!("{:?} version {}", card.format, card.version);
            return Err(malformed(format!("format {FORMAT:?} version {VERSION}"), found));
        }
        Ok(Some(card))
    }

    /// Writes the card beside the weights at `weights`.
    ///
    /// # Errors
    /// [`Error::Write`] if the file cannot be written.
    pub fn write(&self, weights: &Path) -> Result<()> {
        let path = Self::path(weights);
        let write = |file: &mut dyn std::io::Write| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            file.write_all(b"\n")
        };
        a2d_file::write(&path, write).map_err(Error::write(&path))
    }
}
