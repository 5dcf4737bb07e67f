//! The state of a training under way.

use std::path::{Path, PathBuf};

use super::TrainingOptions;
use crate::{Classifier, Error, Result, weights};

const OPTIONS: &str = "training";
const EPOCH: &str = "epoch";

/// The weights after the last finished epoch of a training under way: `<weights>.partial`.
pub(super) struct Checkpoint {
    path: PathBuf,
}

impl Checkpoint {
    pub(super) fn beside(weights: &Path) -> Self {
        let mut path = weights.as_os_str().to_owned();
        path.push(".partial");
        Self { path: path.into() }
    }

    /// Reads the checkpoint into `classifier`, if there is one. Returns its epoch, else 0.
    /// `training` says what the training is.
    pub(super) fn resume(
        &self,
        training: &str,
        options: &TrainingOptions,
        classifier: &Classifier,
    ) -> Result<u32> {
        if !self.path.exists() {
            return Ok(0);
        }
        // The options stand in the header: a checkpoint of another architecture is told as such.
        let metadata = weights::metadata(&self.path)?;
        let found = metadata.get(OPTIONS).cloned().unwrap_or_default();
        if found != training {
            let expected = training.to_owned();
            return Err(Error::OtherTraining { path: self.path.clone(), expected, found });
        }
        weights::read(&self.path, &classifier.variables)?;
        metadata
            .get(EPOCH)
            .and_then(|epoch| epoch.parse().ok())
            .filter(|epoch| (1..=options.epochs).contains(epoch))
            .ok_or_else(|| Error::Malformed {
                path: self.path.clone(),
                expected: format!("an epoch from 1 to {}", options.epochs),
                found: format!("{:?}", metadata.get(EPOCH)),
            })
    }

    pub(super) fn write(&self, training: &str, epoch: u32, classifier: &Classifier) -> Result<()> {
        let metadata =
            [(OPTIONS.to_owned(), training.to_owned()), (EPOCH.to_owned(), epoch.to_string())]
                .into();
        weights::write(&self.path, &classifier.variables, metadata)
    }

    pub(super) fn remove(&self) -> Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::write(&self.path)(error))
            }
            _ => Ok(()),
        }
    }
}
