//! Where the steps of an experiment keep their files.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Folder of all profiles, in the workspace.
const FOLDER: &str = "target/reproduce";

/// The folder of a profile.
pub(crate) fn folder(profile: &str) -> PathBuf {
    Path::new(FOLDER).join(profile)
}

/// The folder of one experiment in one profile.
#[derive(Clone, Debug)]
pub(crate) struct Work(PathBuf);

impl Work {
    pub(crate) fn new(profile: &str, experiment: &str) -> Self {
        Self(folder(profile).join(experiment))
    }

    /// The weights, where they are not committed.
    pub(crate) fn weights(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// The images of a set: `score-fgsm`.
    pub(crate) fn images(&self, set: &str) -> PathBuf {
        self.0.join(format!("images/{set}.npy"))
    }

    pub(crate) fn costs(&self, set: &str) -> PathBuf {
        self.0.join(format!("costs/{set}.csv"))
    }

    pub(crate) fn scores(&self, set: &str) -> PathBuf {
        self.0.join(format!("clever/{set}.csv"))
    }

    pub(crate) fn detector(&self, name: &str) -> PathBuf {
        self.0.join(format!("detectors/{name}.json"))
    }

    /// What a step prints.
    pub(crate) fn printed(&self, step: &str) -> PathBuf {
        self.0.join(format!("printed/{step}.json"))
    }

    /// The folder of the figures of a step.
    pub(crate) fn figures(&self, step: &str) -> PathBuf {
        self.0.join(format!("figures/{step}"))
    }
}

/// Removes what the steps wrote whose files are below the folder of a profile, but not its lock.
pub(crate) fn clear(folder: &Path) -> Result<()> {
    let clear = || {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                fs::remove_dir_all(path)?;
            }
        }
        Ok::<(), io::Error>(())
    };
    clear().with_context(|| format!("cannot empty {}", folder.display()))
}

/// The file and the card that lies beside it.
pub(crate) fn with_card(file: &Path) -> Vec<PathBuf> {
    vec![file.to_owned(), a2d_file::card_path(file)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cleared_stays_locked() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("env1-mnist/costs")).unwrap();
        fs::write(folder.path().join("lock"), "").unwrap();
        clear(folder.path()).unwrap();
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(left.iter().map(fs::DirEntry::file_name).collect::<Vec<_>>(), ["lock"]);
    }
}
