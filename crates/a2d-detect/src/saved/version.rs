//! What tells detector files from others, and from those of other versions.

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) const FORMAT: &str = "a2d-detector";
pub(super) const NEWEST: u32 = 3;

/// How a file begins.
#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: String,
    pub(super) version: u32,
}

impl Header {
    pub(super) fn newest() -> Self {
        Self { format: FORMAT.into(), version: NEWEST }
    }
}

/// True for a file before version 3 whose calibration is by another rule for ties than the detector's.
pub(super) fn is_by_earlier_rule(file: &Value) -> bool {
    file.pointer("/detector/conformal/detector/knn").is_some()
}

/// Adds what a file of version 2 leaves unsaid: the scores of the inputs it was fitted on are not known.
pub(super) fn upgrade_from_2(mut file: Value) -> Value {
    for place in ["/detector/z_score", "/detector/conformal/detector/z_score"] {
        if let Some(object) = file.pointer_mut(place).and_then(Value::as_object_mut) {
            object.insert("fitted_scores".into(), Value::Null);
        }
    }
    file
}

/// Adds what a file of version 1 leaves unsaid: its costs are iterations, its z-scores look for low costs,
/// its neighbours decide by majority.
pub(super) fn upgrade_from_1(mut file: Value) -> Value {
    let additions = [
        ("", "unit", Value::from("iterations")),
        ("/detector/z_score", "tails", "lower".into()),
        ("/detector/knn", "threshold", 0.5.into()),
    ];
    for (place, name, value) in additions {
        if let Some(object) = file.pointer_mut(place).and_then(Value::as_object_mut) {
            object.insert(name.into(), value);
        }
    }
    file
}
