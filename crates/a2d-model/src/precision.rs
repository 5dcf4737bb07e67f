//! The numbers that a network, and attacks on it, compute with.

use std::str::FromStr;
use std::{env, fmt};

use tch::{Device, Kind, Tensor, nn};

use crate::{Error, Result};

/// The numbers that a network computes with, and attacks on it with theirs.
///
/// Images are float32 whatever the precision, as files hold them: every iterate of an attack is rounded
/// to that before the network sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Precision {
    /// 32 bits: what all tables of the paper are measured with. On a CUDA device only where [`NO_TF32`] says so.
    #[default]
    Float32,
    /// Float32 whose products have 10 bits of the 23 for the fraction, on a CUDA device: faster there. Costs differ.
    Tf32,
    /// 64 bits, of which rounding in another order changes so little that costs agree across processors,
    /// windows and devices; slower. Costs differ from those in 32 bits now and then.
    Float64,
    /// 16 bits, 8 of them for the fraction: faster where the processor has instructions for it. Costs
    /// differ. Gradients and logits leave the network in 32 bits.
    Bfloat16,
}

/// The variable of the environment, and its value, by which a process has CUDA's libraries compute float32 as float32
/// rather than in TF32. They read it when they start.
pub const NO_TF32: (&str, &str) = ("NVIDIA_TF32_OVERRIDE", "0");

/// Whether CUDA's libraries compute float32 as float32.
pub(crate) fn is_tf32_off() -> bool {
    let (variable, off) = NO_TF32;
    env::var(variable).is_ok_and(|value| value == off)
}

impl Precision {
    /// Every precision.
    pub const ALL: [Self; 4] = [Self::Float32, Self::Float64, Self::Bfloat16, Self::Tf32];

    /// Its name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Tf32 => "tf32",
            Self::Float64 => "float64",
            Self::Bfloat16 => "bfloat16",
        }
    }

    /// The kind of what enters the attacks' arithmetic: logits, gradients, iterates.
    pub fn kind(self) -> Kind {
        match self {
            Self::Float32 | Self::Tf32 | Self::Bfloat16 => Kind::Float,
            Self::Float64 => Kind::Double,
        }
    }

    /// The kind of the weights, and of the images as the network takes them.
    pub(crate) fn weights(self) -> Kind {
        match self {
            Self::Float32 | Self::Tf32 => Kind::Float,
            Self::Float64 => Kind::Double,
            Self::Bfloat16 => Kind::BFloat16,
        }
    }

    /// Checks that a device computes in it.
    pub(crate) fn check_on(self, device: Device) -> Result<()> {
        self.check(device, is_tf32_off())
    }

    fn check(self, device: Device, is_tf32_off: bool) -> Result<()> {
        let (variable, off) = NO_TF32;
        let (expected, got) = match (self, device) {
            (Self::Tf32, Device::Cuda(_)) if is_tf32_off => {
                (format!("no {variable} in the environment"), format!("{variable}={off}"))
            }
            (Self::Tf32, Device::Cuda(_)) => return Ok(()),
            (Self::Tf32, _) => ("a CUDA device".to_owned(), "a processor".to_owned()),
            (Self::Float32, Device::Cuda(_)) if !is_tf32_off => {
                let expected = format!("{variable}={off} in the environment as the process starts");
                (expected, "products in TF32".to_owned())
            }
            _ => return Ok(()),
        };
        Err(Error::Precision { precision: self, expected, got })
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

    #[test]
    fn names_round_trip() {
        for precision in Precision::ALL {
            assert_eq!(precision.to_string().parse::<Precision>().unwrap(), precision);
        }
        let message = "float8".parse::<Precision>().unwrap_err().to_string();
        assert!(
            message.contains("float8") && message.contains("float32, float64, bfloat16, tf32"),
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
            let classifier = untrained().with_precision(precision).unwrap();
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
                .unwrap()
        };
        let known = [Precision::Float32, Precision::Float64, Precision::Bfloat16];
        let fingerprints = known.map(|precision| {
            bfloat16().with_precision(precision).unwrap().fingerprint().to_owned()
        });
        let [float32, float64, bfloat16] = fingerprints;
        assert_eq!(
            (float64, bfloat16),
            (format!("{float32}-float64"), format!("{float32}-bfloat16"))
        );
    }

    #[test]
    fn float32_is_float32_on_every_device_and_tf32_on_cuda_alone() {
        let cuda = Device::Cuda(0);
        for (precision, device, is_tf32_off, finding) in [
            (Precision::Float32, Device::Cpu, false, None),
            (Precision::Float32, cuda, true, None),
            (Precision::Float32, cuda, false, Some("expected NVIDIA_TF32_OVERRIDE=0 in")),
            (Precision::Tf32, cuda, false, None),
            (Precision::Tf32, cuda, true, Some("expected no NVIDIA_TF32_OVERRIDE")),
            (Precision::Tf32, Device::Cpu, false, Some("expected a CUDA device, got a processor")),
            (Precision::Float64, cuda, false, None),
            (Precision::Bfloat16, cuda, false, None),
        ] {
            let checked = precision.check(device, is_tf32_off);
            let message = checked.err().map(|error| error.to_string());
            assert_eq!(message.is_some(), finding.is_some(), "{precision} {message:?}");
            let message = message.unwrap_or_default();
            assert!(message.contains(finding.unwrap_or_default()), "{message}");
        }
    }
}
