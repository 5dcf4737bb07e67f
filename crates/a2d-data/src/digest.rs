//! The identity of a set of images.

use sha2::{Digest as _, Sha256};

/// The digest that [`Images::digest`](crate::Images::digest) documents, of pixels that come in
/// parts, as when something else is to be done with each image that is read.
pub struct Digest {
    hasher: Sha256,
    /// The bytes of a block of pixels.
    block: Vec<u8>,
}

impl Digest {
    /// The digest of `len` images of `shape`, before the first pixel.
    pub fn new(len: usize, [channels, height, width]: [usize; 3]) -> Self {
        let mut hasher = Sha256::new();
        for length in [len, channels, height, width] {
            hasher.update((length as u64).to_le_bytes());
        }
        Self { hasher, block: Vec::new() }
    }

    /// Takes the next pixels.
    pub fn update(&mut self, pixels: &[f32]) {
        for pixels in pixels.chunks(1 << 14) {
            self.block.clear();
            self.block.extend(pixels.iter().flat_map(|pixel| pixel.to_le_bytes()));
            self.hasher.update(&self.block);
        }
    }

    /// The digest of everything that came.
    pub fn finish(self) -> String {
        hex::encode(self.hasher.finalize())
    }
}
