//! What is kept of a training under way.

use std::path::{Path, PathBuf};

use a2d_data::{Dataset, Labelled as _};
use a2d_file::{Error, Snapshot};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Classifier, Result, weights};

/// The weights after the last finished epoch of a training under way: `<weights>.partial`.
pub(super) struct Checkpoint {
    snapshot: Snapshot,
    work: Work,
    epochs: u32,
    /// Where the weights go in the end.
    output: PathBuf,
}

/// What is trained, and on what.
#[derive(Serialize)]
struct Work {
    training: String,
    /// Hex SHA-256 of the training images.
    images: String,
    /// Hex SHA-256 of their labels.
    labels: String,
}

#[derive(Serialize, Deserialize)]
struct State {
    epoch: u32,
    /// A weights file in hexadecimal.
    weights: String,
}

impl Checkpoint {
    /// The checkpoint of this training on this set, for so many epochs, whose weights go to `output`.
    pub(super) fn beside(output: &Path, training: String, epochs: u32, set: &Dataset) -> Self {
        let labels: Vec<u8> = set.labels().iter().flat_map(|label| label.to_le_bytes()).collect();
        let work = Work {
            training,
            images: set.images().digest(),
            labels: hex::encode(Sha256::digest(labels)),
        };
        let output = output.to_owned();
        Self { snapshot: Snapshot::beside(&output), work, epochs, output }
    }

    /// Reads the checkpoint into `classifier`, if there is one. Returns its epoch, else 0.
    pub(super) fn resume(&self, classifier: &Classifier) -> Result<u32> {
        let Some(State { epoch, weights }) = self.snapshot.read(&self.work)? else { return Ok(0) };
        let damaged = |expected: &str, found: String| Error::Damaged {
            path: self.snapshot.path().to_owned(),
            expected: expected.to_owned(),
            found,
        };
        if !(1..=self.epochs).contains(&epoch) {
            let expected = format!("an epoch from 1 to {}", self.epochs);
            return Err(damaged(&expected, epoch.to_string()).into());
        }
        let bytes = hex::decode(weights)
            .map_err(|error| damaged("weights in hexadecimal", error.to_string()))?;
        weights::parse(self.snapshot.path(), &bytes, &classifier.variables)?;
        Ok(epoch)
    }

    pub(super) fn write(&self, epoch: u32, classifier: &Classifier) -> Result<()> {
        let weights = weights::bytes(&classifier.variables).map_err(Error::write(&self.output))?;
        Ok(self.snapshot.write(&self.work, &State { epoch, weights: hex::encode(weights) })?)
    }

    pub(super) fn remove(&self) -> Result<()> {
        Ok(self.snapshot.remove()?)
    }
}
