//! Whether a baseline is evaluated as its paper did.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a baseline may see of the inputs that it is to score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Nothing: what it is fitted on and what it scores are disjoint.
    #[default]
    Fair,
    /// What the published evaluation let it see, leaks included.
    Published,
}

impl Protocol {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::Fair, Self::Published];

    /// Its name in commands and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fair => "fair",
            Self::Published => "published",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
