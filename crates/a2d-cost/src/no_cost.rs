//! Inputs that an attack tells nothing of.

use serde::{Deserialize, Serialize};

/// Why an attack on an input left no cost: it neither flipped the label nor could have.
///
/// Such an input looks as robust as can be, and is not: nothing is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NoCost {
    /// Every gradient of the network that the attack asked for was exactly 0.
    #[error("its gradient is 0")]
    ZeroGradient,
    /// No step of the attack changed a pixel.
    #[error("no step moves it")]
    NeverMoved,
}

/// An input without a cost, as it stands in journals and cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unscored {
    /// The input: a path, or its row number in a file of many.
    pub input: String,
    /// The defense attack.
    pub attack: String,
    /// Why it has no cost.
    pub reason: NoCost,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unscored_input_is_a_line_that_says_why() {
        let (input, attack) = ("7.png".to_owned(), "bim".to_owned());
        let unscored = Unscored { input, attack, reason: NoCost::ZeroGradient };
        let line = serde_json::to_string(&unscored).unwrap();
        assert_eq!(line, r#"{"input":"7.png","attack":"bim","reason":"zero-gradient"}"#);
        assert_eq!(serde_json::from_str::<Unscored>(&line).unwrap(), unscored);
    }
}
