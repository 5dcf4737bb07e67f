//! Gzipped tar archives.

use crate::MAX_BYTES;
use crate::error::one_line;
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Shows the content of each file in an archive, with its path there, to `visit`.
pub(super) fn unpack(
    archive: &Path,
    mut visit: impl FnMut(&Path, &mut dyn Read) -> Result<(), String>,
) -> Result<(), String> {
    let archive = File::open(archive).map_err(one_line)?;
    let unpacked = GzDecoder::new(archive).take(MAX_BYTES as u64);
    let mut archive = tar::Archive::new(unpacked);
    for entry in archive.entries().map_err(one_line)? {
        let mut entry = entry.map_err(one_line)?;
        let path = entry.path().map_err(one_line)?.into_owned();
        visit(&path, &mut entry)?;
    }
    Ok(())
}

/// Makes an archive of files with these paths and contents.
#[cfg(test)]
pub(super) fn pack(archive: &Path, files: &[(&str, &[u8])]) {
    use flate2::{Compression, write::GzEncoder};
    let encoder = GzEncoder::new(File::create(archive).unwrap(), Compression::fast());
    let mut builder = tar::Builder::new(encoder);
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap();
}
