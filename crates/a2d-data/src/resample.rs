//! Pillow's bilinear interpolation, to the bit for bytes.

/// A sample of an image, and how it is mixed from others.
pub(crate) trait Sample: Copy {
    type Weight: Copy;

    fn weight(share: f64) -> Self::Weight;

    fn mixed(samples: impl Iterator<Item = (Self, Self::Weight)>) -> Self;
}

/// The binary places of a weight of bytes.
const PLACES: u32 = 22;

impl Sample for u8 {
    type Weight = i32;

    fn weight(share: f64) -> i32 {
        (0.5 + share * f64::from(1 << PLACES)) as i32
    }

    fn mixed(samples: impl Iterator<Item = (Self, i32)>) -> Self {
        let half = 1 << (PLACES - 1);
        let sum = samples.fold(half, |sum, (sample, weight)| sum + i32::from(sample) * weight);
        (sum >> PLACES).clamp(0, 255) as u8
    }
}

/// Within [0, 1].
impl Sample for f32 {
    type Weight = f64;

    fn weight(share: f64) -> f64 {
        share
    }

    fn mixed(samples: impl Iterator<Item = (Self, f64)>) -> Self {
        let sum: f64 = samples.map(|(sample, weight)| f64::from(sample) * weight).sum();
        sum.clamp(0.0, 1.0) as f32
    }
}

/// The samples of the source that a sample of the result is mixed from.
struct Mixture<W> {
    first: usize,
    weights: Vec<W>,
}

/// A plane of `from` (height, width) samples in row-major order, interpolated linearly to `to`. Where it
/// becomes smaller, a new sample is mixed from all that it covers. Bytes are rounded after the rows and again
/// after the columns.
pub(crate) fn resized<T: Sample>(plane: &[T], from: [usize; 2], to: [usize; 2]) -> Vec<T> {
    let ([height, width], [new_height, new_width]) = (from, to);
    let across: Vec<T>;
    let mut rows = plane;
    if new_width != width {
        let mixtures = mixtures::<T>(width, new_width);
        let narrowed = rows.chunks_exact(width).flat_map(|row| {
            mixtures.iter().map(|Mixture { first, weights }| {
                T::mixed(row[*first..].iter().copied().zip(weights.iter().copied()))
            })
        });
        across = narrowed.collect();
        rows = &across;
    }
    if new_height == height {
        return rows.to_vec();
    }
    let mixtures = mixtures::<T>(height, new_height);
    let down = mixtures.iter().flat_map(|Mixture { first, weights }| {
        (0..new_width).map(move |column| {
            let samples = rows[first * new_width + column..].iter().step_by(new_width);
            T::mixed(samples.copied().zip(weights.iter().copied()))
        })
    });
    down.collect()
}

/// What each of `new` samples in a row is mixed from, of `old` ones.
fn mixtures<T: Sample>(old: usize, new: usize) -> Vec<Mixture<T::Weight>> {
    let scale = old as f64 / new as f64;
    // A triangle that reaches one sample of the coarser grid to either side.
    let reach = scale.max(1.0);
    let mixture = |place: usize| {
        let center = (place as f64 + 0.5) * scale;
        let first = (center - reach + 0.5).max(0.0) as usize;
        let end = ((center + reach + 0.5) as usize).min(old);
        let height = |sample: usize| {
            let distance = (sample as f64 - center + 0.5) / reach;
            (1.0 - distance.abs()).max(0.0)
        };
        let heights: Vec<f64> = (first..end).map(height).collect();
        let sum: f64 = heights.iter().sum();
        let weights = heights.iter().map(|height| T::weight(height / sum)).collect();
        Mixture { first, weights }
    };
    (0..new).map(mixture).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // import numpy as np                                     # 2.4.6
    // from PIL import Image                                  # Pillow 13.0.0
    // y, x = np.mgrid[:5, :7]
    // image = Image.fromarray((x * y * 10 + x * x).astype(np.uint8))
    // for size in ((3, 2), (9, 5), (7, 8)):
    //     print(np.asarray(image.resize(size, Image.BILINEAR)).tolist())
    #[test]
    fn bytes_are_those_of_pillow() {
        let places = (0_u16..5).flat_map(|y| (0_u16..7).map(move |x| (x, y)));
        let image: Vec<u8> = places.map(|(x, y)| (x * y * 10 + x * x) as u8).collect();
        let cases: [([usize; 2], &[u8]); 3] = [
            ([2, 3], &[10, 40, 78, 27, 100, 152]),
            (
                [5, 9],
                &[
                    0, 1, 2, 5, 9, 14, 21, 29, 36, 0, 7, 17, 27, 39, 52, 67, 82, 96, 0, 14, 31, 50,
                    69, 90, 112, 135, 156, 0, 21, 46, 72, 99, 128, 158, 189, 216, 0, 27, 60, 94,
                    129, 166, 203, 157, 20,
                ],
            ),
            (
                [8, 7],
                &[
                    0, 1, 4, 9, 16, 25, 36, 0, 5, 13, 22, 34, 47, 62, 0, 12, 25, 41, 59, 78, 100,
                    0, 18, 38, 60, 84, 109, 137, 0, 24, 50, 78, 109, 141, 175, 0, 30, 63, 97, 134,
                    172, 212, 0, 37, 75, 116, 159, 203, 106, 0, 41, 84, 129, 176, 225, 20,
                ],
            ),
        ];
        for (size, expected) in cases {
            assert_eq!(resized(&image, [5, 7], size), expected, "{size:?}");
            let floats: Vec<f32> = image.iter().map(|byte| f32::from(*byte) / 255.0).collect();
            for (float, byte) in resized(&floats, [5, 7], size).iter().zip(expected) {
                assert!((255.0 * float - f32::from(*byte)).abs() < 1.0, "{size:?}");
            }
        }
    }

    #[test]
    fn a_plain_plane_stays_plain() {
        for size in [[1, 1], [3, 50], [64, 2], [9, 11]] {
            assert_eq!(resized(&[200_u8; 99], [9, 11], size), vec![200; size[0] * size[1]]);
            let ones = resized(&[1.0_f32; 99], [9, 11], size);
            assert!(ones.iter().all(|one| (0.999_999..=1.0).contains(one)));
        }
    }
}
