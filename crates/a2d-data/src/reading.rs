//! How images are taken from files.

use crate::Framing;
use crate::raster::Raster;
use std::fmt;

/// How images are taken from files; nothing changes them unless it is asked for.
///
/// ```
/// use a2d_data::{Axes, Framing, ImageFile, ImageSource, Reading, npy, Images};
/// use ndarray::Array4;
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("images.npy");
/// let images = Images::new(Array4::from_elem((2, 8, 12, 1), 0.5))?;
/// npy::write_images(&path, &images)?;
///
/// let framing = Framing { crop: Some(6), ..Framing::default() };
/// let reading = Reading { axes: Axes::Nhwc, framing, channels: Some(3) };
/// let file = ImageFile::open_as(&path, reading)?;
/// assert_eq!((file.len(), file.shape()), (2, [3, 6, 6]));
/// assert_eq!(file.row(1)?, [0.5; 108]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The axes of arrays (npy, npz, tensors).
    pub axes: Axes,
    /// The size that images get.
    pub framing: Framing,
    /// Channels that images are wanted with, where that is known: grey images are repeated for three, images
    /// of three equal channels are taken as grey for one, and those of colours are refused there.
    pub channels: Option<usize>,
}

/// The order of the axes of arrays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Axes {
    /// Images, channels, height, width: PyTorch's order.
    #[default]
    Nchw,
    /// Images, height, width, channels: TensorFlow's order.
    Nhwc,
    /// Images, height, width: grey images without an axis for their channel.
    Nhw,
}

impl Axes {
    /// The lengths N, C, H and W of an array of this shape, if it has these axes.
    pub(crate) fn dims(self, shape: &[usize]) -> Option<[usize; 4]> {
        match (self, shape) {
            (Self::Nchw, &[n, channels, height, width])
            | (Self::Nhwc, &[n, height, width, channels]) => Some([n, channels, height, width]),
            (Self::Nhw, &[n, height, width]) => Some([n, 1, height, width]),
            _ => None,
        }
    }

    /// The lengths of these axes in their order.
    pub(crate) fn lengths(self, [n, channels, height, width]: [usize; 4]) -> [usize; 4] {
        match self {
            Self::Nchw | Self::Nhw => [n, channels, height, width],
            Self::Nhwc => [n, height, width, channels],
        }
    }
}

impl fmt::Display for Axes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Nchw => "[N, C, H, W]",
            Self::Nhwc => "[N, H, W, C]",
            Self::Nhw => "[N, H, W]",
        })
    }
}

impl Reading {
    /// The shape that images of this shape get.
    pub(crate) fn shape(self, [channels, height, width]: [usize; 3]) -> Result<[usize; 3], String> {
        let [height, width] = self.framing.size([height, width])?;
        let channels = match (channels, self.channels) {
            (1 | 3, Some(wanted @ (1 | 3))) => wanted,
            _ => channels,
        };
        Ok([channels, height, width])
    }

    /// The image as it is wanted.
    pub(crate) fn apply(self, raster: Raster) -> Result<Raster, String> {
        let framed = self.framing.apply(raster)?;
        match self.channels {
            Some(channels) => framed.with_channels(channels),
            None => Ok(framed),
        }
    }
}
