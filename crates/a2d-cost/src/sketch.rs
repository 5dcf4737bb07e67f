//! A few numbers that tell an image from others, and hardly change where the image hardly changes.

use sha2::{Digest as _, Sha256};

/// As many as a SHA-256 has words of 32 bits.
pub(crate) const PROJECTIONS: usize = 8;
/// The bytes of a sketch, 24 bits a projection: 32 characters of base64.
pub(crate) const BYTES: usize = 3 * PROJECTIONS;
/// Parts of 1 that a projection is counted in.
pub(crate) const SCALE: f64 = (1 << 20) as f64;
/// The largest number of 24 bits: a projection of 8, where those of images are seldom above 3.
const MOST: f64 = ((1 << 23) - 1) as f64;

/// Eight random projections of an image.
///
/// Each is the sum of all pixels by their weights, divided by the root of the number of pixels, in
/// parts of 2^20. The weights of a pixel are the words of the SHA-256 of the image's shape and the
/// pixel's place (little-endian `u64`), as big-endian `i32`, scaled to a uniform distribution of
/// variance 1. So the projections of two images differ about as much as their pixels do in root mean
/// square, whichever pixels these are, and images of other shapes have unrelated sketches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketch([i32; PROJECTIONS]);

impl Sketch {
    pub(crate) fn projections(&self) -> &[i32; PROJECTIONS] {
        &self.0
    }

    pub(crate) fn to_bytes(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        for (bytes, projection) in bytes.chunks_exact_mut(3).zip(self.0) {
            bytes.copy_from_slice(&projection.to_be_bytes()[1..]);
        }
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8; BYTES]) -> Self {
        let projection = |i: usize| {
            let [high, middle, low] = [bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]];
            i32::from_be_bytes([high, middle, low, 0]) >> 8
        };
        Self(std::array::from_fn(projection))
    }
}

/// Makes the sketches of images of one shape.
#[derive(Clone, Debug)]
pub struct Sketcher {
    weights: Vec<[f32; PROJECTIONS]>,
}

impl Sketcher {
    /// For images of so many channels, rows and columns.
    pub fn new(shape: [usize; 3]) -> Self {
        let mut hasher = Sha256::new();
        for side in shape {
            hasher.update((side as u64).to_le_bytes());
        }
        let weights = |place: usize| {
            let digest = hasher.clone().chain_update((place as u64).to_le_bytes()).finalize();
            std::array::from_fn(|i| {
                let word = [0, 1, 2, 3].map(|byte| digest[4 * i + byte]);
                (f64::from(i32::from_be_bytes(word)) * 3_f64.sqrt() / 2_f64.powi(31)) as f32
            })
        };
        Self { weights: (0..shape.iter().product()).map(weights).collect() }
    }

    /// The sketch of an image, from its pixels in row-major order.
    pub fn sketch(&self, pixels: &[f32]) -> Sketch {
        let mut sums = [0.0; PROJECTIONS];
        for (weights, pixel) in self.weights.iter().zip(pixels) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += f64::from(*weight) * f64::from(*pixel);
            }
        }
        let unit = SCALE / (self.weights.len() as f64).sqrt();
        Sketch(sums.map(|sum| (sum * unit).round().clamp(-MOST, MOST) as i32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_is_what_is_documented() {
        // python3 -c "
        // import hashlib, struct, math
        // x = [0, .25, .5, 1]
        // w = [struct.unpack('>8i', hashlib.sha256(struct.pack('<4Q', 1, 2, 2, j)).digest()) for j in range(4)]
        // print([round(sum(x[j] * w[j][i] for j in range(4)) / 2**31 * 3**.5 / 2 * 2**20) for i in range(8)])"
        let sketch = Sketcher::new([1, 2, 2]).sketch(&[0.0, 0.25, 0.5, 1.0]);
        let expected =
            [-471_180, 233_796, -250_096, 676_180, -1_246_557, 770_083, 246_071, -469_382];
        assert_eq!(sketch.0, expected);
        assert_eq!(Sketch::from_bytes(&sketch.to_bytes()), sketch);
    }

    #[test]
    fn shapes_of_as_many_pixels_have_other_sketches() {
        let sketch = |shape| Sketcher::new(shape).sketch(&[0.0, 0.25, 0.5, 1.0]);
        assert_ne!(sketch([1, 2, 2]), sketch([1, 1, 4]));
    }

    #[test]
    fn projections_beyond_24_bits_stay_at_the_largest() {
        let sketch = Sketcher::new([1, 1, 1]).sketch(&[1e9]);
        assert!(sketch.0.iter().all(|projection| projection.unsigned_abs() == (1 << 23) - 1));
        assert_eq!(Sketch::from_bytes(&sketch.to_bytes()), sketch);
    }
}
