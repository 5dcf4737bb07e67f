//! Data sets whose attack parameters the paper states.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A data set whose attack parameters the paper states, in files of the form that
/// [`parse_spec`](crate::parse_spec) reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    name: &'static str,
    /// Channels, height and width of its images.
    shape: [usize; 3],
    /// Those of the preset that it is like, and then its own, which replace them one by one.
    defenses: &'static [&'static str],
    crafting: &'static [&'static str],
}

/// A file of a preset's folder.
macro_rules! file {
    ($name:literal, $file:literal) => {
        include_str!(concat!("presets/", $name, "/", $file, ".toml"))
    };
}

/// The preset of this name for images of this shape, like others where they are named, from the files of its folder.
macro_rules! preset {
    ($name:literal, $shape:expr $(, $like:literal)*) => {
        Preset {
            name: $name,
            shape: $shape,
            defenses: &[$(file!($like, "defenses"),)* file!($name, "defenses")],
            crafting: &[$(file!($like, "crafting"),)* file!($name, "crafting")],
        }
    };
}

impl Preset {
    /// Handwritten digits, 28x28.
    pub const MNIST: Self = preset!("mnist", [1, 28, 28]);

    /// Small photographs, 32x32.
    pub const CIFAR10: Self = preset!("cifar10", [3, 32, 32]);

    /// Photographs, 224x224.
    pub const IMAGENET: Self = preset!("imagenet", [3, 224, 224], "cifar10");

    /// Every data set with parameters.
    pub const ALL: [Self; 3] = [Self::MNIST, Self::CIFAR10, Self::IMAGENET];

    /// Its name in commands and cards.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// The one for images of this shape, \[C, H, W\]: that of such images, or else the first of those with as many
    /// channels, or else that of CIFAR-10.
    pub fn for_images(shape: [usize; 3]) -> Self {
        let first = |fits: &dyn Fn(&Self) -> bool| Self::ALL.into_iter().find(fits);
        first(&|preset| preset.shape == shape)
            .or_else(|| first(&|preset| preset.shape[0] == shape[0]))
            .unwrap_or(Self::CIFAR10)
    }

    pub(super) fn defenses(self) -> &'static [&'static str] {
        self.defenses
    }

    pub(super) fn crafting(self) -> &'static [&'static str] {
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
        assert_eq!(Preset::for_images([3, 224, 224]), Preset::IMAGENET);
        assert_eq!(Preset::for_images([3, 64, 64]), Preset::CIFAR10);
        assert_eq!(Preset::for_images([1, 224, 224]), Preset::MNIST);
        assert_eq!(Preset::for_images([4, 8, 8]), Preset::CIFAR10);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = "svhn".parse::<Preset>().unwrap_err().to_string();
        assert!(
            message.contains("svhn") && message.contains("mnist, cifar10, imagenet"),
            "{message}"
        );
    }
}
