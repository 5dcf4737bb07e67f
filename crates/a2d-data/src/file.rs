//! Whole files in, whole files out.

use crate::{Error, Result};
use atomic_write_file::AtomicWriteFile;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

/// The most bytes that are read from a file, and the most that its pixels may take as `f32`: 1 GiB.
///
/// No file header makes the parsers allocate more than a small multiple of the file's length; where
/// the content is compressed, this limit holds instead.
pub const MAX_BYTES: usize = 1 << 30;

/// The most pixels of one file: [`MAX_BYTES`] as `f32`.
pub(crate) const MAX_PIXELS: usize = MAX_BYTES / size_of::<f32>();

/// The number of values in an array of shape `dims`, or why there cannot be such an array here.
pub(crate) fn claimed_len(dims: &[usize]) -> std::result::Result<usize, String> {
    if dims.contains(&0) {
        return Err(format!("shape {dims:?} is empty, expected at least one value"));
    }
    dims.iter()
        .try_fold(1, |len: usize, &dim| len.checked_mul(dim))
        .filter(|&len| len <= MAX_PIXELS)
        .ok_or_else(|| format!("shape {dims:?} has more than {MAX_PIXELS} values, the limit"))
}

/// Reads a regular file of at most [`MAX_BYTES`].
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    let refuse = |cause| Error::Read { path: path.to_owned(), cause };
    // Looked at before opening, because opening a named pipe waits for its writer.
    let metadata = fs::metadata(path).map_err(refuse)?;
    if !metadata.is_file() {
        return Err(refuse(io::Error::other("expected a regular file")));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(refuse)?;
    if metadata.len() <= MAX_BYTES as u64 {
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(refuse)?;
    }
    if metadata.len().max(bytes.len() as u64) > MAX_BYTES as u64 {
        return Err(refuse(io::Error::other(format!(
            "the file has {} bytes, expected at most {MAX_BYTES}",
            metadata.len()
        ))));
    }
    Ok(bytes)
}

/// Writes a file that appears under its name only when `content` is complete.
pub(crate) fn write(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<AtomicWriteFile>) -> io::Result<()>,
) -> Result<()> {
    let store = || {
        let mut writer = BufWriter::new(AtomicWriteFile::open(path)?);
        content(&mut writer)?;
        writer.flush()?;
        writer.into_inner().map_err(io::IntoInnerError::into_error)?.commit()
    };
    store().map_err(|cause| Error::Write { path: path.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_a_regular_file() {
        let dir = tempfile::tempdir().unwrap();
        let missing = read(&dir.path().join("none")).unwrap_err();
        assert!(missing.is_bad_input());
        assert!(missing.to_string().contains("none: "), "{missing}");
        let directory = read(dir.path()).unwrap_err();
        assert!(directory.to_string().contains("expected a regular file"), "{directory}");
    }

    #[test]
    fn refuses_a_file_beyond_the_limit_unread() {
        let sparse = tempfile::NamedTempFile::new().unwrap();
        sparse.as_file().set_len(1 << 40).unwrap();
        let error = read(sparse.path()).unwrap_err().to_string();
        assert!(error.contains("1099511627776 bytes, expected at most 1073741824"), "{error}");
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        write(&path, |file| file.write_all(b"old")).unwrap();
        let error = write(&path, |file| {
            file.write_all(b"half")?;
            Err(io::Error::other("stopped"))
        })
        .unwrap_err();
        assert!(!error.is_bad_input());
        assert!(error.to_string().ends_with("file: stopped"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn claims_are_checked_for_overflow() {
        assert_eq!(claimed_len(&[2, 3]), Ok(6));
        for dims in [[usize::MAX, 2], [1 << 20, 1 << 20], [0, usize::MAX]] {
            assert!(claimed_len(&dims).is_err(), "{dims:?}");
        }
    }
}
