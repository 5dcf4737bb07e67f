//! What an attack on an input cost.

use std::fmt;

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// What one attack on one input cost.
///
/// | the attack | `iterations` | `flipped` | `censored` | the cost is |
/// |---|---|---|---|---|
/// | flipped the label | steps to the flip | true | false | `iterations` |
/// | foretold its flip, without the steps | their number | true | false | `iterations`, by its estimate |
/// | has no further step | its cap | false | false | at least `iterations` |
/// | was stopped by a budget | the budget | false | true | more than `iterations` |
///
/// Whether an attack in vain ran to its cap or gave up before makes no difference: an input that a search
/// gives up on is not cheap to attack. What that took is in the queries and seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttackCost {
    /// Update steps applied until the predicted label flipped (1 = flipped by the first step). Where it
    /// did not, the attack's cap, or the budget that stopped it before.
    pub iterations: u32,
    /// The label flipped, or would by what the attack foretells: `iterations` is the cost. Where it did not, the cost is at least that.
    pub flipped: bool,
    /// A budget stopped the attack before its cap: whether further steps flip the label is not known.
    pub censored: bool,
    /// Gradients of the network that were computed for this input.
    pub gradient_queries: u32,
    /// Forward passes of the network that were computed for this input.
    pub forward_queries: u32,
    /// Wall time in seconds: the input's equal share of each step of the window it was in.
    pub seconds: f64,
}

/// The cost of one attack on one named input: a line of a cost file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Line", into = "Line")]
pub struct CostRow {
    /// The input: a path, or its row number in a file of many.
    pub input: String,
    /// The defense attack, such as `bim`.
    pub attack: String,
    /// What the attack cost.
    pub cost: AttackCost,
}

impl CostRow {
    /// The cost of `attack` on `input`.
    pub fn new(input: impl Into<String>, attack: impl Into<String>, cost: AttackCost) -> Self {
        Self { input: input.into(), attack: attack.into(), cost }
    }
}

/// A row as it stands in files. The csv crate cannot read a flattened struct, so it is spelled out.
#[derive(Serialize, Deserialize)]
struct Line {
    input: String,
    attack: String,
    iterations: u32,
    #[serde(deserialize_with = "truth")]
    flipped: bool,
    #[serde(deserialize_with = "truth")]
    censored: bool,
    gradient_queries: u32,
    forward_queries: u32,
    seconds: f64,
}

/// `true` or `false`, also as Python (`True`) and Excel (`TRUE`) write them.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    struct Truth;

    impl Visitor<'_> for Truth {
        type Value = bool;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("true or false")
        }

        fn visit_bool<E>(self, truth: bool) -> Result<bool, E> {
            Ok(truth)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<bool, E> {
            match text {
                "true" | "True" | "TRUE" => Ok(true),
                "false" | "False" | "FALSE" => Ok(false),
                _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
            }
        }
    }

    deserializer.deserialize_any(Truth)
}

impl From<Line> for CostRow {
    fn from(line: Line) -> Self {
        Self {
            input: line.input,
            attack: line.attack,
            cost: AttackCost {
                iterations: line.iterations,
                flipped: line.flipped,
                censored: line.censored,
                gradient_queries: line.gradient_queries,
                forward_queries: line.forward_queries,
                seconds: line.seconds,
            },
        }
    }
}

impl From<CostRow> for Line {
    fn from(CostRow { input, attack, cost }: CostRow) -> Self {
        Self {
            input,
            attack,
            iterations: cost.iterations,
            flipped: cost.flipped,
            censored: cost.censored,
            gradient_queries: cost.gradient_queries,
            forward_queries: cost.forward_queries,
            seconds: cost.seconds,
        }
    }
}
