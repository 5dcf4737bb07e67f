//! One process at a time works on an output.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::links;
use crate::target::{self, Target};
use crate::{Error, Result, held, whole};

/// Extension of hidden files that are locked.
const EXTENSION: &str = "a2d-lock";

/// The sole right to write an output, until it is dropped or the process dies: the hidden file
/// `.costs.csv.a2d-lock` beside `costs.csv`.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// The right to write the file at `output`. What a killed process has left of writing it is removed.
    ///
    /// # Errors
    /// [`Error::Busy`] if another process has it; [`Error::Write`] if there cannot be such an output.
    pub fn of(output: &Path) -> Result<Self> {
        let target = Target::of(output).map_err(Error::write(output))?;
        let lock = Self::at(target.hidden(EXTENSION), output)?;
        whole::sweep(output)?;
        Ok(lock)
    }

    /// The right to make and fill the folder at `output`.
    pub(crate) fn of_folder(output: &Path) -> Result<Self> {
        let mut place = links::follow(output).map_err(Error::write(output))?;
        if place.is_dir() {
            return Self::at(place.join(format!(".{EXTENSION}")), output);
        }
        // The folders that are to be made, up to one that is there.
        while !links::folder(&place).exists() {
            place = links::folder(&place).to_owned();
        }
        Self::at(target::hidden(&place, EXTENSION), output)
    }

    fn at(path: PathBuf, output: &Path) -> Result<Self> {
        let file = held::hold(&path, output)?;
        Ok(Self { path, _file: file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Still locked, so that nobody loses a lock of his own. If it stays, it hinders nobody.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_locked_by_any_name_until_the_lock_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("x.csv");
        let lock = Lock::of(&output).unwrap();
        let by_another_name = folder.path().join(".").join("x.csv");
        assert!(matches!(Lock::of(&by_another_name), Err(Error::Busy { .. })));
        assert!(Lock::of(&folder.path().join("y.csv")).is_ok());
        drop(lock);
        drop(Lock::of(&output).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_is_locked_before_and_after_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("a/b");
        for _ in 0..2 {
            let lock = Lock::of_folder(&output).unwrap();
            assert!(matches!(Lock::of_folder(&output), Err(Error::Busy { .. })));
            drop(lock);
            fs::create_dir_all(&output).unwrap();
        }
        assert_eq!(fs::read_dir(&output).unwrap().count(), 0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_was_left_of_a_killed_write_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".x.csv.a2d-new"), "a part").unwrap();
        fs::write(folder.path().join(".x.csv.a2d-lock"), "").unwrap();
        drop(Lock::of(&folder.path().join("x.csv")).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
