//! Which way a number of an input points.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which numbers look adversarial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Smaller ones: what it costs to attack an input, how far its nearest boundary is.
    #[default]
    Smaller,
    /// Larger ones: how far an input is from benign ones.
    Larger,
}

impl Sign {
    /// Its name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smaller => "smaller",
            Self::Larger => "larger",
        }
    }

    /// The number, turned so that larger means more adversarial.
    pub fn suspicion(self, number: f64) -> f64 {
        match self {
            Self::Smaller => -number,
            Self::Larger => number,
        }
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspicion_grows_as_the_sign_says() {
        assert!(Sign::Smaller.suspicion(-2.0) > Sign::Smaller.suspicion(3.0));
        assert!(Sign::Larger.suspicion(-2.0) < Sign::Larger.suspicion(3.0));
    }

    #[test]
    fn files_have_its_name() {
        for sign in [Sign::Smaller, Sign::Larger] {
            assert_eq!(serde_json::to_string(&sign).unwrap(), format!("{:?}", sign.to_string()));
        }
    }
}
