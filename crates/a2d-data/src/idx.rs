//! IDX, the format of MNIST: a magic number, big-endian lengths, then one byte a value.
//!
//! Files may be gzipped; the content tells, not the name.

use crate::error::one_line;
use crate::file::{self, MAX_BYTES, MAX_PIXELS};
use crate::images::to_byte;
use crate::input_file::InputFile;
use crate::layout::{Encoding, Layout};
use crate::whole::{Problem, Whole};
use crate::{Error, ImageFile, Images, Result};
use flate2::bufread::MultiGzDecoder;
use flate2::{Compression, GzBuilder};
use ndarray::Array4;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::OnceLock;

/// The first bytes of every gzip file.
pub(crate) const GZIP_MAGIC: &[u8] = b"\x1f\x8b";
/// The first bytes of a file of unsigned bytes; the number of dimensions follows.
pub(crate) const MAGIC: &[u8] = b"\0\0\x08";

/// Reads an IDX file of gray images (magic number `0x803`) as `[N, 1, H, W]`, its bytes divided
/// by 255.
///
/// # Errors
/// When the file cannot be read, is of another kind, claims more than it holds or than
/// [`MAX_BYTES`], is empty or goes on after its last pixel.
pub fn read_images(path: &Path) -> Result<Images> {
    open(InputFile::open(path)?)?.into_images()
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
const FORMAT: &str = "IDX images";

/// More than the header of a gzip file takes, with the start of the content after it.
const GZIP_HEAD: usize = 1 << 17;

/// What one byte of a file can grow to at most, as DEFLATE goes.
const MAX_INFLATION: u64 = 1032;

/// The most values of a gzipped file of labels.
const MAX_LABELS: usize = a2d_file::MAX_TEXT as usize;

/// The images of a file; those of a plain one stay on disk.
pub(crate) fn open(file: InputFile) -> Result<ImageFile> {
    // The four words of a header.
    let head = file.head(16)?;
    let malformed = |file: &InputFile, problem| Error::malformed(file.path(), FORMAT, problem);
    if head.starts_with(GZIP_MAGIC) {
        let packed = file.head(GZIP_HEAD)?;
        let dims = dims(&mut MultiGzDecoder::new(&*packed))
            .map(|[n, height, width]| [n, 1, height, width]);
        let dims = dims.and_then(|dims| {
            let (len, packed) = (file::claimed_len(&dims)?, file.len());
            if len as u64 > packed.saturating_mul(MAX_INFLATION) {
                return Err(format!("{len} values cannot come from {packed} compressed bytes"));
            }
            Ok(dims)
        });
        let dims = dims.map_err(|problem| malformed(&file, problem))?;
        let (format, read, held) = (FORMAT, unpack_images as _, OnceLock::new());
        return Ok(ImageFile::whole(Whole { file, dims, format, read, held }));
    }
    let layout = dims(&mut &head[..]).and_then(|[n, height, width]| {
        Layout::new([n, 1, height, width], head.len() as u64, Encoding::Byte, file.len())
    });
    match layout {
        Ok(layout) => Ok(ImageFile::on_disk(file, FORMAT, layout)),
        Err(problem) => Err(malformed(&file, problem)),
    }
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

/// The images of a gzipped file, which may have several members.
fn unpack_images(file: &InputFile) -> std::result::Result<Images, Problem> {
    let packed = file.content(MAX_BYTES)?;
    let ([n, height, width], bytes) = parse(MultiGzDecoder::new(&*packed), MAX_PIXELS)?;
    let pixels = Encoding::Byte.decode(&bytes);
    let pixels = Array4::from_shape_vec((n, 1, height, width), pixels).map_err(one_line)?;
    Ok(Images::new(pixels).map_err(one_line)?)
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
    // One byte more shows whether anything follows; the buffer grows only with what is there.
    let mut values = Vec::new();
    reader
        .take(len as u64 + 1)
        .read_to_end(&mut values)
        .map_err(|cause| format!("after {} of {len} values: {cause}", values.len()))?;
    match values.len() {
        read if read < len => Err(format!("the file ends after {read} of {len} values")),
        read if read > len => Err(format!("the file goes on after the last of {len} values")),
        _ => Ok((dims, values)),
    }
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
