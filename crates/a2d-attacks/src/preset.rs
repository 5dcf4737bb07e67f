//! Data sets whose attack parameters the paper states.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A data set whose attack parameters the paper states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Preset {
    /// Handwritten digits, 28x28.
    Mnist,
    /// Small photographs, 32x32; their parameters serve `ImageNet` too.
    Cifar10,
}

impl Preset {
    /// Every data set with parameters.
    pub const ALL: [Self; 2] = [Self::Mnist, Self::Cifar10];

    /// Its name in commands and cards.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mnist => "mnist",
            Self::Cifar10 => "cifar10",
        }
    }

    /// The one for images of this shape, \[C, H, W\]: MNIST's for grey images, CIFAR-10's for all others.
    pub fn for_images(shape: [usize; 3]) -> Self {
        if shape[0] == 1 { Self::Mnist } else { Self::Cifar10 }
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
        assert_eq!(Preset::for_images([1, 28, 28]), Preset::Mnist);
        assert_eq!(Preset::for_images([3, 32, 32]), Preset::Cifar10);
        assert_eq!(Preset::for_images([3, 224, 224]), Preset::Cifar10);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = "svhn".parse::<Preset>().unwrap_err().to_string();
        assert!(message.contains("svhn") && message.contains("mnist, cifar10"), "{message}");
    }
}
