//! The header of an npy file.

use crate::Axes;
use crate::error::one_line;
use crate::layout::{self, Encoding, Layout};
use py_literal::Value;

/// The first bytes of every npy file; the version and the length of the header follow.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";

/// The longest text read, as in NumPy; that of an array of numbers has some hundred bytes.
const MAX_TEXT: usize = 10_000;

/// Where the values of a file start at the latest: after magic string, version, length and text.
pub(crate) const MAX_END: usize = 6 + 2 + 4 + MAX_TEXT;

/// What a file claims to hold.
pub(crate) struct Header {
    /// NumPy's name of the type, such as `<f4`.
    pub(super) descr: String,
    /// Whether the first index runs fastest, not the last.
    pub(crate) fortran: bool,
    pub(super) shape: Vec<usize>,
    /// Where the values start.
    pub(super) end: usize,
}

impl Header {
    /// The header at the start of `bytes`, which may end anywhere after it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let cut = || format!("the header is cut: the file has {} bytes", bytes.len());
        let rest =
            bytes.strip_prefix(MAGIC).ok_or("the file does not start with the npy magic string")?;
        let (len, start) = match rest {
            &[1, _, a, b, ..] => (usize::from(u16::from_le_bytes([a, b])), 4),
            &[2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([a, b, c, d]) as usize, 6),
            &[1..=3, ..] | [] => return Err(cut()),
            &[major, ..] => return Err(format!("version {major} is not known, expected 1 to 3")),
        };
        if len > MAX_TEXT {
            return Err(format!("the header has {len} bytes, expected at most {MAX_TEXT}"));
        }
        let text = rest.get(start..start + len).ok_or_else(cut)?;
        let text = std::str::from_utf8(text).map_err(one_line)?;
        // The parser recurses as deep as the text nests.
        if text.matches(['(', '[', '{']).count() > 2 {
            return Err(format!("the array is of a structured type: {}", one_line(text)));
        }
        let dict =
            text.trim_end().parse().map_err(|cause| format!("bad header: {}", one_line(cause)))?;
        let end = MAGIC.len() + start + len;
        Self::of(&dict, end).ok_or_else(|| format!("bad header: {}", one_line(text)))
    }

    /// The header with these fields, provided that all three are there and each once.
    fn of(dict: &Value, end: usize) -> Option<Self> {
        let fields = dict.as_dict().filter(|fields| fields.len() == 3)?;
        let field = |name: &str| {
            let is_it = |key: &Value| key.as_string().is_some_and(|key| key == name);
            fields.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value)
        };
        let shape = field("shape")?.as_tuple()?.iter();
        let shape = shape.map(|length| usize::try_from(length.as_integer()?).ok());
        Some(Self {
            descr: field("descr")?.as_string()?.clone(),
            fortran: field("fortran_order")?.as_boolean()?,
            shape: shape.collect::<Option<_>>()?,
            end,
        })
    }

    /// The layout of images with these axes in a file of `len` bytes.
    pub(crate) fn layout(&self, axes: Axes, len: u64) -> Result<Layout, String> {
        let encoding = match &*self.descr {
            "|u1" => Some(Encoding::Byte),
            "<f2" => Some(Encoding::HalfLittleEndian),
            ">f2" => Some(Encoding::HalfBigEndian),
            "<f4" => Some(Encoding::SingleLittleEndian),
            ">f4" => Some(Encoding::SingleBigEndian),
            "<f8" => Some(Encoding::DoubleLittleEndian),
            ">f8" => Some(Encoding::DoubleBigEndian),
            _ => None,
        };
        match (encoding, axes.dims(&self.shape)) {
            (Some(encoding), Some(dims)) => {
                Layout::new((dims, axes), self.end as u64, encoding, len)
            }
            _ => Err(self.unexpected(&format!("{} {axes}", Encoding::EXPECTED))),
        }
    }

    /// The values in `bytes`, the whole file, once it is sure that the shape claims exactly what
    /// follows the header; `width` is the bytes of a value.
    pub(super) fn values<'a>(&self, bytes: &'a [u8], width: usize) -> Result<&'a [u8], String> {
        layout::fits(&self.shape, width, self.end as u64, bytes.len() as u64)?;
        Ok(&bytes[self.end..])
    }

    pub(super) fn unexpected(&self, expected: &str) -> String {
        format!("the array is {} of shape {:?}, expected {expected}", self.descr, self.shape)
    }
}
