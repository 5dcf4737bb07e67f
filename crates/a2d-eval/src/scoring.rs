//! Scores of images for a classifier: numbers that may tell which are adversarial, to compare costs with.

mod confidence;
mod error;
mod session;

use std::fmt::Debug;

use a2d_cost::Sign;
use a2d_model::Classifier;
use serde_json::{Map, Value};
use tch::Tensor;

pub use confidence::Confidence;
pub use error::{Error, Result};
pub use session::Scoring;

/// A score of images for a classifier: a column of a [`ScoreTable`](a2d_cost::ScoreTable).
pub trait Score: Debug + Send + Sync {
    /// Its name, which is that of its column.
    fn name(&self) -> &str;

    /// Which scores look adversarial.
    fn sign(&self) -> Sign;

    /// What it is computed with, for cards: scores are comparable only if these agree. Nothing unless said
    /// otherwise.
    fn parameters(&self) -> Map<String, Value> {
        Map::new()
    }

    /// The scores of some images, \[N, C, H, W\] with pixels in \[0, 1\], on the classifier's device: a
    /// finite number each, that does not depend on the others.
    ///
    /// # Errors
    /// What the classifier says; [`Error::Other`] where no other error says it.
    fn scores(&self, classifier: &Classifier, images: &Tensor) -> Result<Vec<f64>>;
}
