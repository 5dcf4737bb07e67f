//! A file that is read piece by piece, and noticed when it is no longer what it was; or bytes that came without one.

use crate::{Error, Result};
use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// The most files that stay open at a time, a small part of what a process may have. Those beyond it are
/// opened anew for every read.
const MAX_KEPT: usize = 64;

/// How many files stay open now.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// A regular file to read from, or the content of one.
#[derive(Debug)]
pub(crate) struct InputFile {
    path: PathBuf,
    place: Place,
}

/// Where a file is.
#[derive(Debug)]
enum Place {
    Disk { kept: Option<Kept>, version: Version },
    Memory(Vec<u8>),
}

/// What can be read from any place on.
trait Readable: Read + Seek {}

impl<R: Read + Seek> Readable for R {}

/// A file that stays open.
#[derive(Debug)]
struct Kept(Mutex<File>);

impl Kept {
    fn new(file: File) -> Option<Self> {
        let is_one_of_few = KEPT.fetch_add(1, Ordering::Relaxed) < MAX_KEPT;
        // Counts back when it is dropped, be that at once.
        let kept = Self(Mutex::new(file));
        is_one_of_few.then_some(kept)
    }

    /// The file, whose place for reading has one user at a time.
    fn lock(&self) -> MutexGuard<'_, File> {
        // Whoever panicked left no more than a place, which every reader sets anew.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        KEPT.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What tells, without reading it, that a file is no longer what it was.
#[derive(Debug, PartialEq, Eq)]
struct Version {
    len: u64,
    modified: Option<SystemTime>,
    #[cfg(unix)]
    identity: (u64, u64),
}

impl Version {
    fn of(metadata: &Metadata) -> Self {
        Self {
            len: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            identity: {
                use std::os::unix::fs::MetadataExt as _;
                (metadata.dev(), metadata.ino())
            },
        }
    }
}

impl InputFile {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let refuse = |cause| Error::Read { path: path.to_owned(), cause };
        let file = a2d_file::open(path).map_err(refuse)?;
        let version = Version::of(&file.metadata().map_err(refuse)?);
        Ok(Self { path: path.to_owned(), place: Place::Disk { kept: Kept::new(file), version } })
    }

    /// Bytes that came by another way than a file, under this name.
    pub(crate) fn of_bytes(name: &str, bytes: Vec<u8>) -> Self {
        Self { path: name.into(), place: Place::Memory(bytes) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The length in bytes.
    pub(crate) fn len(&self) -> u64 {
        match &self.place {
            Place::Disk { version, .. } => version.len,
            Place::Memory(bytes) => bytes.len() as u64,
        }
    }

    /// The first bytes, `len` or as many as there are.
    pub(crate) fn head(&self, len: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.read(|file| {
            file.rewind()?;
            file.take(len as u64).read_to_end(&mut bytes).map(drop)
        })?;
        Ok(bytes)
    }

    /// The whole content, of at most `limit` bytes.
    pub(crate) fn content(&self, limit: usize) -> Result<Vec<u8>> {
        self.part(0..self.len(), limit)
    }

    /// These bytes, which the file has, at most `limit`.
    pub(crate) fn part(&self, place: Range<u64>, limit: usize) -> Result<Vec<u8>> {
        let len = place.end - place.start;
        if len > limit as u64 {
            let problem = format!("it takes {len} bytes to read, expected at most {limit}");
            return Err(self.refuse(io::Error::other(problem)));
        }
        let mut bytes = vec![0; len as usize];
        self.read_at(place.start, &mut bytes)?;
        Ok(bytes)
    }

    /// Fills `bytes` from the bytes that begin at `start`.
    pub(crate) fn read_at(&self, start: u64, bytes: &mut [u8]) -> Result<()> {
        self.read(|file| file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(bytes)))
    }

    /// Reads, provided that the file is what it was when it was opened.
    fn read(&self, read: impl FnOnce(&mut dyn Readable) -> io::Result<()>) -> Result<()> {
        match &self.place {
            Place::Memory(bytes) => read(&mut Cursor::new(bytes)),
            Place::Disk { kept, version } => {
                let read_checked = |file: &mut File| {
                    let outcome = read(file);
                    // Later than the read, which may have seen what changed meanwhile.
                    if Version::of(&file.metadata()?) == *version {
                        outcome
                    } else {
                        Err(io::Error::other("the file changed while it was in use"))
                    }
                };
                match kept {
                    Some(kept) => read_checked(&mut kept.lock()),
                    None => a2d_file::open(&self.path).and_then(|mut file| read_checked(&mut file)),
                }
            }
        }
        .map_err(|cause| self.refuse(cause))
    }

    fn refuse(&self, cause: io::Error) -> Error {
        Error::Read { path: self.path.clone(), cause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::NamedTempFile;

    fn digits() -> NamedTempFile {
        let file = NamedTempFile::new().unwrap();
        fs::write(file.path(), "0123456789").unwrap();
        file
    }

    /// The file, opened anew for every read.
    fn anew(path: &Path) -> InputFile {
        let mut input = InputFile::open(path).unwrap();
        if let Place::Disk { kept, .. } = &mut input.place {
            *kept = None;
        }
        input
    }

    /// The file as it is where it stays open, and where too many do already.
    fn opened(file: &NamedTempFile) -> [InputFile; 2] {
        [InputFile::open(file.path()).unwrap(), anew(file.path())]
    }

    #[test]
    fn reads_any_part_in_any_order() {
        let of_bytes = InputFile::of_bytes("digits", b"0123456789".to_vec());
        for input in opened(&digits()).into_iter().chain([of_bytes]) {
            let mut bytes = [0; 3];
            for (start, expected) in [(7, b"789"), (0, b"012"), (4, b"456")] {
                input.read_at(start, &mut bytes).unwrap();
                assert_eq!(&bytes, expected);
            }
            assert_eq!(input.head(2).unwrap(), b"01");
            assert_eq!(input.head(20).unwrap(), b"0123456789");
            assert_eq!(input.content(10).unwrap(), b"0123456789");
            assert!(input.read_at(8, &mut bytes).is_err());
        }
    }

    #[test]
    fn refuses_a_file_beyond_the_limit_unread() {
        let sparse = NamedTempFile::new().unwrap();
        sparse.as_file().set_len(1 << 40).unwrap();
        let error = InputFile::open(sparse.path()).unwrap().content(99).unwrap_err().to_string();
        assert!(error.contains("1099511627776 bytes to read, expected at most 99"), "{error}");
    }

    #[test]
    fn notices_that_the_file_changed() {
        let refuses = |input: &InputFile| {
            let error = input.read_at(0, &mut [0; 3]).unwrap_err().to_string();
            assert!(error.contains("the file changed while it was in use"), "{error}");
        };
        let file = digits();
        let inputs = opened(&file);
        file.as_file().set_len(2).unwrap();
        inputs.iter().for_each(refuses);
        let inputs = opened(&file);
        file.as_file().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        inputs.iter().for_each(refuses);
    }

    #[test]
    fn another_file_of_the_name_is_never_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("digits");
        fs::write(&path, "0123").unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let kept = InputFile::open(&path).unwrap();
        let anew = anew(&path);
        let other = folder.path().join("letters");
        fs::write(&other, "abcd").unwrap();
        File::options().append(true).open(&other).unwrap().set_modified(modified).unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(kept.content(4).unwrap(), b"0123");
        #[cfg(unix)]
        assert!(anew.content(4).is_err());
    }

    #[test]
    fn few_files_stay_open() {
        let file = digits();
        let stays_open =
            |input: &InputFile| matches!(input.place, Place::Disk { kept: Some(_), .. });
        let inputs: Vec<_> =
            (0..2 * MAX_KEPT).map(|_| InputFile::open(file.path()).unwrap()).collect();
        assert!(inputs.iter().filter(|input| stays_open(input)).count() <= MAX_KEPT);
        for input in &inputs {
            assert_eq!(input.head(3).unwrap(), b"012");
        }
    }
}
