use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tch::nn;

use crate::architectures::{cifar10_cnn::Cifar10Cnn, lenet5::LeNet5, mnist_cnn::MnistCnn};
use crate::network::Network;
use crate::{Error, Result};

/// The architectures that can be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Architecture {
    /// The CNN that the paper attacks on MNIST in its first environment: two convolutions of 64
    /// filters, 3x3, a max-pool, and dense layers of 128 and 10, with dropout.
    MnistCnn,
    /// LeNet-5 with ReLU and max-pooling (`LeCun` et al. 1998), of the second environment.
    #[serde(rename = "lenet5")]
    LeNet5,
    /// The CNN that the paper attacks on CIFAR-10 in its first environment: three pairs of
    /// convolutions, 3x3, of 32, 64 and 128 filters with a max-pool after each pair, and dense layers
    /// of 1024, 512 and 10, with dropout.
    #[serde(rename = "cifar10-cnn")]
    Cifar10Cnn,
}

impl Architecture {
    /// Every architecture.
    pub const ALL: [Self; 3] = [Self::MnistCnn, Self::LeNet5, Self::Cifar10Cnn];

    /// Its name in commands and cards.
    pub fn name(self) -> &'static str {
        match self {
            Self::MnistCnn => "mnist-cnn",
            Self::LeNet5 => "lenet5",
            Self::Cifar10Cnn => "cifar10-cnn",
        }
    }

    /// Channels, height and width of its images.
    pub fn input_shape(self) -> [usize; 3] {
        match self {
            Self::MnistCnn | Self::LeNet5 => [1, 28, 28],
            Self::Cifar10Cnn => [3, 32, 32],
        }
    }

    /// Number of its classes.
    pub fn classes(self) -> usize {
        match self {
            Self::MnistCnn | Self::LeNet5 | Self::Cifar10Cnn => 10,
        }
    }

    pub(crate) fn build(self, path: &nn::Path) -> Box<dyn Network> {
        match self {
            Self::MnistCnn => Box::new(MnistCnn::new(path)),
            Self::LeNet5 => Box::new(LeNet5::new(path)),
            Self::Cifar10Cnn => Box::new(Cifar10Cnn::new(path)),
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Architecture {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|architecture| architecture.name() == name).ok_or_else(|| {
            Error::UnknownArchitecture {
                name: name.to_owned(),
                known: Self::ALL.map(Self::name).join(", "),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Classifier;
    use tch::{Device, Kind, Tensor};

    #[test]
    fn every_architecture_has_the_name_shape_and_classes_it_says() {
        for architecture in Architecture::ALL {
            assert_eq!(architecture.name().parse::<Architecture>().unwrap(), architecture);
            assert_eq!(serde_json::to_value(architecture).unwrap(), architecture.name());
            let [channels, height, width] = architecture.input_shape().map(|n| n as i64);
            let images = Tensor::zeros([3, channels, height, width], (Kind::Float, Device::Cpu));
            let logits = Classifier::untrained(architecture, 0, Device::Cpu).logits(&images);
            assert_eq!(logits.size(), [3, architecture.classes() as i64]);
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = "vgg".parse::<Architecture>().unwrap_err().to_string();
        assert!(message.contains("vgg") && message.contains("mnist-cnn, lenet5"), "{message}");
    }
}
