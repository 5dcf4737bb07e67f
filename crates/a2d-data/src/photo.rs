//! Files of one image each, which are decoded when it is wanted.

use crate::file::{self, MAX_BYTES};
use crate::input_file::InputFile;
use crate::problem::Problem;
use crate::raster::Raster;
use image::DynamicImage;
use std::fmt;

/// A format of files of one image.
pub(crate) struct Photo {
    /// What files are read as.
    pub(crate) name: &'static str,
    /// Channels, height and width of the image, 1 or 3 channels, as the header says.
    pub(crate) shape: fn(&InputFile) -> Result<[usize; 3], Problem>,
    /// The image in a whole file.
    pub(crate) decode: fn(&[u8]) -> Result<DynamicImage, String>,
}

impl fmt::Debug for Photo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl Photo {
    /// Channels, height and width of an image that is not too large.
    pub(crate) fn checked_shape(&self, file: &InputFile) -> Result<[usize; 3], Problem> {
        let [channels, height, width] = (self.shape)(file)?;
        let side = |length| u32::try_from(length).unwrap_or(u32::MAX);
        file::check_image(side(width), side(height))?;
        Ok([channels, height, width])
    }

    /// The image, which is to be of this shape.
    pub(crate) fn raster(&self, file: &InputFile, shape: [usize; 3]) -> Result<Raster, Problem> {
        let decoded = (self.decode)(&file.content(MAX_BYTES)?)?;
        let raster = Raster::of_decoded(decoded)?;
        if raster.shape == shape {
            return Ok(raster);
        }
        let found = raster.shape;
        Err(format!("the header says shape {shape:?}, the content {found:?}").into())
    }
}
