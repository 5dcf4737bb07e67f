//! Which class an attack wants a row to get.

use std::fmt;
use std::str::FromStr;

use rand::{Rng, RngExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Which class an attack wants a row to get.
///
/// In text: `untargeted`, `second`, `rank-5`, `least-likely`, `random`, `class-3`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// Any but the row's label.
    #[default]
    Untargeted,
    /// The class with the n-th largest logit of the image before the attack, where its label counts as
    /// the first: 2 is the runner-up. Never the label.
    Rank(usize),
    /// The class other than the label with the smallest logit of the image before the attack.
    LeastLikely,
    /// A class other than the label, drawn from the row's own random stream.
    Random,
    /// This class.
    Class(usize),
}

impl Target {
    /// The class with the second largest logit, as the paper's `JSMA_d` wants it.
    pub const SECOND: Self = Self::Rank(2);

    /// Whether any class but the label will do.
    pub(crate) fn is_untargeted(self) -> bool {
        self == Self::Untargeted
    }

    /// Checks for an attack of this name that a model of so many classes has such a class.
    pub(crate) fn check(self, attack: &'static str, classes: usize) -> Result<()> {
        let (bound, got) = match self {
            Self::Rank(rank) if !(2..=classes).contains(&rank) => {
                (format!("a rank from 2 to {classes}"), rank)
            }
            Self::Class(class) if class >= classes => (format!("a class below {classes}"), class),
            _ => return Ok(()),
        };
        Err(Error::Parameter {
            attack,
            parameter: "target",
            expected: format!("of {bound}, the classes of the model"),
            got: got.to_string(),
        })
    }

    /// The class for a row with this label and these logits before the attack, one per class. Only
    /// [`Class`](Self::Class) can be the label.
    pub(crate) fn class(self, label: i64, logits: &[f64], random: &mut impl Rng) -> Option<i64> {
        match self {
            Self::Untargeted => None,
            Self::Rank(rank) => others(label, logits).get(rank - 2).copied(),
            Self::LeastLikely => others(label, logits).last().copied(),
            Self::Random => {
                let other = random.random_range(0..logits.len() as i64 - 1);
                Some(if other < label { other } else { other + 1 })
            }
            Self::Class(class) => Some(class as i64),
        }
    }
}

/// The classes but the label, the one with the largest logit first.
pub(crate) fn others(label: i64, logits: &[f64]) -> Vec<i64> {
    let mut classes: Vec<i64> = (0..logits.len() as i64).collect();
    classes.retain(|class| *class != label);
    // A stable sort: of equal logits, the lower class ranks first, as argmax has it.
    classes.sort_by(|a, b| logits[*b as usize].total_cmp(&logits[*a as usize]));
    classes
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untargeted => formatter.write_str("untargeted"),
            Self::Rank(2) => formatter.write_str("second"),
            Self::Rank(rank) => write!(formatter, "rank-{rank}"),
            Self::LeastLikely => formatter.write_str("least-likely"),
            Self::Random => formatter.write_str("random"),
            Self::Class(class) => write!(formatter, "class-{class}"),
        }
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number =
            |prefix| text.strip_prefix(prefix).and_then(|number: &str| number.parse().ok());
        match text {
            "untargeted" => Ok(Self::Untargeted),
            "second" => Ok(Self::SECOND),
            "least-likely" => Ok(Self::LeastLikely),
            "random" => Ok(Self::Random),
            _ => number("rank-")
                .filter(|rank| *rank >= 2)
                .map(Self::Rank)
                .or_else(|| number("class-").map(Self::Class))
                .ok_or_else(|| Error::UnknownName {
                    kind: "target",
                    known: "untargeted, second, rank-N (from 2), least-likely, random, class-N"
                        .to_owned(),
                    name: text.to_owned(),
                }),
        }
    }
}

impl TryFrom<String> for Target {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream;

    const LOGITS: [f64; 5] = [0.5, 3.0, -1.0, 2.0, 2.0];

    fn class(target: Target, label: i64) -> Option<i64> {
        target.class(label, &LOGITS, &mut stream::of(0, 0))
    }

    #[test]
    fn classes_are_ranked_by_their_logits() {
        assert_eq!(class(Target::Untargeted, 1), None);
        assert_eq!(class(Target::SECOND, 1), Some(3), "of equal logits, the lower class");
        assert_eq!(class(Target::Rank(3), 1), Some(4));
        assert_eq!(class(Target::LeastLikely, 1), Some(2));
        assert_eq!(class(Target::Class(4), 1), Some(4));
    }

    #[test]
    fn a_label_that_the_image_lost_is_no_target() {
        assert_eq!(class(Target::SECOND, 3), Some(1));
        assert_eq!(class(Target::Rank(3), 3), Some(4));
        assert_eq!(class(Target::LeastLikely, 2), Some(0));
        for label in 0..5 {
            let ranks = (2..=5).map(Target::Rank).chain([Target::LeastLikely, Target::Random]);
            assert!(ranks.into_iter().all(|target| class(target, label) != Some(label)));
        }
    }

    #[test]
    fn a_random_class_is_any_but_the_label() {
        for label in 0..5 {
            let drawn: Vec<_> = (0..200)
                .filter_map(|row| Target::Random.class(label, &LOGITS, &mut stream::of(7, row)))
                .collect();
            let others: Vec<_> = (0..5).filter(|class| *class != label).collect();
            assert!(!drawn.contains(&label));
            assert!(others.iter().all(|other| drawn.contains(other)), "{drawn:?}");
        }
    }

    #[test]
    fn texts_round_trip() {
        for text in ["untargeted", "second", "rank-5", "least-likely", "random", "class-0"] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        for text in ["", "third", "rank-1", "rank-", "rank--2", "class-x", "Second"] {
            let message = text.parse::<Target>().unwrap_err().to_string();
            assert!(message.contains("choose target: expected one of untargeted"), "{message}");
        }
    }

    #[test]
    fn a_class_that_the_model_lacks_is_refused() {
        assert!(Target::Rank(10).check("jsma", 10).is_ok());
        for (target, finding) in [
            (Target::Rank(11), "target of a rank from 2 to 10, the classes of the model, got 11"),
            (Target::Class(10), "target of a class below 10, the classes of the model, got 10"),
        ] {
            let message = target.check("jsma", 10).unwrap_err().to_string();
            assert!(message.contains("set up jsma") && message.contains(finding), "{message}");
        }
    }
}
