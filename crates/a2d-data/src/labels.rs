//! Labels from a file of any known format.

use crate::{Error, Result, file, idx, npy};
use std::path::Path;

/// Reads labels from an npy (`uint8`, `int32`, `uint32` or `int64`, one-dimensional) or (gzipped) IDX file.
/// The content tells the format, the name does not count.
///
/// # Errors
/// When the content is of no known format, and as [`npy::read_labels`] and [`idx::read_labels`].
pub fn read_labels(path: &Path) -> Result<Vec<u32>> {
    let bytes = file::read(path, a2d_file::MAX_TEXT)?;
    if bytes.starts_with(npy::MAGIC) {
        npy::parse_labels(path, &bytes)
    } else if bytes.starts_with(idx::MAGIC) || bytes.starts_with(idx::GZIP_MAGIC) {
        idx::parse_labels(path, &bytes)
    } else {
        let (content, expected) = ("labels", "an npy or (gzipped) IDX file");
        Err(Error::UnknownFormat { path: path.to_owned(), content, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_the_format() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("misleading.png");
        let gz = dir.path().join("labels.gz");
        idx::write_labels(&gz, &[3, 0, 255]).unwrap();
        std::fs::rename(&gz, &path).unwrap();
        assert_eq!(read_labels(&path).unwrap(), [3, 0, 255]);
        idx::write_labels(&path, &[3, 0, 254]).unwrap();
        assert_eq!(read_labels(&path).unwrap(), [3, 0, 254]);
        ndarray_npy::write_npy(&path, &ndarray::arr1(&[3_i32, 0, 253])).unwrap();
        assert_eq!(read_labels(&path).unwrap(), [3, 0, 253]);
    }

    #[test]
    fn unknown_content_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"3, 0, 255").unwrap();
        let error = read_labels(file.path()).unwrap_err();
        assert!(error.is_bad_input());
        assert!(error.to_string().contains("expected an npy or (gzipped) IDX"), "{error}");
    }
}
