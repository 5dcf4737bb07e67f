//! The card beside a weights file, which says what the weights are.

use a2d_cost::Machine;
use a2d_file::Card;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Blueprint;

/// The card beside a weights file: `lenet5.safetensors.card.json` says what `lenet5.safetensors` is. The
/// fingerprint tells whether the weights are its own.
///
/// Only the model must be said; the rest is known where a model was trained here. A card for weights from elsewhere
/// may be as short as `{"format": "a2d-model", "version": 1, "architecture": "resnet18"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
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
}

impl Card for ModelCard {
    const FORMAT: &'static str = "a2d-model";
    const VERSION: u32 = 1;
    const NAME: &'static str = "a model card";
    const ONCE_BESIDE: Option<&'static str> = Some("safetensors");
}
