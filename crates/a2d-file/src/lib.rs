//! Output files that are whole or not there.
//!
//! Every file that a2d leaves behind is written under another name and renamed when it is complete, so that
//! neither an error nor an interruption leaves a part of one.
//!
//! ```
//! use std::io::Write as _;
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("costs.csv");
//! let failed = a2d_file::write(&path, |file| {
//!     file.write_all(b"input,attack")?;
//!     Err(std::io::Error::other("interrupted"))
//! });
//! assert!(failed.is_err() && !path.exists());
//! # Ok::<(), std::io::Error>(())
//! ```

mod input;

use std::fs;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

use atomic_write_file::AtomicWriteFile;

pub use input::{MAX_TEXT, open, read, read_text};

/// Writes a file that appears under its name, in place of one that was there, only when `content` has
/// succeeded.
///
/// # Errors
/// What [`check_target`] refuses, what `content` fails with, and what the system says of the file.
pub fn write(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    check_target(path)?;
    let mut writer = BufWriter::new(AtomicWriteFile::open(path)?);
    content(&mut writer)?;
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.commit()
}

/// Refuses a path at which something other than a regular file is.
///
/// A file renamed to `/dev/null` would take the device's place, for every program on the machine. Work
/// that takes long checks its outputs before it begins.
///
/// # Errors
/// If there is a folder, a device, a pipe or a socket, or if it cannot be told.
pub fn check_target(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(there) if there.is_file() => Ok(()),
        Ok(there) => {
            let found = if there.is_dir() { "a folder" } else { "a device, pipe or socket" };
            Err(io::Error::other(format!(
                "expected a regular file or nothing there, found {found}"
            )))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_the_place_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("costs.csv");
        for text in ["a longer table\n", "a table\n"] {
            write(&path, |file| file.write_all(text.as_bytes())).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("costs.csv");
        fs::write(&path, "as it was").unwrap();
        let failed = write(&path, |file| {
            file.write_all(b"a part")?;
            Err(io::Error::other("interrupted"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "interrupted");
        assert_eq!(fs::read_to_string(&path).unwrap(), "as it was");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(folder.path(), |_| Ok(())).unwrap_err().to_string();
        assert_eq!(error, "expected a regular file or nothing there, found a folder");
    }

    #[cfg(unix)]
    #[test]
    fn what_stands_for_no_file_is_refused_and_stays() {
        use std::os::unix::fs::FileTypeExt as _;
        use std::os::unix::net::UnixListener;

        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&socket, &link).unwrap();
        for path in [&socket, &link] {
            let error = write(path, |_| Ok(())).unwrap_err().to_string();
            assert!(error.ends_with("found a device, pipe or socket"), "{error}");
            assert!(fs::metadata(path).unwrap().file_type().is_socket());
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
