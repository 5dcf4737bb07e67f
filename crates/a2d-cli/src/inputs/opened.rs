//! Files of images, or what comes on standard input.

use std::io::{self, Read as _};
use std::path::Path;
use std::sync::OnceLock;

use a2d_data::{ImageFile, MAX_BYTES, Reading};

use crate::exit::BadInput;
use crate::reading::STANDARD_INPUT;

/// What came on standard input, which can be read once.
static READ: OnceLock<Vec<u8>> = OnceLock::new();

/// The images of a file, of standard input for `-`.
pub(super) fn image_file(path: &Path, reading: Reading) -> anyhow::Result<ImageFile> {
    if path != Path::new(STANDARD_INPUT) {
        return Ok(ImageFile::open_as(path, reading)?);
    }
    if READ.get().is_none() {
        let read = standard_input();
        let read = read.map_err(|error| BadInput(format!("read standard input: {error}")))?;
        let _ = READ.set(read);
    }
    let bytes = READ.get().cloned().unwrap_or_default();
    Ok(ImageFile::of_bytes(STANDARD_INPUT, bytes, reading)?)
}

fn standard_input() -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    io::stdin().lock().take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_BYTES {
        return Err(io::Error::other(format!("expected at most {MAX_BYTES} bytes, found more")));
    }
    Ok(bytes)
}
