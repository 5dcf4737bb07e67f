//! Architectures by name: families of networks and their members.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tch::nn;

use crate::architectures::FAMILIES;
use crate::{Error, Network, Result};

/// A kind of network that can be built for images of any shape and any number of classes.
///
/// Those of this crate are found by their names. One of another crate is made from its [`Family`] and is used
/// in the same way; only cards cannot name it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Architecture {
    family: &'static Family,
    numbers: [u32; 2],
}

/// Networks that differ in no more than numbers, such as depth and width.
///
/// ```
/// use a2d_model::{Architecture, Classifier, Dimensions, Family, Forward, Network, Result};
/// use tch::nn::{self, Module};
/// use tch::{Device, Tensor};
///
/// #[derive(Debug)]
/// struct Dense(nn::Linear);
///
/// impl Network for Dense {
///     fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
///         Ok(pass.tap("dense", self.0.forward(&images.flatten(1, -1))))
///     }
/// }
///
/// static DENSE: Family = Family {
///     name: "dense",
///     numbers: None,
///     input_shape: [1, 28, 28],
///     classes: 10,
///     least_side: 1,
///     build: |path, dimensions, _| {
///         let Dimensions { channels, height, width, classes } = dimensions;
///         let elements = channels * height * width;
///         Box::new(Dense(nn::linear(path / "dense", elements, classes, Default::default())))
///     },
/// };
/// let classifier = Classifier::untrained(Architecture::of(&DENSE), 0, Device::Cpu);
/// assert_eq!(classifier.name(), "dense");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The name in commands and cards; words in capitals stand for the numbers, as in `wrn-DEPTH-WIDTH`.
    pub name: &'static str,
    /// The numbers in the name, if there are any.
    pub numbers: Option<Numbers>,
    /// Channels, height and width of the images, where nothing else is said.
    pub input_shape: [usize; 3],
    /// Number of classes, where nothing else is said.
    pub classes: usize,
    /// The least height and width that its layers leave something of.
    pub least_side: usize,
    /// Builds the member with these numbers.
    pub build: fn(&nn::Path<'_>, Dimensions, [u32; 2]) -> Box<dyn Network>,
}

/// The numbers in the names of a family, one or two.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    /// What they may be, in words.
    pub rule: &'static str,
    /// Whether they may be these; without a second, it is 0.
    pub allowed: fn([u32; 2]) -> bool,
    /// The numbers of a small member, for tests.
    pub example: [u32; 2],
}

/// The sizes that a network is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimensions {
    /// Channels of its images.
    pub channels: i64,
    /// Their height in pixels.
    pub height: i64,
    /// Their width in pixels.
    pub width: i64,
    /// Number of its classes.
    pub classes: i64,
}

impl Architecture {
    /// The only member of a family without numbers, or the small one of another.
    pub const fn of(family: &'static Family) -> Self {
        let numbers = match &family.numbers {
            Some(numbers) => numbers.example,
            None => [0; 2],
        };
        Self { family, numbers }
    }

    /// The member of a family with this name, if there is one.
    fn member(family: &'static Family, name: &str) -> Option<Self> {
        let Some(rule) = &family.numbers else {
            return (family.name == name).then_some(Self::of(family));
        };
        let (mut numbers, mut place) = ([0; 2], 0);
        let (mut words, mut parts) = (family.name.split('-'), name.split('-'));
        loop {
            match (words.next(), parts.next()) {
                (None, None) => break,
                (Some(word), Some(part)) if is_number(word) => {
                    *numbers.get_mut(place)? = part.parse().ok()?;
                    place += 1;
                }
                (word, part) if word == part => (),
                _ => return None,
            }
        }
        let member = Self { family, numbers };
        // A number can be written in several ways, a name in one.
        ((rule.allowed)(numbers) && member.to_string() == name).then_some(member)
    }

    /// One member of every family of this crate.
    pub fn examples() -> impl Iterator<Item = Self> {
        FAMILIES.iter().map(|family| Self::of(family))
    }

    /// The names there are, and what the numbers in them may be.
    pub fn known() -> String {
        let names = FAMILIES.iter().map(|family| match &family.numbers {
            Some(numbers) => format!("{} ({})", family.name, numbers.rule),
            None => family.name.to_owned(),
        });
        names.collect::<Vec<_>>().join(", ")
    }

    /// Channels, height and width of its images, where nothing else is said.
    pub fn input_shape(self) -> [usize; 3] {
        self.family.input_shape
    }

    /// Number of its classes, where nothing else is said.
    pub fn classes(self) -> usize {
        self.family.classes
    }

    /// The least height and width of its images.
    pub(crate) fn least_side(self) -> usize {
        self.family.least_side
    }

    pub(crate) fn build(self, path: &nn::Path<'_>, dimensions: Dimensions) -> Box<dyn Network> {
        (self.family.build)(path, dimensions, self.numbers)
    }
}

/// Whether a word of a family's name stands for a number.
fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_uppercase())
}

impl PartialEq for Architecture {
    fn eq(&self, other: &Self) -> bool {
        self.family.name == other.family.name && self.numbers == other.numbers
    }
}

impl Eq for Architecture {}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut numbers = self.numbers.into_iter();
        let words = self.family.name.split('-').map(|word| {
            let number = if is_number(word) { numbers.next() } else { None };
            number.map_or_else(|| word.to_owned(), |number| number.to_string())
        });
        formatter.write_str(&words.collect::<Vec<_>>().join("-"))
    }
}

impl From<Architecture> for String {
    fn from(architecture: Architecture) -> Self {
        architecture.to_string()
    }
}

impl TryFrom<String> for Architecture {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        name.parse()
    }
}

impl FromStr for Architecture {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = FAMILIES.iter().find_map(|family| Self::member(family, name));
        found.ok_or_else(|| Error::UnknownArchitecture {
            name: name.to_owned(),
            known: Self::known(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_their_architecture() {
        for name in [
            "mnist-cnn",
            "lenet5",
            "lenet4",
            "cifar10-cnn",
            "googlenet",
            "googlenet-half",
            "resnet18",
            "resnet50",
            "resnet101",
            "efficientnet-lite0",
            "wrn-16-4",
            "wrn-28-10",
        ] {
            let architecture: Architecture = name.parse().unwrap();
            assert_eq!(architecture.to_string(), name);
            assert_eq!(serde_json::to_value(architecture).unwrap(), name);
        }
        for architecture in Architecture::examples() {
            assert_eq!(architecture.to_string().parse::<Architecture>().unwrap(), architecture);
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        for name in [
            "vgg",
            "",
            "wrn",
            "wrn-16",
            "wrn-16-4-2",
            "wrn-16-x",
            "wrn-016-4",
            "wrn-17-4",
            "wrn-16-0",
        ] {
            let message = name.parse::<Architecture>().unwrap_err().to_string();
            assert!(message.contains("mnist-cnn, lenet5"), "{message}");
            assert!(message.contains("wrn-DEPTH-WIDTH (depth 6n + 4"), "{message}");
            assert!(message.ends_with(&format!("got {name:?}")), "{message}");
        }
    }
}
