//! The card beside a weights file, which says what the weights are.

use std::path::{Path, PathBuf};

use a2d_cost::Machine;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Blueprint, Error, Result};

const FORMAT: &str = "a2d-model";
const VERSION: u32 = 1;

/// The card beside a weights file: `lenet5.card.json` says what `lenet5.safetensors` is.
///
/// Only the model must be said; the rest is known where a model was trained here. A card for weights from elsewhere
/// may be as short as `{"format": "a2d-model", "version": 1, "architecture": "resnet18"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    format: String,
    version: u32,
    /// What the weights belong to.
    #[serde(flatten)]
    pub model: Blueprint,
    /// Hex SHA-256 of model and weights; weights with another one are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// What it was trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// How it was trained: [`TrainingOptions`](crate::training::TrainingOptions), or what another trainer says.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub training: Map<String, Value>,
    /// The command that trains it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Share of the test images that it classifies correctly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_accuracy: Option<f64>,
    /// Number of those test images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_images: Option<usize>,
    /// The machine that it was trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
}

impl ModelCard {
    /// The card of a model with this fingerprint; how it was trained can be filled in.
    pub fn new(model: Blueprint, fingerprint: &str) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION,
            model,
            fingerprint: Some(fingerprint.into()),
            dataset: None,
            training: Map::new(),
            command: None,
            test_accuracy: None,
            test_images: None,
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
        let text = match a2d_file::read(&path, a2d_file::MAX_TEXT) {
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
