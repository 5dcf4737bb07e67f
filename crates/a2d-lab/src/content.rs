//! The content of a file, digested block by block: it may be larger than what memory is to hold.

use sha2::{Digest, Sha256};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

/// Adds the content of a regular file to a digest.
pub(crate) fn digest(file: &Path, digest: &mut Sha256) -> io::Result<()> {
    let mut content = BufReader::with_capacity(1 << 16, a2d_file::open(file)?);
    loop {
        let block = content.fill_buf()?;
        if block.is_empty() {
            return Ok(());
        }
        digest.update(block);
        let len = block.len();
        content.consume(len);
    }
}
