//! How images of any size become images of one size.

use crate::file;
use crate::raster::Raster;

/// How images of any size become images of one size: both steps are those of torchvision's `Resize`
/// and `CenterCrop`, and either may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Framing {
    /// Pixels that the shorter side gets first; the longer one keeps its ratio to it. Pixels are
    /// interpolated linearly, over the area that a new pixel covers, and images of 8 bits stay so: to the
    /// bit as Pillow does it.
    pub resize: Option<u32>,
    /// Pixels of each side of the square that is then cut out of the centre.
    pub crop: Option<u32>,
}

impl Framing {
    /// What is usual for ImageNet: the shorter side to 256 pixels, then the central 224 x 224.
    pub const IMAGENET: Self = Self { resize: Some(256), crop: Some(224) };

    /// Height and width of an image after resizing.
    fn resized(self, [height, width]: [usize; 2]) -> Result<[usize; 2], String> {
        let Some(side) = self.resize else { return Ok([height, width]) };
        let shorter = height.min(width) as u64;
        let scale = |length: usize| u64::from(side) * length as u64 / shorter;
        let size = [scale(height) as usize, scale(width) as usize];
        file::claimed_len(&[3, size[0], size[1]])?;
        Ok(size)
    }

    /// Height and width of the framed image.
    pub(crate) fn size(self, size: [usize; 2]) -> Result<[usize; 2], String> {
        let [height, width] = self.resized(size)?;
        let Some(side) = self.crop else { return Ok([height, width]) };
        let side = side as usize;
        if !(1..=width.min(height)).contains(&side) {
            return Err(format!(
                "a square of {side} pixels cannot be cut out of {width} x {height}; resize to {side} or more"
            ));
        }
        Ok([side, side])
    }

    /// The framed image.
    pub(crate) fn apply(self, raster: Raster) -> Result<Raster, String> {
        let [_, height, width] = raster.shape;
        let size = self.size([height, width])?;
        let resized = self.resized([height, width])?;
        let margin = |length: usize, kept: usize| ((length - kept) as f64 / 2.0).round_ties_even();
        let start = [0, 1].map(|axis| margin(resized[axis], size[axis]) as usize);
        Ok(raster.resized(resized).cut(start, size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Samples;

    /// An image whose first channel is the column and whose second is the row.
    fn coordinates(width: usize, height: usize) -> Raster {
        let columns = (0..height).flat_map(|_| 0..width);
        let rows = (0..height).flat_map(|row| std::iter::repeat_n(row, width));
        let bytes = columns.chain(rows).map(|place| place as u8).collect();
        Raster { shape: [2, height, width], samples: Samples::Bytes(bytes) }
    }

    fn frame(resize: Option<u32>, crop: Option<u32>, image: Raster) -> Raster {
        let framing = Framing { resize, crop };
        let [channels, height, width] = image.shape;
        let [new_height, new_width] = framing.size([height, width]).unwrap();
        let framed = framing.apply(image).unwrap();
        assert_eq!(framed.shape, [channels, new_height, new_width]);
        framed
    }

    #[test]
    fn nothing_happens_unasked() {
        assert_eq!(frame(None, None, coordinates(7, 5)), coordinates(7, 5));
        assert_eq!(frame(Some(5), None, coordinates(7, 5)), coordinates(7, 5));
    }

    #[test]
    fn the_shorter_side_is_resized() {
        for (width, height, expected) in
            [(7, 5, [2, 20, 28]), (5, 7, [2, 28, 20]), (3, 7, [2, 46, 20])]
        {
            assert_eq!(frame(Some(20), None, coordinates(width, height)).shape, expected);
        }
    }

    #[test]
    fn the_crop_is_central() {
        // Half a pixel goes to the even side, as in Python.
        for (width, height, first) in [(8, 6, [2, 1]), (7, 9, [2, 2]), (5, 4, [0, 0])] {
            let cropped = frame(None, Some(4), coordinates(width, height));
            let Samples::Bytes(bytes) = cropped.samples else { unreachable!() };
            assert_eq!([bytes[0], bytes[16]], first, "{width} x {height}");
            assert_eq!(bytes[16 + 15], first[1] + 3);
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
