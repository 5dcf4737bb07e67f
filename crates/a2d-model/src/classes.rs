//! The classes of a model: their number or their names.

use serde::{Deserialize, Serialize};

/// The classes that a model tells apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Classes {
    /// So many classes without names.
    Number(usize),
    /// The name of each class, in the order of the logits.
    Names(Vec<String>),
}

impl Classes {
    /// How many there are.
    pub fn number(&self) -> usize {
        match self {
            Self::Number(number) => *number,
            Self::Names(names) => names.len(),
        }
    }

    /// The name of a class, where it has one.
    pub fn name(&self, class: usize) -> Option<&str> {
        match self {
            Self::Number(_) => None,
            Self::Names(names) => names.get(class).map(String::as_str),
        }
    }
}
