//! Random flips and shifts of training images.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use super::Examples;
use crate::{Classifier, Result};

/// The longest shift along either side, in pixels.
const SHIFT: i64 = 4;

/// Where the streams of augmentation begin, beyond those of the order, which the epoch numbers.
const STREAMS: u64 = 1 << 32;

/// Random flips and shifts, drawn anew in each epoch.
///
/// Every image is flipped left to right or not, and shifted by up to 4 pixels down or up and right or
/// left. What comes in at the border is the image mirrored there (K. He et al., "Deep Residual
/// Learning for Image Recognition", 2016, section 4.2, but with mirrored pixels for zeros).
#[derive(Debug)]
pub(super) struct Augmentation {
    random: ChaCha8Rng,
}

impl Augmentation {
    pub(super) fn of(seed: u64, epoch: u32) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(STREAMS + u64::from(epoch));
        Self { random }
    }

    /// The images, \[N, C, H, W\], each changed in its own way.
    ///
    /// A pixel of the result is one of the image, so all of them are fetched at once by their places.
    fn changed(&mut self, images: &Tensor) -> Tensor {
        let [count, channels, height, width] = [0, 1, 2, 3].map(|side| images.size()[side]);
        let (mut lines, mut columns) = (vec![], vec![]);
        for _ in 0..count {
            let [down, right] = [0; 2].map(|_| self.random.random_range(-SHIFT..=SHIFT));
            let flipped = self.random.random();
            lines.extend((0..height).map(|line| mirrored(line - down, height)));
            columns.extend((0..width).map(|column| {
                let column = mirrored(column - right, width);
                if flipped { width - 1 - column } else { column }
            }));
        }
        let places = |values: &[i64]| Tensor::from_slice(values).to_device(images.device());
        let counted = |to| places(&(0..to).collect::<Vec<_>>());
        images.index(&[
            Some(counted(count).view([count, 1, 1, 1])),
            Some(counted(channels).view([1, channels, 1, 1])),
            Some(places(&lines).view([count, 1, height, 1])),
            Some(places(&columns).view([count, 1, 1, width])),
        ])
    }
}

impl Default for Augmentation {
    /// Before any epoch.
    fn default() -> Self {
        Self::of(0, 0)
    }
}

impl Examples for Augmentation {
    fn description(&self) -> Option<String> {
        None
    }

    fn begin(&mut self, seed: u64, epoch: u32) {
        *self = Self::of(seed, epoch);
    }

    fn make(&mut self, _model: &Classifier, images: Tensor, _labels: &Tensor) -> Result<Tensor> {
        Ok(self.changed(&images))
    }
}

/// The place within a side of `length` pixels that is seen at `place`, with a mirror on each end pixel.
fn mirrored(place: i64, length: i64) -> i64 {
    let place = place.abs();
    place.min(2 * (length - 1) - place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    /// Two images, 2 x 6 x 7, each pixel of which has a value of its own.
    fn images() -> Tensor {
        Tensor::arange(2 * 2 * 6 * 7, (Kind::Float, Device::Cpu)).view([2, 2, 6, 7])
    }

    /// The image at every shift, flipped or not, by libtorch's own padding.
    fn variants(image: &Tensor) -> Vec<Tensor> {
        let padded = image.unsqueeze(0).reflection_pad2d([SHIFT; 4]).squeeze();
        let mut variants = vec![];
        for (down, right) in (0..=2 * SHIFT).flat_map(|d| (0..=2 * SHIFT).map(move |r| (d, r))) {
            let shifted = padded.narrow(1, down, 6).narrow(2, right, 7);
            variants.extend([shifted.flip([2]), shifted]);
        }
        variants
    }

    #[test]
    fn every_image_is_shifted_and_flipped_in_a_way_of_its_own() {
        let (images, rows) = (images(), Tensor::from_slice(&[1i64, 0, 1, 1, 0, 0]));
        let batch = Augmentation::of(5, 1).changed(&images.index_select(0, &rows));
        assert_eq!(batch.size(), [6, 2, 6, 7]);
        let mut found = vec![];
        for (place, row) in Vec::<i64>::try_from(&rows).unwrap().into_iter().enumerate() {
            let result = batch.get(place as i64);
            let variant = variants(&images.get(row)).iter().position(|variant| *variant == result);
            found.push(variant.expect("the result is a variant of its own image"));
        }
        found.sort_unstable();
        found.dedup();
        assert!(found.len() > 3, "{found:?}");
    }

    #[test]
    fn every_shift_and_flip_is_drawn() {
        let images = images();
        let batch = Augmentation::of(0, 1).changed(&images.get(0).repeat([4000, 1, 1, 1]));
        for (number, variant) in variants(&images.get(0)).iter().enumerate() {
            let equal = batch.eq_tensor(variant).flatten(1, -1).all_dim(1, false);
            assert!(bool::try_from(equal.any()).unwrap(), "variant {number}");
        }
    }

    #[test]
    fn seed_and_epoch_decide() {
        let images = images().repeat([3, 1, 1, 1]);
        let batch = |seed, epoch| Augmentation::of(seed, epoch).changed(&images);
        assert_eq!(batch(1, 1), batch(1, 1));
        assert_ne!(batch(1, 1), batch(1, 2));
        assert_ne!(batch(1, 1), batch(2, 1));
    }
}
