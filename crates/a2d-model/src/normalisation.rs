//! Normalisation of images: a part of the model, so that attacks and detectors never see it.

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::{Error, Result};

/// What is subtracted from each channel of images in \[0, 1\], and what they are divided by afterwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalisation {
    /// The mean of each channel, or one for all.
    pub mean: Vec<f64>,
    /// The standard deviation of each channel, or one for all; above 0.
    pub std: Vec<f64>,
}

impl Normalisation {
    /// The data sets whose mean and deviations are known by name, computed over their training images in \[0, 1\].
    ///
    /// ImageNet's are those of torchvision's models, CIFAR-10's the deviations of all pixels of a channel (others
    /// divide by the mean deviation within an image, about 0.2), MNIST's those of PyTorch's examples.
    pub const KNOWN: [(&'static str, &'static [f64], &'static [f64]); 3] = [
        ("imagenet", &[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225]),
        ("cifar10", &[0.4914, 0.4822, 0.4465], &[0.2470, 0.2435, 0.2616]),
        ("mnist", &[0.1307], &[0.3081]),
    ];

    /// The normalisation that is usual for a data set, one of [`KNOWN`](Self::KNOWN).
    ///
    /// # Errors
    /// [`Error::Blueprint`] if none is known by this name.
    pub fn of_data_set(name: &str) -> Result<Self> {
        let known = Self::KNOWN.into_iter().find(|(known, ..)| *known == name);
        let of = |(_, mean, std): (_, &[f64], &[f64])| Self { mean: mean.into(), std: std.into() };
        known.map(of).ok_or_else(|| Error::Blueprint {
            part: "normalisation",
            expected: format!("one of {}", Self::KNOWN.map(|(name, ..)| name).join(", ")),
            got: format!("{name:?}"),
        })
    }

    /// What is to be done to images whose 0 and 1 stand for these values of each channel, of which this is what would
    /// be done to the values themselves.
    pub(crate) fn after(&self, black: &[f64], white: &[f64]) -> Self {
        let at = |values: &[f64], channel: usize| values[channel % values.len()];
        let (mean, std) = black
            .iter()
            .zip(white)
            .enumerate()
            .map(|(channel, (black, white))| {
                let width = white - black;
                ((at(&self.mean, channel) - black) / width, at(&self.std, channel) / width)
            })
            .unzip();
        Self { mean, std }
    }

    /// Checks that there are finite values for so many channels, or one for all, and that deviations are above 0.
    ///
    /// # Errors
    /// [`Error::Blueprint`] if not.
    pub(crate) fn check(&self, channels: usize) -> Result<()> {
        // Computed in float32, where smaller deviations would be zeros.
        let sound = |(mean, std): (&f64, &f64)| mean.is_finite() && *std >= 1e-6 && std.is_finite();
        let lengths = [self.mean.len(), self.std.len()];
        let fits = lengths == [channels; 2] || lengths == [1; 2];
        if fits && self.mean.iter().zip(&self.std).all(sound) {
            return Ok(());
        }
        Err(Error::Blueprint {
            part: "normalisation",
            expected: format!("{channels} means and {channels} deviations of at least 1e-6"),
            got: format!("means {:?} and deviations {:?}", self.mean, self.std),
        })
    }

    /// All that decides what it does.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.mean.iter().chain(&self.std).flat_map(|value| value.to_le_bytes()).collect()
    }
}

/// A normalisation on the device of its model.
#[derive(Debug)]
pub(crate) struct Normaliser {
    mean: Tensor,
    std: Tensor,
}

impl Normaliser {
    pub(crate) fn new(normalisation: &Normalisation, device: Device) -> Self {
        let channels =
            |values: &[f64]| Tensor::from_slice(values).view([1, -1, 1, 1]).to_device(device);
        Self { mean: channels(&normalisation.mean), std: channels(&normalisation.std) }
    }

    /// The images normalised, in their own precision, part of the same graph.
    pub(crate) fn apply(&self, images: &Tensor) -> Tensor {
        let kind = images.kind();
        (images - self.mean.to_kind(kind)) / self.std.to_kind(kind)
    }
}

/// The images as a network from elsewhere gets them: its own, since it may write into them.
pub(crate) fn for_foreign(normaliser: Option<&Normaliser>, images: &Tensor) -> Tensor {
    normaliser.map_or_else(|| images.copy(), |normaliser| normaliser.apply(images))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_normalised_each_by_its_own() {
        let normalisation = Normalisation { mean: vec![0.5, 0.25], std: vec![0.5, 0.125] };
        let images = Tensor::from_slice(&[0.0f32, 1.0, 0.25, 0.5]).view([1, 2, 2, 1]);
        let normalised = Normaliser::new(&normalisation, Device::Cpu).apply(&images);
        assert_eq!(normalised, Tensor::from_slice(&[-1.0f32, 1.0, 0.0, 2.0]).view([1, 2, 2, 1]));
    }

    #[test]
    fn values_that_cannot_be_are_refused() {
        let check = |mean: &[f64], std: &[f64]| {
            Normalisation { mean: mean.to_vec(), std: std.to_vec() }.check(2)
        };
        assert!(check(&[0.0, 0.5], &[1.0, 0.2]).is_ok());
        for (mean, std) in [
            (&[0.0][..], &[1.0, 1.0][..]),
            (&[0.0; 2], &[1.0; 3]),
            (&[0.0; 2], &[1.0, 0.0]),
            (&[0.0; 2], &[1.0, -1.0]),
            (&[f64::NAN, 0.0], &[1.0; 2]),
            (&[0.0; 2], &[f64::INFINITY, 1.0]),
        ] {
            let message = check(mean, std).unwrap_err().to_string();
            assert!(message.contains("2 means and 2 deviations"), "{message}");
        }
    }
}
