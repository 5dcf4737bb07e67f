//! Arrays that have no rows which could be read by themselves.

use crate::file::{self, MAX_BYTES};
use crate::input_file::InputFile;
use crate::layout::Layout;
use crate::problem::Problem;
use flate2::CrcReader;
use flate2::bufread::{DeflateDecoder, MultiGzDecoder};
use std::io::{self, Read};
use std::ops::Range;

/// What one byte of a compressed file can grow to at most, as DEFLATE goes.
pub(crate) const MAX_INFLATION: u64 = 1032;

/// An array that is compressed, or whose images are all over it: it is read as a whole or not at all.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    pub(crate) packing: Packing,
    /// The bytes of the file that it is packed in, with its header.
    pub(crate) bytes: Range<u64>,
    /// Whether the first index runs fastest, not the last.
    pub(crate) fortran: bool,
}

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    None,
    /// As a gzip file, which may have several members.
    Gzip,
    /// As a deflated member of a zip archive, whose content has this checksum.
    Deflate {
        crc: u32,
    },
}

impl Packed {
    /// Refuses an array of this layout that memory is not to hold, or that cannot come from so few bytes.
    pub(crate) fn check(&self, layout: &Layout) -> Result<(), String> {
        let len = file::claimed_len(&layout.dims)?;
        let (unpacked, packed) = (layout.bytes(), self.bytes.end - self.bytes.start);
        if unpacked > packed.saturating_mul(MAX_INFLATION) {
            return Err(format!("{len} values cannot come from {packed} compressed bytes"));
        }
        Ok(())
    }

    /// The bytes of all images, one after the other.
    pub(crate) fn unpack(&self, file: &InputFile, layout: &Layout) -> Result<Vec<u8>, Problem> {
        let packed = file.part(self.bytes.clone(), MAX_BYTES)?;
        let bytes = match self.packing {
            Packing::None => content(&*packed, layout)?,
            Packing::Gzip => content(MultiGzDecoder::new(&*packed), layout)?,
            Packing::Deflate { crc } => {
                let mut reader = CrcReader::new(DeflateDecoder::new(&*packed));
                let bytes = content(&mut reader, layout)?;
                if reader.crc().sum() != crc {
                    return Err(
                        "the checksum of the content is another than the archive says".into()
                    );
                }
                bytes
            }
        };
        Ok(if self.fortran { first_index_last(&bytes, layout) } else { bytes })
    }
}

/// What stands behind the header, up to the end.
fn content(mut reader: impl Read, layout: &Layout) -> Result<Vec<u8>, String> {
    let cut = |cause: io::Error| format!("the header is cut: {cause}");
    io::copy(&mut reader.by_ref().take(layout.start), &mut io::sink()).map_err(cut)?;
    exactly(reader, layout.bytes())
}

/// All that is left, which is to be so many bytes.
pub(crate) fn exactly(reader: impl Read, len: u64) -> Result<Vec<u8>, String> {
    // One byte more shows whether anything follows; the buffer grows only with what is there.
    let mut bytes = Vec::new();
    reader
        .take(len + 1)
        .read_to_end(&mut bytes)
        .map_err(|cause| format!("after {} of {len} bytes: {cause}", bytes.len()))?;
    match bytes.len() as u64 {
        read if read < len => Err(format!("the file ends after {read} of {len} bytes")),
        read if read > len => Err(format!("the file goes on after the last of {len} bytes")),
        _ => Ok(bytes),
    }
}

/// The same values with the last index running fastest, from those where the first one does.
fn first_index_last(bytes: &[u8], layout: &Layout) -> Vec<u8> {
    let lengths = layout.axes.lengths(layout.dims);
    let width = layout.encoding.width();
    let mut strides = [width; 4];
    for axis in 1..4 {
        strides[axis] = strides[axis - 1] * lengths[axis - 1];
    }
    let mut ordered = Vec::with_capacity(bytes.len());
    for a in 0..lengths[0] {
        for b in 0..lengths[1] {
            for c in 0..lengths[2] {
                for d in 0..lengths[3] {
                    let at = a * strides[0] + b * strides[1] + c * strides[2] + d * strides[3];
                    ordered.extend_from_slice(&bytes[at..at + width]);
                }
            }
        }
    }
    ordered
}
