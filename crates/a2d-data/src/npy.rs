//! NumPy's npy files.

mod header;

use crate::error::one_line;
use crate::file;
use crate::input_file::InputFile;
use crate::layout::{Layout, values};
use crate::whole::{Problem, Whole};
use crate::{Error, ImageFile, Images, Result};
use header::Header;
pub(crate) use header::MAGIC;
use ndarray::{Array4, ShapeBuilder};
use ndarray_npy::WriteNpyExt;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

/// What files of images are read as.
const FORMAT: &str = "npy images";

/// Reads `float32` or `float64` images of shape `[N, C, H, W]`, in C or Fortran order.
///
/// # Errors
/// When the file cannot be read, holds an array of another type or shape, claims more than it
/// holds or than [`MAX_BYTES`](crate::MAX_BYTES), goes on after its last pixel, or has pixels that
/// [`Images::new`] refuses.
pub fn read_images(path: &Path) -> Result<Images> {
    open(InputFile::open(path)?)?.into_images()
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

/// The images of a file; those in C order stay on disk.
pub(crate) fn open(file: InputFile) -> Result<ImageFile> {
    let malformed = |file: &InputFile, problem| Error::malformed(file.path(), FORMAT, problem);
    let (layout, fortran) = match layout(&file) {
        Ok(found) => found,
        Err(Problem::System(error)) => return Err(error),
        Err(Problem::Content(problem)) => return Err(malformed(&file, problem)),
    };
    if !fortran {
        return Ok(ImageFile::on_disk(file, FORMAT, layout));
    }
    let dims = layout.dims;
    file::claimed_len(&dims).map_err(|problem| malformed(&file, problem))?;
    let (format, read, held) = (FORMAT, fortran_images as _, OnceLock::new());
    Ok(ImageFile::whole(Whole { file, dims, format, read, held }))
}

/// How the images lie in the file, and whether their first index runs fastest.
fn layout(file: &InputFile) -> std::result::Result<(Layout, bool), Problem> {
    let header = Header::parse(&file.head(header::MAX_END)?)?;
    Ok((header.layout(file.len())?, header.fortran))
}

/// The images of a file whose first index runs fastest, so that every image is all over it.
fn fortran_images(file: &InputFile) -> std::result::Result<Images, Problem> {
    let (layout, _) = layout(file)?;
    let mut bytes = vec![0; file::claimed_len(&layout.dims)? * layout.encoding.width()];
    file.read_at(layout.start, &mut bytes)?;
    let pixels = Array4::from_shape_vec(layout.dims.f(), layout.encoding.decode(&bytes));
    Ok(Images::new(pixels.map_err(one_line)?).map_err(one_line)?)
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
