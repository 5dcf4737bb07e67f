//! Regular files in, and no more of them than is expected.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// The most bytes of a file of text, such as a card, a detector or a table of costs: 64 MiB.
pub const MAX_TEXT: u64 = 64 << 20;

/// Opens a regular file for reading. A link is followed.
///
/// Whatever else is there is refused at once: opening a pipe would wait for its writer, reading a device
/// such as `/dev/zero` would never end, and opening one may move a tape.
///
/// # Errors
/// If there is no file, or something other than a regular file, or what the system says of it.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let error = a2d_file::open(folder.path()).unwrap_err();
/// assert_eq!(error.to_string(), "expected a regular file, found a folder");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn open(path: &Path) -> io::Result<File> {
    check_regular(&fs::metadata(path)?)?;
    let file = without_waiting().open(path)?;
    // Another file may have taken the name since.
    check_regular(&file.metadata()?)?;
    Ok(file)
}

/// Reads a regular file of at most `limit` bytes.
///
/// A longer one is refused before a byte of it is read; one that grows meanwhile, or whose length the system
/// does not know, is read up to the limit.
///
/// # Errors
/// As [`open`], and if the file is longer.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let len = file.metadata()?.len();
    if len > limit {
        return Err(too_long(limit, &format!("{len} bytes")));
    }
    let mut bytes = Vec::with_capacity(len as usize);
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_long(limit, "more"));
    }
    Ok(bytes)
}

/// Reads a regular file of at most [`MAX_TEXT`] bytes that is UTF-8.
///
/// # Errors
/// As [`read`], and if it is not UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path, MAX_TEXT)?).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        io::Error::other(format!("expected UTF-8 text, found another byte at {place}"))
    })
}

fn too_long(limit: u64, found: &str) -> io::Error {
    let limit = if limit.is_multiple_of(1 << 20) {
        format!("{} MiB", limit >> 20)
    } else {
        format!("{limit} bytes")
    };
    io::Error::other(format!("expected at most {limit}, found {found}"))
}

fn check_regular(there: &Metadata) -> io::Result<()> {
    if there.is_file() {
        return Ok(());
    }
    let found = if there.is_dir() { "a folder" } else { "a device, pipe or socket" };
    Err(io::Error::other(format!("expected a regular file, found {found}")))
}

/// Opens a pipe without waiting for its writer, so that one that has just taken a file's name is refused
/// like any other.
#[cfg(unix)]
fn without_waiting() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK);
    options
}

#[cfg(not(unix))]
fn without_waiting() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "0123456789").unwrap();
        assert_eq!(read(file.path(), 10).unwrap(), b"0123456789");
        let error = read(file.path(), 9).unwrap_err().to_string();
        assert_eq!(error, "expected at most 9 bytes, found 10 bytes");
        assert_eq!(read_text(file.path()).unwrap(), "0123456789");
        fs::write(file.path(), b"abc\xff").unwrap();
        let error = read_text(file.path()).unwrap_err().to_string();
        assert_eq!(error, "expected UTF-8 text, found another byte at 3");
    }

    #[test]
    fn a_long_file_is_refused_unread() {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(1 << 40).unwrap();
        let error = read_text(file.path()).unwrap_err().to_string();
        assert_eq!(error, "expected at most 64 MiB, found 1099511627776 bytes");
    }

    #[test]
    fn what_is_missing_is_said_as_the_system_does() {
        let folder = tempfile::tempdir().unwrap();
        let error = open(&folder.path().join("none")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn whatever_is_no_regular_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for path in [&socket, &link, Path::new("/dev/zero")] {
            let error = read(path, 10).unwrap_err().to_string();
            assert_eq!(error, "expected a regular file, found a device, pipe or socket");
        }
    }

    // A length of 0 that is not one, as files of /proc have.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_of_unknown_length_is_read_up_to_the_limit() {
        let status = Path::new("/proc/self/status");
        assert_eq!(fs::metadata(status).unwrap().len(), 0);
        assert!(read_text(status).unwrap().starts_with("Name:"));
        assert_eq!(
            read(status, 9).unwrap_err().to_string(),
            "expected at most 9 bytes, found more"
        );
    }
}
