//! How images of any size become images of one size.

use crate::file;
use image::DynamicImage;
use image::imageops::FilterType;

/// How images of any size become images of one size: both steps are those of torchvision's `Resize`
/// and `CenterCrop`, and either may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Framing {
    /// Pixels that the shorter side gets first; the longer one keeps its ratio to it. Pixels are
    /// interpolated linearly, over the area that a new pixel covers.
    pub resize: Option<u32>,
    /// Pixels of each side of the square that is then cut out of the centre.
    pub crop: Option<u32>,
}

impl Framing {
    /// What is usual for ImageNet: the shorter side to 256 pixels, then the central 224 x 224.
    pub const IMAGENET: Self = Self { resize: Some(256), crop: Some(224) };

    /// The framed image.
    pub(super) fn apply(self, mut image: DynamicImage) -> Result<DynamicImage, String> {
        if let Some(side) = self.resize {
            image = resize(image, side)?;
        }
        if let Some(side) = self.crop {
            image = crop(&image, side)?;
        }
        Ok(image)
    }
}

fn resize(image: DynamicImage, side: u32) -> Result<DynamicImage, String> {
    let (width, height) = (image.width(), image.height());
    let scale = |length| u64::from(side) * u64::from(length) / u64::from(width.min(height));
    let (new_width, new_height) = (scale(width), scale(height));
    file::claimed_len(&[3, new_height as usize, new_width as usize])?;
    let (new_width, new_height) = (new_width as u32, new_height as u32);
    if (new_width, new_height) == (width, height) {
        return Ok(image);
    }
    Ok(image.resize_exact(new_width, new_height, FilterType::Triangle))
}

fn crop(image: &DynamicImage, side: u32) -> Result<DynamicImage, String> {
    let (width, height) = (image.width(), image.height());
    if !(1..=width.min(height)).contains(&side) {
        return Err(format!("a square of {side} pixels cannot be cut out of {width} x {height}"));
    }
    let margin = |length| (f64::from(length - side) / 2.0).round_ties_even() as u32;
    Ok(image.crop_imm(margin(width), margin(height), side, side))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    /// An image whose red is the column and whose green is the row.
    fn coordinates(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 0])).into()
    }

    fn frame(resize: Option<u32>, crop: Option<u32>, image: DynamicImage) -> RgbImage {
        Framing { resize, crop }.apply(image).unwrap().into_rgb8()
    }

    #[test]
    fn nothing_happens_unasked() {
        assert_eq!(frame(None, None, coordinates(7, 5)), coordinates(7, 5).into_rgb8());
        assert_eq!(frame(Some(5), None, coordinates(7, 5)), coordinates(7, 5).into_rgb8());
    }

    #[test]
    fn the_shorter_side_is_resized() {
        for (width, height, expected) in [(7, 5, (28, 20)), (5, 7, (20, 28)), (3, 7, (20, 46))] {
            assert_eq!(frame(Some(20), None, coordinates(width, height)).dimensions(), expected);
        }
    }

    #[test]
    fn the_crop_is_central() {
        // Half a pixel goes to the even side, as in Python.
        for (width, height, first) in [(8, 6, [2, 1]), (7, 9, [2, 2]), (5, 4, [0, 0])] {
            let cropped = frame(None, Some(4), coordinates(width, height));
            assert_eq!(cropped.dimensions(), (4, 4));
            assert_eq!(cropped.get_pixel(0, 0).0, [first[0], first[1], 0], "{width} x {height}");
        }
    }

    #[test]
    fn impossible_sizes_are_refused() {
        for (resize, crop, expected) in [
            (Some(0), None, "[3, 0, 0] is empty"),
            (Some(u32::MAX), None, "more values than any file"),
            (Some(1 << 20), None, "the limit"),
            (None, Some(0), "a square of 0 pixels"),
            (None, Some(6), "a square of 6 pixels cannot be cut out of 7 x 5"),
        ] {
            let problem = Framing { resize, crop }.apply(coordinates(7, 5)).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
    }
}
