//! Where the steps of an experiment keep their files.

use std::path::{Path, PathBuf};

/// The folder of the folders of figures.
pub(crate) const FIGURES: &str = "figures";

/// The folder of one experiment in one profile.
#[derive(Clone, Debug)]
pub(crate) struct Work(PathBuf);

impl Work {
    /// Below the folder of the profile.
    pub(crate) fn new(folder: &Path, experiment: &str) -> Self {
        Self(folder.join(experiment))
    }

    /// The weights, where they are not committed.
    pub(crate) fn weights(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// The folder of models that are fetched.
    pub(crate) fn models(&self) -> PathBuf {
        self.0.join("models")
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

    /// A fitted baseline.
    pub(crate) fn baseline(&self, name: &str) -> PathBuf {
        self.0.join(format!("baselines/{name}.safetensors"))
    }

    /// The scores of a set by a baseline.
    pub(crate) fn baseline_scores(&self, name: &str, set: &str) -> PathBuf {
        self.0.join(format!("baselines/{name}-{set}.csv"))
    }

    pub(crate) fn detector(&self, name: &str) -> PathBuf {
        self.0.join(format!("detectors/{name}.json"))
    }

    /// What attackers who know detectors find.
    pub(crate) fn study(&self, name: &str) -> PathBuf {
        self.0.join(format!("adaptive/{name}.json"))
    }

    /// What a step prints.
    pub(crate) fn printed(&self, step: &str) -> PathBuf {
        self.0.join(format!("printed/{step}.json"))
    }

    /// The folder of the figures of a step.
    pub(crate) fn figures(&self, step: &str) -> PathBuf {
        self.0.join(FIGURES).join(step)
    }
}

/// The file and the card that lies beside it.
pub(crate) fn with_card(file: &Path) -> Vec<PathBuf> {
    vec![file.to_owned(), a2d_file::card_path(file)]
}
