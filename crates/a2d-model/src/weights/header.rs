//! The header of a weights file, read before the weights are.

use std::io::Read as _;
use std::path::Path;

use a2d_file::Error;
use safetensors::tensor::Metadata;

use crate::Result;

/// The bytes of the number that says how long the header is.
const START: usize = size_of::<u64>();

/// What the header of the file at `path` says, and the length that it gives the file, which is the file's own.
pub(super) fn read(path: &Path) -> Result<(Metadata, u64)> {
    let malformed = |expected: String, found: String| Error::malformed(path, expected, &found);
    let mut file = a2d_file::open(path).map_err(Error::read(path))?;
    let there = file.metadata().map_err(Error::read(path))?.len();
    let mut start = Vec::new();
    (&mut file).take(START as u64).read_to_end(&mut start).map_err(Error::read(path))?;
    let claimed = <[u8; START]>::try_from(start).map(u64::from_le_bytes).map_err(|start| {
        malformed("a safetensors file".into(), format!("{} bytes", start.len()))
    })?;
    if claimed > a2d_file::MAX_TEXT {
        let limit = a2d_file::MAX_TEXT >> 20;
        let expected = format!("a safetensors file with a header of at most {limit} MiB");
        return Err(malformed(expected, format!("one of {claimed} bytes")).into());
    }
    let mut text = Vec::new();
    file.take(claimed).read_to_end(&mut text).map_err(Error::read(path))?;
    if text.len() as u64 != claimed {
        let expected = format!("a safetensors file with a header of {claimed} bytes");
        return Err(malformed(expected, format!("{there} bytes in all")).into());
    }
    let header: Metadata = serde_json::from_slice(&text)
        .map_err(|error| malformed("a safetensors file".into(), error.to_string()))?;
    let len = (header.data_len() as u64).saturating_add(START as u64 + claimed);
    if len != there {
        let expected = format!("a safetensors file of {len} bytes, as its header says");
        return Err(malformed(expected, format!("{there} bytes")).into());
    }
    Ok((header, len))
}
