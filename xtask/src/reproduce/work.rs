//! Where the steps of an experiment keep their files.

use crate::workspace;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Folder of all profiles, in the workspace.
const FOLDER: &str = "target/reproduce";

/// The folder of one experiment in one profile.
#[derive(Clone, Debug)]
pub(super) struct Work(PathBuf);

impl Work {
    pub(super) fn new(profile: &str, experiment: &str) -> Self {
        Self(Path::new(FOLDER).join(profile).join(experiment))
    }

    /// The weights, where they are not committed.
    pub(super) fn weights(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// The images of a set: `score-fgsm`.
    pub(super) fn images(&self, set: &str) -> PathBuf {
        self.0.join(format!("images/{set}.npy"))
    }

    pub(super) fn costs(&self, set: &str) -> PathBuf {
        self.0.join(format!("costs/{set}.csv"))
    }

    pub(super) fn scores(&self, set: &str) -> PathBuf {
        self.0.join(format!("clever/{set}.csv"))
    }

    pub(super) fn detector(&self, name: &str) -> PathBuf {
        self.0.join(format!("detectors/{name}.json"))
    }

    /// What a step prints.
    pub(super) fn printed(&self, step: &str) -> PathBuf {
        self.0.join(format!("printed/{step}.json"))
    }

    /// The folder of the figures of a step.
    pub(super) fn figures(&self, step: &str) -> PathBuf {
        self.0.join(format!("figures/{step}"))
    }
}

/// Removes what the steps of a profile wrote. A development build keeps its version when it changes.
pub(super) fn clear(profile: &str) -> Result<()> {
    let folder = workspace::root().join(FOLDER).join(profile);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
    .with_context(|| format!("cannot empty {}", folder.display()))
}

/// The file and the card that lies beside it under this extension.
pub(super) fn with_card(file: &Path, extension: &str) -> Vec<PathBuf> {
    vec![file.to_owned(), file.with_extension(extension)]
}
