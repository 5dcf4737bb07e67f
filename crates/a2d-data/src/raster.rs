//! The samples of an image as they come from a file, before they are pixels.

use crate::resample::{Sample, resized};
use image::DynamicImage;

/// An image, \[C, H, W\], plane by plane.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Raster {
    pub(crate) shape: [usize; 3],
    pub(crate) samples: Samples,
}

/// Samples in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Samples {
    /// 255 times the pixels.
    Bytes(Vec<u8>),
    Floats(Vec<f32>),
}

/// The same for bytes and floats.
macro_rules! of_either {
    ($samples:expr, $of:expr) => {
        match $samples {
            Samples::Bytes(samples) => Samples::Bytes($of(samples)),
            Samples::Floats(samples) => Samples::Floats($of(samples)),
        }
    };
}

impl Raster {
    /// An opaque image as a decoder gives it: grey for one channel, RGB for three. Those of more than 8 bits
    /// become floats.
    pub(crate) fn of_decoded(decoded: DynamicImage) -> Result<Self, String> {
        let (height, width) = (decoded.height() as usize, decoded.width() as usize);
        let channels = if decoded.color().has_color() { 3 } else { 1 };
        let is_of_bytes = decoded.color().bytes_per_pixel() == decoded.color().channel_count();
        let alpha = decoded.color().has_alpha();
        let samples = if is_of_bytes {
            Samples::Bytes(planes(decoded.as_bytes(), channels, alpha.then_some(u8::MAX))?)
        } else {
            let samples = if channels == 1 {
                decoded.into_luma_alpha16().into_raw()
            } else {
                decoded.into_rgba16().into_raw()
            };
            let words = planes(&samples, channels, Some(u16::MAX))?;
            let float = |word| f32::from(word) / f32::from(u16::MAX);
            Samples::Floats(words.into_iter().map(float).collect())
        };
        Ok(Self { shape: [channels, height, width], samples })
    }

    /// The image with each plane interpolated to `size`, height and width.
    pub(crate) fn resized(self, size: [usize; 2]) -> Self {
        let [channels, height, width] = self.shape;
        if size == [height, width] {
            return self;
        }
        let samples = of_either!(&self.samples, |of| planes_resized(of, [height, width], size));
        Self { shape: [channels, size[0], size[1]], samples }
    }

    /// The rectangle of `size`, height and width, that begins at `start`, row and column.
    pub(crate) fn cut(self, start: [usize; 2], size: [usize; 2]) -> Self {
        let [channels, height, width] = self.shape;
        if size == [height, width] {
            return self;
        }
        let samples = of_either!(&self.samples, |of| planes_cut(of, [height, width], start, size));
        Self { shape: [channels, size[0], size[1]], samples }
    }

    /// The image with `wanted` channels: a grey one is repeated, one whose three channels are equal is grey.
    pub(crate) fn with_channels(self, wanted: usize) -> Result<Self, String> {
        let [channels, height, width] = self.shape;
        let shape = [wanted, height, width];
        let samples = match (channels, wanted, self.samples) {
            (1, 3, samples) => of_either!(&samples, |of| <[_]>::repeat(of, 3)),
            (3, 1, Samples::Bytes(bytes)) => Samples::Bytes(grey(bytes)?),
            (3, 1, Samples::Floats(floats)) => Samples::Floats(grey(floats)?),
            (.., samples) => return Ok(Self { samples, ..self }),
        };
        Ok(Self { shape, samples })
    }
}

impl Samples {
    /// The pixels that they are.
    pub(crate) fn into_pixels(self) -> Vec<f32> {
        match self {
            Self::Bytes(bytes) => bytes.into_iter().map(|byte| f32::from(byte) / 255.0).collect(),
            Self::Floats(floats) => floats,
        }
    }
}

/// Planes of `from`, each interpolated to `size`.
fn planes_resized<T: Sample>(planes: &[T], from: [usize; 2], size: [usize; 2]) -> Vec<T> {
    let planes = planes.chunks_exact(from.iter().product());
    planes.flat_map(|plane| resized(plane, from, size)).collect()
}

/// Rectangles of planes of `from`.
fn planes_cut<T: Copy>(
    planes: &[T],
    [height, width]: [usize; 2],
    [top, left]: [usize; 2],
    size: [usize; 2],
) -> Vec<T> {
    let planes = planes.chunks_exact(height * width);
    let rows = planes.flat_map(|plane| plane.chunks_exact(width).skip(top).take(size[0]));
    rows.flat_map(|row| &row[left..left + size[1]]).copied().collect()
}

/// The first of three planes, if they are equal.
fn grey<T: PartialEq>(mut planes: Vec<T>) -> Result<Vec<T>, &'static str> {
    let plane = planes.len() / 3;
    let (red, others) = planes.split_at(plane);
    if others.chunks_exact(plane).any(|other| other != red) {
        return Err("the image has colours, expected a grey one");
    }
    planes.truncate(plane);
    Ok(planes)
}

/// The planes of interleaved samples of `channels`, and of one more where there is an alpha channel, which is
/// to be `opaque` everywhere.
fn planes<T: Copy + PartialEq>(
    samples: &[T],
    channels: usize,
    opaque: Option<T>,
) -> Result<Vec<T>, String> {
    let pixels = samples.chunks_exact(channels + usize::from(opaque.is_some()));
    if opaque.is_some_and(|opaque| pixels.clone().any(|pixel| pixel[channels] != opaque)) {
        return Err("the image has transparent pixels, expected an opaque image".to_owned());
    }
    let plane = |channel: usize| pixels.clone().map(move |pixel| pixel[channel]);
    Ok((0..channels).flat_map(plane).collect())
}
