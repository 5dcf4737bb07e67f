//! The numbers that a network computes with.

use std::fmt;
use std::str::FromStr;

use tch::{Kind, Tensor, nn};

use crate::{Error, Result};

/// The numbers that a network computes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Precision {
    /// 32 bits: what all costs and tables are measured with.
    #[default]
    Float32,
    /// 16 bits, 8 of them for the fraction: faster where the processor has instructions for it. Costs
    /// differ, so the weights have another fingerprint.
    Bfloat16,
}

impl Precision {
    /// Every precision.
    pub const ALL: [Self; 2] = [Self::Float32, Self::Bfloat16];

    /// Its name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Bfloat16 => "bfloat16",
        }
    }

    /// Rounds weights to it.
    pub(crate) fn round(self, variables: &mut nn::VarStore) {
        match self {
            Self::Float32 => (),
            Self::Bfloat16 => tch::no_grad(|| variables.bfloat16()),
        }
    }

    /// The images in it, part of the same graph.
    pub(crate) fn of(self, images: &Tensor) -> Tensor {
        match self {
            Self::Float32 => images.shallow_clone(),
            Self::Bfloat16 => images.to_kind(Kind::BFloat16),
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Precision {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|precision| precision.name() == name).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            Error::UnknownPrecision { name: name.to_owned(), known }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Architecture, Classifier};
    use tch::Device;

    #[test]
    fn names_round_trip() {
        for precision in Precision::ALL {
            assert_eq!(precision.to_string().parse::<Precision>().unwrap(), precision);
        }
        let message = "float8".parse::<Precision>().unwrap_err().to_string();
        assert!(message.contains("float8") && message.contains("float32, bfloat16"), "{message}");
    }

    #[test]
    fn bfloat16_is_close_to_float32_and_another_model() {
        let images = Tensor::arange(4 * 784, (Kind::Float, Device::Cpu)).sin().abs();
        let images = images.view([4, 1, 28, 28]).set_requires_grad(true);
        let untrained = Classifier::untrained(Architecture::MNIST_CNN, 0, Device::Cpu);
        let fingerprint = untrained.fingerprint().to_owned();
        let whole = untrained.with_precision(Precision::Float32);
        assert_eq!(whole.fingerprint(), fingerprint);
        let expected = whole.logits(&images);
        let rounded = whole.with_precision(Precision::Bfloat16);
        assert_ne!(rounded.fingerprint(), fingerprint);

        let logits = rounded.logits(&images);
        assert_eq!(logits.kind(), Kind::Float);
        assert!(logits.allclose(&expected, 0.05, 0.01, false));
        let loss = logits.select(1, 0).sum(Kind::Float);
        let gradient = Tensor::run_backward(&[loss], &[images], false, false).remove(0);
        assert_eq!(gradient.kind(), Kind::Float);
        assert!(gradient.abs().max().double_value(&[]) > 0.0);
    }
}
