//! Where the steps of an experiment keep their files.

use std::path::{Path, PathBuf};

/// Folder of all profiles, in the workspace.
const FOLDER: &str = "target/reproduce";

/// The folder of all profiles.
pub(crate) fn base() -> PathBuf {
    FOLDER.into()
}

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

    /// Other scores of a set.
    pub(crate) fn baselines(&self, set: &str) -> PathBuf {
        self.0.join(format!("baselines/{set}.csv"))
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

/// The file and the card that lies beside it.
pub(crate) fn with_card(file: &Path) -> Vec<PathBuf> {
    vec![file.to_owned(), a2d_file::card_path(file)]
}
