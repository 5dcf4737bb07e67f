//! The numbers that a network, and attacks on it, compute with.

use std::fmt;
use std::str::FromStr;

use tch::{Kind, Tensor, nn};

use crate::{Error, Result};

/// The numbers that a network computes with, and attacks on it with theirs.
///
/// Images are float32 whatever the precision, as files hold them: every iterate of an attack is rounded
/// to that before the network sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Precision {
    /// 32 bits: what all tables of the paper are measured with.
    #[default]
    Float32,
    /// 64 bits, of which rounding in another order changes so little that costs agree across processors,
    /// windows and devices; slower. Costs differ from those in 32 bits now and then.
    Float64,
    /// 16 bits, 8 of them for the fraction: faster where the processor has instructions for it. Costs
    /// differ. Gradients and logits leave the network in 32 bits.
    Bfloat16,
}

impl Precision {
    /// Every precision.
    pub const ALL: [Self; 3] = [Self::Float32, Self::Float64, Self::Bfloat16];

    /// Its name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Bfloat16 => "bfloat16",
        }
    }

    /// The kind of what enters the attacks' arithmetic: logits, gradients, iterates.
    pub fn kind(self) -> Kind {
        match self {
            Self::Float32 | Self::Bfloat16 => Kind::Float,
            Self::Float64 => Kind::Double,
        }
    }

    /// The kind of the weights, and of the images as the network takes them.
    pub(crate) fn weights(self) -> Kind {
        match self {
            Self::Float32 => Kind::Float,
            Self::Float64 => Kind::Double,
            Self::Bfloat16 => Kind::BFloat16,
        }
    }

    /// Puts weights into it.
    pub(crate) fn round(self, variables: &mut nn::VarStore) {
        tch::no_grad(|| variables.set_kind(self.weights()));
    }

    /// The images as the network takes them, part of the same graph.
    pub(crate) fn of(self, images: &Tensor) -> Tensor {
        images.to_kind(self.weights())
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
        assert!(
            message.contains("float8") && message.contains("float32, float64, bfloat16"),
            "{message}"
        );
    }

    #[test]
    fn another_precision_is_close_to_float32_and_another_model() {
        let images = Tensor::arange(4 * 784, (Kind::Float, Device::Cpu)).sin().abs();
        let images = images.view([4, 1, 28, 28]).set_requires_grad(true);
        let untrained = || Classifier::untrained(Architecture::MNIST_CNN, 0, Device::Cpu);
        let fingerprint = untrained().fingerprint().to_owned();
        let expected = untrained().logits(&images).unwrap();
        for (precision, relative, absolute) in [
            (Precision::Float32, 0.0, 0.0),
            (Precision::Float64, 1e-4, 1e-6),
            (Precision::Bfloat16, 0.05, 0.01),
        ] {
            let classifier = untrained().with_precision(precision);
            assert_eq!(classifier.precision(), precision);
            let is_same = classifier.fingerprint() == fingerprint;
            assert_eq!(is_same, precision == Precision::Float32, "{precision}");
            let logits = classifier.logits(&images).unwrap();
            assert_eq!(logits.kind(), precision.kind());
            let logits = logits.to_kind(Kind::Float);
            assert!(logits.allclose(&expected, relative, absolute, false), "{precision}");
            let loss = logits.select(1, 0).sum(Kind::Float);
            let gradient = Tensor::run_backward(&[loss], &[&images], false, false).remove(0);
            assert!(gradient.abs().max().double_value(&[]) > 0.0, "{precision}");
        }
    }

    #[test]
    fn weights_that_a_precision_holds_exactly_still_make_another_model() {
        let bfloat16 = || {
            Classifier::untrained(Architecture::LENET5, 0, Device::Cpu)
                .with_precision(Precision::Bfloat16)
        };
        let fingerprints = Precision::ALL
            .map(|precision| bfloat16().with_precision(precision).fingerprint().to_owned());
        let [float32, float64, bfloat16] = fingerprints;
        assert_eq!(
            (float64, bfloat16),
            (format!("{float32}-float64"), format!("{float32}-bfloat16"))
        );
    }
}
