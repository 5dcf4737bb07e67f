//! Files that one process at a time has in hand.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::identity::Place;
use crate::{Error, Result, target};

/// Opens the file at `path`, made if need be, and locks it until it is closed; the system does that too
/// when the process dies. A link is refused: who put it there may mean to have another file written.
///
/// # Errors
/// [`Error::Busy`] with `output` if another process, or another part of this one, has it in hand;
/// [`Error::Write`] if it cannot be opened.
pub(crate) fn hold(path: &Path, output: &Path) -> Result<File> {
    let busy = || Error::Busy { path: output.to_owned() };
    // Whoever had it in hand may remove it between our opening and our locking it.
    for _ in 0..16 {
        let Some(file) = open(path).map_err(Error::write(path))? else { continue };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(busy()),
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                tracing::warn!(
                    "the file system of {} has no locks: run one process at a time",
                    path.display()
                );
            }
            Err(TryLockError::Error(error)) => return Err(Error::write(path)(error)),
        }
        if Place::is_at(&file.metadata().map_err(Error::write(path))?, path) {
            return Ok(file);
        }
    }
    Err(busy())
}

/// Removes the file at `path` that a killed process has left, if there is one.
pub(crate) fn sweep(path: &Path, output: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        _ => {}
    }
    let _held = hold(path, output)?;
    fs::remove_file(path).map_err(Error::write(path))
}

/// None if the file went away meanwhile.
fn open(path: &Path) -> io::Result<Option<File>> {
    let options = || {
        let mut options = File::options();
        options.read(true).write(true);
        options
    };
    match options().create_new(true).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        other => return other.map(Some),
    }
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() => {}
        Ok(there) => return Err(target::other_than_file(&there)),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    match options().open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_in_one_hand_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let (path, output) = (folder.path().join(".x.lock"), folder.path().join("x"));
        let first = hold(&path, &output).unwrap();
        let error = hold(&path, &output).unwrap_err();
        assert!(matches!(&error, Error::Busy { path } if *path == output), "{error}");
        assert!(matches!(sweep(&path, &output), Err(Error::Busy { .. })));
        drop(first);
        drop(hold(&path, &output).unwrap());
        sweep(&path, &output).unwrap();
        assert!(!path.exists());
        sweep(&path, &output).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("x.partial"), folder.path().join("precious"));
        for there in [false, true] {
            if there {
                fs::write(&other, "precious").unwrap();
            } else {
                std::os::unix::fs::symlink(&other, &path).unwrap();
            }
            for result in [hold(&path, &path).map(drop), sweep(&path, &path)] {
                let error = result.unwrap_err().to_string();
                assert!(error.ends_with("found a link"), "{error}");
            }
            assert_eq!(other.exists(), there);
        }
        assert_eq!(fs::read_to_string(&other).unwrap(), "precious");
    }
}
