//! Random draws that belong to an image, whatever its place.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use sha2::{Digest as _, Sha256};
use tch::{Device, Kind, Tensor};

use crate::{Error, Result};

/// The stream of an image, \[C, H, W\]: the same pixels draw the same from one seed, in whatever order and batch.
pub(crate) fn of_image(seed: u64, image: &Tensor) -> Result<ChaCha8Rng> {
    let pixels = image.to_device(Device::Cpu).to_kind(Kind::Float).contiguous().view(-1);
    let pixels = Vec::<f32>::try_from(pixels).map_err(Error::tensor("read an image"))?;
    let mut digest = Sha256::new();
    digest.update(seed.to_le_bytes());
    for pixel in pixels {
        digest.update(pixel.to_le_bytes());
    }
    Ok(ChaCha8Rng::from_seed(digest.finalize().into()))
}

/// A stream for each image, \[N, C, H, W\].
pub(crate) fn of_images(seed: u64, images: &Tensor) -> Result<Vec<ChaCha8Rng>> {
    (0..images.size()[0]).map(|row| of_image(seed, &images.get(row))).collect()
}

#[cfg(test)]
mod tests {
    use rand::Rng as _;

    use super::*;

    #[test]
    fn the_pixels_and_the_seed_make_the_stream() {
        let images = Tensor::arange(8, (Kind::Float, Device::Cpu)).view([2, 1, 2, 2]) / 8.0;
        let first = |stream: Result<ChaCha8Rng>| stream.unwrap().next_u64();
        let alone = [0, 1].map(|row| first(of_image(7, &images.get(row))));
        let together =
            of_images(7, &images).unwrap().into_iter().map(|mut stream| stream.next_u64());
        assert_eq!(together.collect::<Vec<_>>(), alone);
        assert_ne!(alone[0], alone[1]);
        assert_ne!(first(of_image(8, &images.get(0))), alone[0]);
    }
}
