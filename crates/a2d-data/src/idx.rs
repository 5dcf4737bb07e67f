//! IDX, the format of MNIST: a magic number, big-endian lengths, then one byte a value.
//!
//! Files may be gzipped; the content tells, not the name.

use crate::array::Array;
use crate::images::to_byte;
use crate::input_file::InputFile;
use crate::layout::{Encoding, Layout};
use crate::packed::{Packed, Packing, exactly};
use crate::problem::Problem;
use crate::{Axes, Error, ImageFile, ImageSource as _, Images, Reading, Result, file};
use flate2::bufread::MultiGzDecoder;
use flate2::{Compression, GzBuilder};
use std::io::{self, Read, Write};
use std::path::Path;

/// The first bytes of every gzip file.
pub(crate) const GZIP_MAGIC: &[u8] = b"\x1f\x8b";
/// The first bytes of a file of unsigned bytes; the number of dimensions follows.
pub(crate) const MAGIC: &[u8] = b"\0\0\x08";

/// Reads an IDX file of gray images (magic number `0x803`) as `[N, 1, H, W]`, its bytes divided
/// by 255.
///
/// # Errors
/// When the file cannot be read, is of another kind, claims more than it holds or than
/// [`MAX_BYTES`](crate::MAX_BYTES), is empty or goes on after its last pixel.
pub fn read_images(path: &Path) -> Result<Images> {
    open_images(path)?.images()
}

/// Opens an IDX file of gray images.
pub(crate) fn open_images(path: &Path) -> Result<ImageFile> {
    ImageFile::of_array(InputFile::open(path)?, FORMAT, open, Reading::default())
}

/// Reads an IDX file of labels (magic number `0x801`).
///
/// # Errors
/// As [`read_images`].
pub fn read_labels(path: &Path) -> Result<Vec<u32>> {
    parse_labels(path, &file::read(path, a2d_file::MAX_TEXT)?)
}

/// Writes gray images, each pixel rounded to the nearest byte; gzipped when the name ends in `.gz`.
///
/// Rounding may undo what is adversarial about an image; [`Images::to_8_bits`] tells beforehand what
/// will be read back.
///
/// # Errors
/// When the images have more than one channel, or the file cannot be written.
pub fn write_images(path: &Path, images: &Images) -> Result<()> {
    let [channels, height, width] = images.shape();
    if channels != 1 {
        let path = path.to_owned();
        return Err(Error::Channels { path, format: "IDX", expected: "1", channels });
    }
    let bytes: Vec<u8> = images.as_slice().iter().map(|&pixel| to_byte(pixel)).collect();
    write(path, [images.len(), height, width], &bytes)
}

/// Writes labels; gzipped when the name ends in `.gz`.
///
/// # Errors
/// [`Error::Label`] when a label takes more than a byte; else when the file cannot be written.
pub fn write_labels(path: &Path, labels: &[u32]) -> Result<()> {
    let byte = |(row, &label): (usize, &u32)| {
        u8::try_from(label).map_err(|_| Error::Label { row, label, classes: 256 })
    };
    let bytes = labels.iter().enumerate().map(byte).collect::<Result<Vec<_>>>()?;
    write(path, [labels.len()], &bytes)
}

/// What files of images are read as.
pub(crate) const FORMAT: &str = "IDX images";

/// More than the header of a gzip file takes, with the start of the content after it.
const GZIP_HEAD: usize = 1 << 17;

/// The bytes of the header of images, four words.
const HEADER: usize = 16;

/// The most values of a gzipped file of labels.
const MAX_LABELS: usize = a2d_file::MAX_TEXT as usize;

/// The array of a file; that of a plain one stays on disk.
pub(crate) fn open(file: &InputFile) -> std::result::Result<Array, Problem> {
    let layout = |[n, height, width]: [usize; 3], len| {
        Layout::new(([n, 1, height, width], Axes::Nchw), HEADER as u64, Encoding::Byte, len)
    };
    let head = file.head(HEADER)?;
    if !head.starts_with(GZIP_MAGIC) {
        let layout = layout(dims(&mut &head[..])?, file.len())?;
        return Ok(Array::on_disk(FORMAT, layout));
    }
    let dims = dims(&mut MultiGzDecoder::new(&*file.head(GZIP_HEAD)?))?;
    // What is unpacked will be compared with the claim.
    let layout = layout(dims, (HEADER as u64).saturating_add(file::claimed_bytes(&dims, 1)?))?;
    let packed = Packed { packing: Packing::Gzip, bytes: 0..file.len(), fortran: false };
    Ok(Array::packed(FORMAT, layout, packed)?)
}

pub(crate) fn parse_labels(path: &Path, bytes: &[u8]) -> Result<Vec<u32>> {
    let labels = if bytes.starts_with(GZIP_MAGIC) {
        parse::<1>(MultiGzDecoder::new(bytes), MAX_LABELS)
    } else {
        parse::<1>(bytes, MAX_LABELS)
    };
    let labels = labels.map(|(_, labels)| labels.into_iter().map(u32::from).collect());
    labels.map_err(|problem| Error::malformed(path, "IDX labels", problem))
}

/// Lengths and values, `limit` at most, of a file with `D` dimensions.
fn parse<const D: usize>(
    mut reader: impl Read,
    limit: usize,
) -> std::result::Result<([usize; D], Vec<u8>), String> {
    let dims = dims(&mut reader)?;
    let len = file::claimed_len(&dims)?;
    if len > limit {
        return Err(format!("shape {dims:?} has more than {limit} values, the limit"));
    }
    Ok((dims, exactly(reader, len as u64)?))
}

/// The lengths that the header of a file with `D` dimensions gives.
fn dims<const D: usize>(reader: &mut impl Read) -> std::result::Result<[usize; D], String> {
    let mut word = || {
        let mut bytes = [0; 4];
        reader.read_exact(&mut bytes).map_err(|cause| format!("the header is cut: {cause}"))?;
        Ok::<_, String>(u32::from_be_bytes(bytes))
    };
    let (magic, expected) = (word()?, 0x800 | D as u32);
    if magic != expected {
        return Err(format!("the magic number is {magic:#x}, expected {expected:#x}"));
    }
    let mut dims = [0; D];
    for dim in &mut dims {
        *dim = word()? as usize;
    }
    Ok(dims)
}

fn write<const D: usize>(path: &Path, dims: [usize; D], values: &[u8]) -> Result<()> {
    let content = |writer: &mut dyn Write| {
        writer.write_all(&(0x800 | D as u32).to_be_bytes())?;
        for dim in dims {
            let dim = u32::try_from(dim).map_err(io::Error::other)?;
            writer.write_all(&dim.to_be_bytes())?;
        }
        writer.write_all(values)
    };
    file::write(path, |writer| {
        if path.extension().is_some_and(|extension| extension == "gz") {
            // No time and no system in the header: the same images give the same file.
            let header = GzBuilder::new().mtime(0).operating_system(255);
            let mut encoder = header.write(writer, Compression::best());
            content(&mut encoder)?;
            encoder.finish().map(drop)
        } else {
            content(writer)
        }
    })
}
