//! Regular files in, whole files out.

use crate::{Error, Result};
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// The most bytes that are read from a file at once, and the most that pixels in memory may take as
/// `f32`: 1 GiB.
///
/// No file header makes the parsers allocate more than a small multiple of the file's length; where
/// the content is compressed, this limit holds instead.
pub const MAX_BYTES: usize = 1 << 30;

/// The most pixels in memory: [`MAX_BYTES`] as `f32`.
pub(crate) const MAX_PIXELS: usize = MAX_BYTES / size_of::<f32>();

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

/// A regular file that is open for reading.
#[derive(Debug)]
pub(crate) struct InputFile {
    path: PathBuf,
    file: Mutex<File>,
    version: Version,
}

/// What tells, without reading it, that a file is no longer what it was.
#[derive(Debug, PartialEq, Eq)]
struct Version {
    len: u64,
    modified: Option<SystemTime>,
}

impl Version {
    fn of(metadata: &Metadata) -> Self {
        Self { len: metadata.len(), modified: metadata.modified().ok() }
    }
}

impl InputFile {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let refuse = |cause| Error::Read { path: path.to_owned(), cause };
        // Looked at before opening, because opening a named pipe waits for its writer.
        if !fs::metadata(path).map_err(refuse)?.is_file() {
            return Err(refuse(io::Error::other("expected a regular file")));
        }
        let file = File::open(path).map_err(refuse)?;
        let version = Version::of(&file.metadata().map_err(refuse)?);
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), version })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The length in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.version.len
    }

    /// The first bytes, `len` or as many as there are.
    pub(crate) fn head(&self, len: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut file = self.lock();
        file.rewind()
            .and_then(|()| (&*file).take(len as u64).read_to_end(&mut bytes))
            .map_err(|cause| self.refuse(cause))?;
        Ok(bytes)
    }

    /// The whole content, of at most [`MAX_BYTES`].
    pub(crate) fn content(&self) -> Result<Vec<u8>> {
        let limit = MAX_BYTES as u64;
        let too_long = |len| {
            let problem = format!("the file has {len} bytes, expected at most {limit}");
            Err(self.refuse(io::Error::other(problem)))
        };
        if self.len() > limit {
            return too_long(self.len());
        }
        // It may have grown since.
        let bytes = self.head(MAX_BYTES + 1)?;
        if bytes.len() > MAX_BYTES { too_long(bytes.len() as u64) } else { Ok(bytes) }
    }

    /// Fills `bytes` from the bytes that begin at `start`, provided that the file is what it was
    /// when it was opened.
    pub(crate) fn read_at(&self, start: u64, bytes: &mut [u8]) -> Result<()> {
        let mut file = self.lock();
        let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(bytes));
        let metadata = file.metadata().map_err(|cause| self.refuse(cause))?;
        if Version::of(&metadata) != self.version {
            return Err(self.refuse(io::Error::other("the file changed while it was in use")));
        }
        read.map_err(|cause| self.refuse(cause))
    }

    /// The file, whose place for reading has one user at a time.
    fn lock(&self) -> MutexGuard<'_, File> {
        // Whoever panicked left no more than a place, which every reader sets anew.
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, cause: io::Error) -> Error {
        Error::Read { path: self.path.clone(), cause }
    }
}

/// Reads a regular file of at most [`MAX_BYTES`].
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    InputFile::open(path)?.content()
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
    fn reads_any_part_in_any_order() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "0123456789").unwrap();
        let input = InputFile::open(file.path()).unwrap();
        let mut bytes = [0; 3];
        for (start, expected) in [(7, b"789"), (0, b"012"), (4, b"456")] {
            input.read_at(start, &mut bytes).unwrap();
            assert_eq!(&bytes, expected);
        }
        assert_eq!(input.head(2).unwrap(), b"01");
        assert_eq!(input.content().unwrap(), b"0123456789");
        assert!(input.read_at(8, &mut bytes).is_err());
    }

    #[test]
    fn notices_that_the_file_changed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "0123456789").unwrap();
        let refuses = |input: &InputFile| {
            let error = input.read_at(0, &mut [0; 3]).unwrap_err().to_string();
            assert!(error.contains("the file changed while it was in use"), "{error}");
        };
        let input = InputFile::open(file.path()).unwrap();
        file.as_file().set_len(2).unwrap();
        refuses(&input);
        let input = InputFile::open(file.path()).unwrap();
        file.as_file().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        refuses(&input);
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
        assert_eq!(claimed_bytes(&[2, 3], 4), Ok(24));
        for dims in [[usize::MAX, 2], [1 << 20, 1 << 20], [0, usize::MAX]] {
            assert!(claimed_len(&dims).is_err(), "{dims:?}");
        }
        for dims in [[usize::MAX, 1], [0, usize::MAX]] {
            assert!(claimed_bytes(&dims, 4).is_err(), "{dims:?}");
        }
    }
}
