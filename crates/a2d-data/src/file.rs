//! Regular files in, whole files out, and how much of them memory is to hold.

use crate::{Error, Result};
use std::io::{self, Write};
use std::path::Path;

/// The most bytes that are read from a file at once, and the most that pixels in memory may take as
/// `f32`: 1 GiB.
///
/// No file header makes the parsers allocate more than a small multiple of the file's length; where
/// the content is compressed, this limit holds instead.
pub const MAX_BYTES: usize = 1 << 30;

/// The most pixels in memory: [`MAX_BYTES`] as `f32`.
pub(crate) const MAX_PIXELS: usize = MAX_BYTES / size_of::<f32>();

/// The most pixels of an image that a small file can stand for: 2^26, 8192 x 8192.
///
/// PNG and JPEG compress a thousandfold and more, so only a limit keeps a few kilobytes from taking
/// gigabytes.
pub(crate) const MAX_IMAGE: usize = 1 << 26;

/// Refuses an image of more than [`MAX_IMAGE`] pixels, or none.
pub(crate) fn check_image(width: u32, height: u32) -> std::result::Result<(), String> {
    match u64::from(width) * u64::from(height) {
        0 => Err(format!("a {width} x {height} image is empty, expected at least one pixel")),
        pixels if pixels > MAX_IMAGE as u64 => {
            Err(format!("a {width} x {height} image has more than {MAX_IMAGE} pixels, the limit"))
        }
        _ => Ok(()),
    }
}

/// The number of values in an array of shape `dims`, or why there cannot be such an array in memory.
pub(crate) fn claimed_len(dims: &[usize]) -> std::result::Result<usize, String> {
    claimed_bytes(dims, 1)?
        .try_into()
        .ok()
        .filter(|&len| len <= MAX_PIXELS)
        .ok_or_else(|| format!("shape {dims:?} has more than {MAX_PIXELS} values, the limit"))
}

/// The number of bytes that an array of shape `dims` takes in a file, `width` for each value.
pub(crate) fn claimed_bytes(dims: &[usize], width: usize) -> std::result::Result<u64, String> {
    if dims.contains(&0) {
        return Err(format!("shape {dims:?} is empty, expected at least one value"));
    }
    dims.iter()
        .try_fold(width as u64, |bytes, &dim| bytes.checked_mul(dim as u64))
        .ok_or_else(|| format!("shape {dims:?} has more values than any file can hold"))
}

/// Reads a regular file of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    a2d_file::read(path, limit).map_err(|cause| Error::Read { path: path.to_owned(), cause })
}

/// Writes a file that appears under its name only when `content` is complete.
pub(crate) fn write(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    Ok(a2d_file::write(path, content)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn refuses_what_is_not_a_regular_file() {
        let dir = tempfile::tempdir().unwrap();
        let missing = read(&dir.path().join("none"), 9).unwrap_err();
        assert!(missing.is_bad_input());
        assert!(missing.to_string().contains("none: "), "{missing}");
        let directory = read(dir.path(), 9).unwrap_err();
        assert!(directory.to_string().contains("expected a regular file"), "{directory}");
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
    fn images_have_a_limit() {
        assert_eq!(check_image(8192, 8192), Ok(()));
        for (width, height, expected) in
            [(8192, 8193, "the limit"), (u32::MAX, u32::MAX, "the limit"), (0, 5, "is empty")]
        {
            assert!(check_image(width, height).unwrap_err().contains(expected));
        }
    }

    #[test]
    fn claims_are_checked_for_overflow() {
        assert_eq!(claimed_len(&[2, 3]), Ok(6));
        assert_eq!(claimed_bytes(&[2, 3], 4), Ok(24));
        for dims in [[usize::MAX, 2], [1 << 20, 1 << 20], [0, usize::MAX]] {
            assert!(claimed_len(&dims).is_err(), "{dims:?}");
        }
        for dims in [[usize::MAX, 1], [0, usize::MAX]] {
            assert!(claimed_bytes(&dims, 4).is_err(), "{dims:?}");
        }
    }
}
