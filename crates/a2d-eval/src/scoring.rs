//! BatchScores of images for a classifier: numbers that may tell which are adversarial, to compare costs with.

mod confidence;
mod error;
mod queries;
mod second_opinion;
mod session;

use std::fmt::Debug;

use a2d_cost::Column;
use a2d_model::Classifier;
use serde_json::{Map, Value};
use tch::Tensor;

pub use confidence::Confidence;
pub use error::{Error, Result};
pub use queries::Queries;
pub use second_opinion::SecondOpinion;
pub use session::{Scored, Scoring};

/// A score of images for a classifier: a column of a [`ScoreTable`](a2d_cost::ScoreTable), or several that are
/// computed together.
pub trait Score: Debug + Send + Sync {
    /// Its name.
    fn name(&self) -> &str;

    /// Its columns, whose names begin with its own where there are several.
    fn columns(&self) -> Vec<Column>;

    /// What it is computed with, for cards: scores are comparable only if these agree. Nothing unless said
    /// otherwise.
    fn parameters(&self) -> Map<String, Value> {
        Map::new()
    }

    /// The most images that it is best given at a time.
    fn batch(&self) -> usize {
        64
    }

    /// The scores of some images, \[N, C, H, W\] with pixels in \[0, 1\], on the classifier's device: for each
    /// image a finite number for each column, that does not depend on the other images.
    ///
    /// # Errors
    /// What the classifier says; [`Error::Other`] where no other error says it.
    fn scores(&self, classifier: &Classifier, images: &Tensor) -> Result<BatchScores>;

    /// The slopes of a column, by its place, with respect to the pixels of these images, \[N, C, H, W\], where it has some that an attacker
    /// can follow. None unless said otherwise.
    ///
    /// # Errors
    /// As [`scores`](Self::scores).
    fn slopes(
        &self,
        classifier: &Classifier,
        images: &Tensor,
        column: usize,
    ) -> Result<Option<Tensor>> {
        let _ = (classifier, images, column);
        Ok(None)
    }
}

/// The scores of some images, and what they took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchScores {
    /// For each image a number for each column.
    pub rows: Vec<Vec<f64>>,
    /// For each image what its numbers took.
    pub queries: Vec<Queries>,
}

impl BatchScores {
    /// Of a single column, where each image took the same.
    pub fn of_column(numbers: Vec<f64>, queries: Queries) -> Self {
        let queries = vec![queries; numbers.len()];
        Self { rows: numbers.into_iter().map(|number| vec![number]).collect(), queries }
    }
}
