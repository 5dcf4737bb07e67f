//! One run of a profile at a time: two would write the same files.

use anyhow::{Context, Result, bail};
use std::fs::{self, File, TryLockError};
use std::path::Path;

/// Locks the folder of a profile until the file is dropped. The system frees it when the process ends, however
/// that comes.
pub(super) fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let cannot = || format!("cannot lock {}", path.display());
    fs::create_dir_all(folder).with_context(cannot)?;
    let file = File::create(&path).with_context(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("reproduce: another run is writing to {}; wait for its end", folder.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(cannot),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_refused_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let profile = folder.path().join("cpu");
        let first = lock(&profile).unwrap();
        let message = lock(&profile).unwrap_err().to_string();
        assert!(message.contains("another run") && message.contains("cpu"), "{message}");
        assert!(lock(&folder.path().join("smoke")).is_ok());
        drop(first);
        assert!(lock(&profile).is_ok());
    }
}
