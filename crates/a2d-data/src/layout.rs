//! How the images of an array lie in a file.

use crate::raster::{Raster, Samples};
use crate::{Axes, file};
use half::f16;

/// Where the pixels of images stand, one image after the other in row-major order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    /// The lengths N, C, H and W, each at least 1.
    pub(crate) dims: [usize; 4],
    /// Their order.
    pub(crate) axes: Axes,
    /// The place of the first byte.
    pub(crate) start: u64,
    pub(crate) encoding: Encoding,
}

impl Layout {
    /// The layout that a header claims, once it is sure that the file, `len` bytes long, holds
    /// exactly that.
    pub(crate) fn new(
        (dims, axes): ([usize; 4], Axes),
        start: u64,
        encoding: Encoding,
        len: u64,
    ) -> Result<Self, String> {
        fits(&dims, encoding.width(), start, len)?;
        file::claimed_len(&dims[1..])?;
        Ok(Self { dims, axes, start, encoding })
    }

    /// Channels, height and width of an image.
    pub(crate) fn shape(&self) -> [usize; 3] {
        let [_, channels, height, width] = self.dims;
        [channels, height, width]
    }

    /// The bytes that an image takes.
    pub(crate) fn image_bytes(&self) -> usize {
        self.shape().iter().product::<usize>() * self.encoding.width()
    }

    /// The bytes that all images take.
    pub(crate) fn bytes(&self) -> u64 {
        self.dims[0] as u64 * self.image_bytes() as u64
    }

    /// The image that `bytes` encode.
    pub(crate) fn decode(&self, bytes: &[u8]) -> Raster {
        let shape = self.shape();
        let samples = match self.encoding.decode(bytes) {
            Samples::Bytes(samples) => Samples::Bytes(self.planes(samples)),
            Samples::Floats(samples) => Samples::Floats(self.planes(samples)),
        };
        Raster { shape, samples }
    }

    /// The samples of an image, plane by plane.
    fn planes<T: Copy>(&self, samples: Vec<T>) -> Vec<T> {
        let channels = self.dims[1];
        match self.axes {
            Axes::Nhwc if channels > 1 => {
                let plane = |channel| samples.iter().skip(channel).step_by(channels).copied();
                (0..channels).flat_map(plane).collect()
            }
            _ => samples,
        }
    }
}

/// Refuses an array of shape `dims` with values of `width` bytes that does not take exactly the
/// bytes from `start` to the end of a file of `len` bytes.
pub(crate) fn fits(dims: &[usize], width: usize, start: u64, len: u64) -> Result<(), String> {
    let (claimed, there) = (file::claimed_bytes(dims, width)?, len.saturating_sub(start));
    if claimed == there {
        return Ok(());
    }
    Err(format!("shape {dims:?} takes {claimed} bytes, but {there} follow the header"))
}

/// How a pixel is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// A byte, 255 times the pixel.
    Byte,
    HalfLittleEndian,
    HalfBigEndian,
    SingleLittleEndian,
    SingleBigEndian,
    DoubleLittleEndian,
    DoubleBigEndian,
}

impl Encoding {
    /// What arrays of images are to be of.
    pub(crate) const EXPECTED: &str = "float32, float64, float16 or uint8 images";

    /// The bytes of a pixel.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::HalfLittleEndian | Self::HalfBigEndian => 2,
            Self::SingleLittleEndian | Self::SingleBigEndian => 4,
            Self::DoubleLittleEndian | Self::DoubleBigEndian => 8,
        }
    }

    /// The samples that `bytes` encode, unchecked.
    pub(crate) fn decode(self, bytes: &[u8]) -> Samples {
        Samples::Floats(match self {
            Self::Byte => return Samples::Bytes(bytes.to_vec()),
            Self::HalfLittleEndian => values(bytes, |bytes| f16::from_le_bytes(bytes).to_f32()),
            Self::HalfBigEndian => values(bytes, |bytes| f16::from_be_bytes(bytes).to_f32()),
            Self::SingleLittleEndian => values(bytes, f32::from_le_bytes),
            Self::SingleBigEndian => values(bytes, f32::from_be_bytes),
            Self::DoubleLittleEndian => values(bytes, |bytes| f64::from_le_bytes(bytes) as f32),
            Self::DoubleBigEndian => values(bytes, |bytes| f64::from_be_bytes(bytes) as f32),
        })
    }
}

/// The values that `bytes` encode, `WIDTH` bytes each.
pub(crate) fn values<const WIDTH: usize, T>(
    bytes: &[u8],
    value: impl Fn([u8; WIDTH]) -> T,
) -> Vec<T> {
    bytes.as_chunks().0.iter().copied().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_gives_the_same_pixels() {
        let pixels = [0.0_f32, 0.2, 1.0];
        let halves = pixels.map(f16::from_f32);
        let cases = [
            (Encoding::Byte, vec![0, 51, 255]),
            (Encoding::HalfLittleEndian, halves.map(f16::to_le_bytes).concat()),
            (Encoding::HalfBigEndian, halves.map(f16::to_be_bytes).concat()),
            (Encoding::SingleLittleEndian, pixels.map(f32::to_le_bytes).concat()),
            (Encoding::SingleBigEndian, pixels.map(f32::to_be_bytes).concat()),
            (Encoding::DoubleLittleEndian, pixels.map(|p| f64::from(p).to_le_bytes()).concat()),
            (Encoding::DoubleBigEndian, pixels.map(|p| f64::from(p).to_be_bytes()).concat()),
        ];
        for (encoding, bytes) in cases {
            assert_eq!(bytes.len(), 3 * encoding.width());
            let dims = ([1, 1, 1, 3], Axes::Nchw);
            let layout = Layout::new(dims, 0, encoding, bytes.len() as u64).unwrap();
            let found = layout.decode(&bytes).samples.into_pixels();
            if encoding.width() == 2 {
                assert_eq!(found, halves.map(f16::to_f32), "{encoding:?}");
            } else {
                assert_eq!(found, pixels, "{encoding:?}");
            }
        }
    }

    #[test]
    fn channels_that_come_last_become_planes() {
        let layout = Layout::new(([1, 3, 1, 2], Axes::Nhwc), 0, Encoding::Byte, 6).unwrap();
        let raster = layout.decode(&[1, 2, 3, 4, 5, 6]);
        assert_eq!(raster.shape, [3, 1, 2]);
        assert_eq!(raster.samples, Samples::Bytes(vec![1, 4, 2, 5, 3, 6]));
    }

    #[test]
    fn a_claim_must_be_what_follows_exactly() {
        let layout = |dims, len| Layout::new((dims, Axes::Nchw), 16, Encoding::Byte, len);
        assert_eq!(layout([2, 1, 3, 4], 40).unwrap().image_bytes(), 12);
        for (dims, len, expected) in [
            ([2, 1, 3, 4], 39, "takes 24 bytes, but 23 follow the header"),
            ([2, 1, 3, 4], 41, "takes 24 bytes, but 25 follow the header"),
            ([2, 1, 3, 4], 0, "takes 24 bytes, but 0 follow the header"),
            ([2, 0, 3, 4], 16, "is empty"),
            ([usize::MAX, 3, 3, 3], 40, "more values than any file"),
            ([1, 1, 1 << 15, 1 << 15], 16 + (1 << 30), "more than 268435456 values, the limit"),
        ] {
            let problem = layout(dims, len).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
    }
}
