//! NumPy's npy files.

use crate::error::one_line;
use crate::file;
use crate::{Error, Images, Result};
use ndarray::{Array1, Array4};
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use py_literal::Value;
use std::io;
use std::path::Path;

/// The first bytes of every npy file; the version and the length of the header follow.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest header read, as in NumPy; a header of numbers has some hundred bytes.
const MAX_HEADER: usize = 10_000;

/// Reads `float32` or `float64` images of shape `[N, C, H, W]`, in C or Fortran order.
///
/// # Errors
/// When the file cannot be read, holds an array of another type or shape, claims more than it
/// holds or than [`MAX_BYTES`](crate::MAX_BYTES), goes on after its last pixel, or has pixels that
/// [`Images::new`] refuses.
pub fn read_images(path: &Path) -> Result<Images> {
    parse_images(path, &file::read(path)?)
}

/// Reads one-dimensional `int64` or `uint8` labels, each within 0..=255.
///
/// # Errors
/// When the file cannot be read, holds an array of another type or shape, claims more than it
/// holds, goes on after its last label, or a label is out of range.
pub fn read_labels(path: &Path) -> Result<Vec<u8>> {
    let bytes = file::read(path)?;
    parse_labels(&bytes).map_err(|problem| Error::Malformed {
        path: path.to_owned(),
        format: "npy labels",
        problem,
    })
}

/// Writes images as `float32` of shape `[N, C, H, W]`.
///
/// # Errors
/// When the file cannot be written.
pub fn write_images(path: &Path, images: &Images) -> Result<()> {
    file::write(path, |writer| images.view().write_npy(writer).map_err(io::Error::other))
}

pub(crate) fn parse_images(path: &Path, bytes: &[u8]) -> Result<Images> {
    let parse = || {
        let expected = "float32 or float64 images [N, C, H, W]";
        let header = Header::parse(bytes)?;
        let pixels = match (header.kind(), header.shape.len()) {
            ("f4", 4) => Array4::<f32>::read_npy(header.holding::<f32>(bytes)?),
            ("f8", 4) => Array4::<f64>::read_npy(header.holding::<f64>(bytes)?)
                .map(|pixels| pixels.mapv(|pixel| pixel as f32)),
            _ => return Err(header.unexpected(expected)),
        };
        Images::new(pixels.map_err(one_line)?).map_err(one_line)
    };
    let format = "npy images";
    parse().map_err(|problem| Error::Malformed { path: path.to_owned(), format, problem })
}

fn parse_labels(bytes: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let header = Header::parse(bytes)?;
    match (header.kind(), header.shape.len()) {
        ("u1", 1) => {
            let labels = Array1::<u8>::read_npy(header.holding::<u8>(bytes)?);
            Ok(labels.map_err(one_line)?.to_vec())
        }
        ("i8", 1) => {
            let labels = Array1::<i64>::read_npy(header.holding::<i64>(bytes)?);
            let labels = labels.map_err(one_line)?;
            let byte = |(row, &label): (usize, &i64)| {
                u8::try_from(label)
                    .map_err(|_| format!("label {row} is {label}, expected 0 to 255"))
            };
            labels.iter().enumerate().map(byte).collect()
        }
        _ => Err(header.unexpected("int64 or uint8 labels [N]")),
    }
}

/// What a file claims to hold. `ndarray_npy` allocates what a header claims, and its parser
/// recurses as deep as a header nests, so both are checked first.
struct Header {
    /// NumPy's name of the type, such as `<f4`.
    descr: String,
    shape: Vec<usize>,
    /// Where the values start.
    end: usize,
}

impl Header {
    fn parse(bytes: &[u8]) -> std::result::Result<Self, String> {
        let cut = || format!("the header is cut: the file has {} bytes", bytes.len());
        if !bytes.starts_with(MAGIC) {
            return Err("the file does not start with the npy magic string".to_owned());
        }
        let rest = &bytes[MAGIC.len()..];
        let (len, start) = match rest {
            &[1, _, a, b, ..] => (usize::from(u16::from_le_bytes([a, b])), 4),
            &[2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([a, b, c, d]) as usize, 6),
            &[1..=3, ..] | [] => return Err(cut()),
            &[major, ..] => return Err(format!("version {major} is not known, expected 1 to 3")),
        };
        if len > MAX_HEADER {
            return Err(format!("the header has {len} bytes, expected at most {MAX_HEADER}"));
        }
        let text = rest.get(start..start + len).ok_or_else(cut)?;
        let text = std::str::from_utf8(text).map_err(one_line)?;
        if text.matches(['(', '[', '{']).count() > 2 {
            return Err(format!("the array is of a structured type: {}", one_line(text)));
        }
        let dict =
            text.trim_end().parse().map_err(|cause| format!("bad header: {}", one_line(cause)))?;
        let (descr, shape) =
            Self::fields(&dict).ok_or_else(|| format!("bad header: {}", one_line(text)))?;
        Ok(Self { descr, shape, end: MAGIC.len() + start + len })
    }

    /// Type and shape, provided that all three fields are there and each once.
    fn fields(dict: &Value) -> Option<(String, Vec<usize>)> {
        let fields = dict.as_dict().filter(|fields| fields.len() == 3)?;
        let field = |name: &str| {
            let is_it = |key: &Value| key.as_string().is_some_and(|key| key == name);
            fields.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value)
        };
        field("fortran_order")?.as_boolean()?;
        let shape = field("shape")?.as_tuple()?.iter();
        let shape = shape.map(|length| usize::try_from(length.as_integer()?).ok());
        Some((field("descr")?.as_string()?.clone(), shape.collect::<Option<_>>()?))
    }

    /// The type without its byte order.
    fn kind(&self) -> &str {
        self.descr.trim_start_matches(['<', '>', '=', '|'])
    }

    /// The same bytes, once it is sure that the shape claims exactly what follows the header.
    fn holding<'a, T>(&self, bytes: &'a [u8]) -> std::result::Result<&'a [u8], String> {
        let claimed = file::claimed_len(&self.shape)? * size_of::<T>();
        let there = bytes.len() - self.end;
        if claimed == there {
            Ok(bytes)
        } else {
            let shape = &self.shape;
            Err(format!("shape {shape:?} takes {claimed} bytes, but {there} follow the header"))
        }
    }

    fn unexpected(&self, expected: &str) -> String {
        format!("the array is {} of shape {:?}, expected {expected}", self.descr, self.shape)
    }
}
