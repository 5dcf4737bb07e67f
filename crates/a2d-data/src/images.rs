//! Images as numbers.

use crate::digest::Digest;
use crate::{Error, ImageSource, Result};
use ndarray::{Array4, ArrayView4, Axis};

/// Float images of shape `[N, C, H, W]` with every pixel finite and within [0, 1].
///
/// There is at least one image, of at least one pixel, and the pixels are contiguous in row-major
/// order.
///
/// ```
/// use a2d_data::Images;
/// use ndarray::Array4;
///
/// let images = Images::new(Array4::from_elem((2, 1, 28, 28), 0.5))?;
/// assert_eq!(images.len(), 2);
/// assert_eq!(images.shape(), [1, 28, 28]);
/// assert!(Images::new(Array4::from_elem((2, 1, 28, 28), 1.5)).is_err());
/// # Ok::<(), a2d_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Images(Array4<f32>);

#[expect(clippy::len_without_is_empty, reason = "there is always at least one image")]
impl Images {
    /// Images from pixels of shape `[N, C, H, W]`.
    ///
    /// # Errors
    /// When a length is 0, or a pixel is not a finite number within [0, 1]; the error names the
    /// first such pixel.
    pub fn new(pixels: Array4<f32>) -> Result<Self> {
        if pixels.is_empty() {
            let (n, c, h, w) = pixels.dim();
            return Err(Error::NoPixels { shape: [n, c, h, w] });
        }
        let images = Self::contiguous(pixels);
        check(images.as_slice(), 0, images.shape())?;
        Ok(images)
    }

    /// Images whose pixels are known to be good.
    fn contiguous(pixels: Array4<f32>) -> Self {
        if pixels.is_standard_layout() {
            Self(pixels)
        } else {
            Self(pixels.as_standard_layout().into_owned())
        }
    }

    /// The number of images, never 0.
    pub fn len(&self) -> usize {
        self.0.len_of(Axis(0))
    }

    /// Channels, height and width of an image.
    pub fn shape(&self) -> [usize; 3] {
        let (_, channels, height, width) = self.0.dim();
        [channels, height, width]
    }

    /// The pixels as an array of shape `[N, C, H, W]`.
    pub fn view(&self) -> ArrayView4<'_, f32> {
        self.0.view()
    }

    /// The pixels in row-major order.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "every constructor makes the layout standard"
    )]
    pub fn as_slice(&self) -> &[f32] {
        self.0.as_slice().expect("the layout is standard")
    }

    /// The pixels of each image in turn, in row-major order.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.as_slice().chunks_exact(self.shape().iter().product())
    }

    /// The images of these rows, in this order; a row may come more than once.
    ///
    /// # Errors
    /// When there is no row, or a row is not below [`Images::len`].
    pub fn select(&self, rows: &[usize]) -> Result<Self> {
        let len = self.len();
        if let Some(&row) = rows.iter().find(|&&row| row >= len) {
            return Err(Error::Row { row, len });
        }
        if rows.is_empty() {
            return Err(Error::NoRows);
        }
        Ok(Self::contiguous(self.0.select(Axis(0), rows)))
    }

    /// What is left of these images in files of 8 bits a channel, such as PNG and IDX: every pixel at the
    /// nearest multiple of 1/255. Images that are of 8 bits stay as they are.
    #[must_use]
    pub fn to_8_bits(&self) -> Self {
        Self(self.0.mapv(|pixel| f32::from(to_byte(pixel)) / 255.0))
    }

    /// The hexadecimal SHA-256 of the shape (four little-endian `u64`) and the pixels
    /// (little-endian `f32` in row-major order): the identity of a set of images.
    pub fn digest(&self) -> String {
        let mut digest = Digest::new(self.len(), self.shape());
        digest.update(self.as_slice());
        digest.finish()
    }
}

impl ImageSource for Images {
    fn len(&self) -> usize {
        self.len()
    }

    fn shape(&self) -> [usize; 3] {
        self.shape()
    }

    fn row(&self, row: usize) -> Result<Vec<f32>> {
        let len = self.len();
        let image = self.rows().nth(row);
        image.map(<[f32]>::to_vec).ok_or(Error::Row { row, len })
    }
}

/// Refuses pixels that are not finite numbers within [0, 1]; `pixels` are those of whole images of
/// `shape`, the first of which is number `row`.
pub(crate) fn check(pixels: &[f32], row: usize, shape: [usize; 3]) -> Result<()> {
    let Some(place) = pixels.iter().position(|pixel| !(0.0..=1.0).contains(pixel)) else {
        return Ok(());
    };
    let [channels, height, width] = shape;
    let (plane, pixel) = (place / (height * width), place % (height * width));
    let index = [row + plane / channels, plane % channels, pixel / width, pixel % width];
    Err(Error::Pixel { index, value: pixels[place] })
}

/// The nearest of the 256 values a byte can store.
pub(crate) fn to_byte(pixel: f32) -> u8 {
    (pixel * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ShapeBuilder;

    fn ramp() -> Images {
        let pixels = (0_u8..12).map(|i| f32::from(i) / 12.0).collect();
        Images::new(Array4::from_shape_vec((3, 1, 2, 2), pixels).unwrap()).unwrap()
    }

    #[test]
    fn names_the_first_bad_pixel() {
        for value in [f32::NAN, f32::INFINITY, -1e-6, 1.5] {
            let mut pixels = ramp().0;
            pixels[[1, 0, 1, 0]] = value;
            pixels[[2, 0, 0, 0]] = 7.0;
            let error = Images::new(pixels).unwrap_err();
            let expected = format!("pixel [1, 0, 1, 0] is {value}, expected");
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
    }

    #[test]
    fn refuses_a_set_without_pixels() {
        let error = Images::new(Array4::zeros((0, 1, 28, 28))).unwrap_err();
        assert!(error.to_string().contains("[0, 1, 28, 28]"), "{error}");
    }

    #[test]
    fn pixels_are_contiguous_whatever_came() {
        let mut fortran = Array4::zeros((3, 1, 2, 2).f());
        fortran.assign(&ramp().view());
        assert!(!fortran.is_standard_layout());
        let images = Images::new(fortran).unwrap();
        assert_eq!(images.as_slice(), ramp().as_slice());
        assert_eq!(images.digest(), ramp().digest());
    }

    #[test]
    fn gives_single_rows() {
        assert_eq!(ramp().row(1).unwrap(), ramp().as_slice()[4..8]);
        assert!(ramp().row(3).unwrap_err().to_string().contains("image 3: there are 3"));
    }

    #[test]
    fn selects_rows_in_order() {
        let chosen = ramp().select(&[2, 0, 2]).unwrap();
        let pixels = ramp();
        let pixels = pixels.as_slice();
        assert_eq!(chosen.as_slice(), [&pixels[8..], &pixels[..4], &pixels[8..]].concat());
        assert_eq!(chosen.shape(), [1, 2, 2]);
        let error = ramp().select(&[0, 3]).unwrap_err().to_string();
        assert!(error.contains("image 3: there are 3"), "{error}");
        assert!(ramp().select(&[]).unwrap_err().to_string().contains("no row"));
    }

    #[test]
    fn eight_bits_are_the_nearest_and_stay() {
        let pixels = vec![0.0, 0.4 / 255.0, 0.5 / 255.0, 254.6 / 255.0];
        let images = Images::new(Array4::from_shape_vec((1, 1, 2, 2), pixels).unwrap()).unwrap();
        assert_eq!(images.to_8_bits().as_slice(), [0.0, 0.0, 1.0 / 255.0, 1.0]);
        let levels = (0_u8..=255).map(|level| f32::from(level) / 255.0).collect();
        let all = Images::new(Array4::from_shape_vec((1, 1, 16, 16), levels).unwrap()).unwrap();
        assert_eq!(all.to_8_bits(), all);
    }

    #[test]
    fn digest_is_the_documented_hash() {
        let images = Images::new(Array4::from_elem((1, 1, 1, 2), 0.5)).unwrap();
        // python3 -c "import hashlib, struct
        // print(hashlib.sha256(struct.pack('<4Q2f', 1, 1, 1, 2, .5, .5)).hexdigest())"
        let expected = "10201e83934ff7a73d801ae7af52ab4bcd7a2dbec7c7a4fcf6c6741ce1721abb";
        assert_eq!(images.digest(), expected);
        let transposed = Images::new(Array4::from_elem((1, 1, 2, 1), 0.5)).unwrap();
        assert_ne!(transposed.digest(), expected);
    }
}
