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
