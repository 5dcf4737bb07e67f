//! Parameters of attacks by name.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Error, Result};

/// Parameters by name.
pub type Parameters = Map<String, Value>;

/// An attack of a table, of this name, with some of its parameters replaced.
pub(crate) fn replace<T: Serialize + DeserializeOwned>(
    attack: &T,
    name: &'static str,
    replaced: &Parameters,
) -> Result<T> {
    let refused = |error: serde_json::Error| Error::Parameters {
        attack: name,
        reason: error.to_string().replace('\n', " "),
    };
    let mut card = serde_json::to_value(attack).map_err(refused)?;
    if let Some(Value::Object(parameters)) = card.get_mut(name) {
        parameters.extend(replaced.clone());
    }
    serde_json::from_value(card).map_err(refused)
}
