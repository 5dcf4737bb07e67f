//! The card beside a weights file.

use a2d_file::Card;
use serde::{Deserialize, Serialize};

use crate::Architecture;
use crate::training::TrainingOptions;

/// The card beside a weights file: `lenet5.safetensors.card.json` says what `lenet5.safetensors` is. The
/// fingerprint tells whether the weights are its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// What the weights belong to.
    pub architecture: Architecture,
    /// Hex SHA-256 of architecture and weights.
    pub fingerprint: String,
    /// What it was trained on.
    pub dataset: String,
    /// How it was trained.
    pub training: TrainingOptions,
    /// The command that trains it again.
    pub command: String,
    /// Share of the test images that it classifies correctly.
    pub test_accuracy: f64,
    /// Number of those test images.
    pub test_images: usize,
}

impl Card for ModelCard {
    const FORMAT: &'static str = "a2d-model";
    const VERSION: u32 = 1;
    const NAME: &'static str = "a model card";
    const ONCE_BESIDE: Option<&'static str> = Some("safetensors");
}
