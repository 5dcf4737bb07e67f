//! Data sets whose attack parameters the paper states.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A data set whose attack parameters the paper states, in files of the form that
/// [`parse_spec`](crate::parse_spec) reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    name: &'static str,
    /// Channels of its images.
    channels: usize,
    defenses: &'static str,
    crafting: &'static str,
}

/// The preset of this name, from the files of its folder.
macro_rules! preset {
    ($name:literal, $channels:literal) => {
        Preset {
            name: $name,
            channels: $channels,
            defenses: include_str!(concat!("presets/", $name, "/defenses.toml")),
            crafting: include_str!(concat!("presets/", $name, "/crafting.toml")),
        }
    };
}

impl Preset {
    /// Handwritten digits, 28x28.
    pub const MNIST: Self = preset!("mnist", 1);

    /// Small photographs, 32x32; their parameters serve `ImageNet` too.
    pub const CIFAR10: Self = preset!("cifar10", 3);

    /// Every data set with parameters.
    pub const ALL: [Self; 2] = [Self::MNIST, Self::CIFAR10];

    /// Its name in commands and cards.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// The one for images of this shape, \[C, H, W\]: the first with as many channels, or else the last.
    pub fn for_images(shape: [usize; 3]) -> Self {
        let fitting = Self::ALL.into_iter().find(|preset| preset.channels == shape[0]);
        fitting.unwrap_or(Self::CIFAR10)
    }

    pub(super) fn defenses(self) -> &'static str {
        self.defenses
    }

    pub(super) fn crafting(self) -> &'static str {
        self.crafting
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            Error::UnknownName { kind: "data set", known, name: name.to_owned() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for preset in Preset::ALL {
            assert_eq!(preset.to_string().parse::<Preset>().unwrap(), preset);
        }
    }

    #[test]
    fn images_tell_whose_parameters_apply() {
        assert_eq!(Preset::for_images([1, 28, 28]), Preset::MNIST);
        assert_eq!(Preset::for_images([3, 32, 32]), Preset::CIFAR10);
        assert_eq!(Preset::for_images([3, 224, 224]), Preset::CIFAR10);
        assert_eq!(Preset::for_images([4, 8, 8]), Preset::CIFAR10);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = "svhn".parse::<Preset>().unwrap_err().to_string();
        assert!(message.contains("svhn") && message.contains("mnist, cifar10"), "{message}");
    }
}
