//! What is fed with damaged files.

use std::io::Write as _;
use std::path::Path;

use flate2::{Compression, Crc, write::GzEncoder};

/// Reads the file at this path, and says whether it took it.
pub type Parser = fn(&Path) -> bool;

/// Packs what was damaged, so that the damage is found.
pub type Dress = fn(Vec<u8>) -> Vec<u8>;

/// A parser, and files that it takes.
pub struct Target {
    /// What it parses; the name of its folder in the corpus.
    pub name: &'static str,
    /// Files that are as they should be.
    pub seeds: Vec<Vec<u8>>,
    /// Reads a file; whether it was accepted.
    pub parse: Parser,
    /// Makes damaged content a file whose checksums are right, so that not they alone find the damage.
    pub dress: Dress,
}

/// The content as it is.
pub(crate) fn plain(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

/// The content, unpacked as far as that goes, in a gzip file.
pub(crate) fn gzipped(bytes: Vec<u8>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let packed = encoder.write_all(&bytes).and_then(|()| encoder.finish());
    packed.unwrap_or(bytes)
}

/// A PNG file with the right checksum after every chunk.
pub(crate) fn with_png_checksums(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut at = 8;
    while let Some(len) =
        bytes.get(at..at + 4).and_then(|len| Some(u32::from_be_bytes(len.try_into().ok()?)))
    {
        let end = at + 8 + len as usize;
        if end + 4 > bytes.len() {
            break;
        }
        let mut crc = Crc::new();
        crc.update(&bytes[at + 4..end]);
        bytes[end..end + 4].copy_from_slice(&crc.sum().to_be_bytes());
        at = end + 4;
    }
    bytes
}
