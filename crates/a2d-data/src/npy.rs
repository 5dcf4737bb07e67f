//! NumPy's npy files.

mod header;

use crate::array::Array;
use crate::file;
use crate::input_file::InputFile;
use crate::layout::values;
use crate::packed::{Packed, Packing};
use crate::problem::Problem;
use crate::{Axes, Error, ImageFile, ImageSource as _, Images, Reading, Result};
pub(crate) use header::{Header, MAGIC, MAX_END};
use ndarray_npy::WriteNpyExt;
use std::io;
use std::path::Path;

/// What files of images are read as.
pub(crate) const FORMAT: &str = "npy images";

/// Reads `float32`, `float64`, `float16` or `uint8` images of shape `[N, C, H, W]`, in C or Fortran order;
/// bytes are divided by 255.
///
/// # Errors
/// When the file cannot be read, is no npy file, holds an array of another type or shape, claims more than it
/// holds or than [`MAX_BYTES`](crate::MAX_BYTES), goes on after its last pixel, or has pixels that
/// [`Images::new`] refuses.
pub fn read_images(path: &Path) -> Result<Images> {
    let reading = Reading::default();
    ImageFile::of_array(InputFile::open(path)?, FORMAT, |file| open(file, Axes::Nchw), reading)?
        .images()
}

/// Reads one-dimensional `uint8`, `int32`, `uint32` or `int64` labels, each from 0 to 2^32 - 1.
///
/// # Errors
/// When the file cannot be read, holds an array of another type or shape, claims more than it
/// holds, goes on after its last label, or a label is out of range.
pub fn read_labels(path: &Path) -> Result<Vec<u32>> {
    parse_labels(path, &file::read(path, a2d_file::MAX_TEXT)?)
}

/// Writes images as `float32` of shape `[N, C, H, W]`.
///
/// # Errors
/// When the file cannot be written.
pub fn write_images(path: &Path, images: &Images) -> Result<()> {
    file::write(path, |writer| to_npy(images, writer))
}

/// Writes the bytes of the file that [`write_images`] writes to `sink`.
///
/// # Errors
/// What the sink says.
pub fn to_npy(images: &Images, sink: impl io::Write) -> io::Result<()> {
    images.view().write_npy(sink).map_err(io::Error::other)
}

/// The array of a file; one in C order stays on disk.
pub(crate) fn open(file: &InputFile, axes: Axes) -> std::result::Result<Array, Problem> {
    let header = Header::parse(&file.head(MAX_END)?)?;
    let layout = header.layout(axes, file.len())?;
    if !header.fortran {
        return Ok(Array::on_disk(FORMAT, layout));
    }
    let packed = Packed { packing: Packing::None, bytes: 0..file.len(), fortran: true };
    Ok(Array::packed(FORMAT, layout, packed)?)
}

pub(crate) fn parse_labels(path: &Path, bytes: &[u8]) -> Result<Vec<u32>> {
    let parse = || {
        let header = Header::parse(bytes)?;
        let labels = match (&*header.descr, &header.shape[..]) {
            ("|u1", [_]) => values(header.values(bytes, 1)?, |[byte]| i64::from(byte)),
            ("<i4", [_]) => values(header.values(bytes, 4)?, |b| i32::from_le_bytes(b).into()),
            (">i4", [_]) => values(header.values(bytes, 4)?, |b| i32::from_be_bytes(b).into()),
            ("<u4", [_]) => values(header.values(bytes, 4)?, |b| u32::from_le_bytes(b).into()),
            (">u4", [_]) => values(header.values(bytes, 4)?, |b| u32::from_be_bytes(b).into()),
            ("<i8", [_]) => values(header.values(bytes, 8)?, i64::from_le_bytes),
            (">i8", [_]) => values(header.values(bytes, 8)?, i64::from_be_bytes),
            _ => return Err(header.unexpected("uint8, int32, uint32 or int64 labels [N]")),
        };
        let class = |(row, &label): (usize, &i64)| {
            let expected = u32::MAX;
            u32::try_from(label)
                .map_err(|_| format!("label {row} is {label}, expected 0 to {expected}"))
        };
        labels.iter().enumerate().map(class).collect()
    };
    parse().map_err(|problem| Error::malformed(path, "npy labels", problem))
}
