//! How sure a classifier is of the class that it predicts.

use a2d_cost::{Column, Sign};
use a2d_model::{Classifier, Predicting, Session as _};
use tch::Tensor;

use super::{BatchScores, Queries, Result, Score};

/// The probability of the predicted class, from 0 to 1: the baseline of Hendrycks and Gimpel ("A baseline for
/// detecting misclassified and out-of-distribution examples in neural networks", ICLR 2017).
#[derive(Clone, Copy, Debug)]
pub struct Confidence;

impl Score for Confidence {
    fn name(&self) -> &'static str {
        "confidence"
    }

    fn columns(&self) -> Vec<Column> {
        vec![Column::new(self.name(), Sign::Smaller)]
    }

    fn scores(&self, classifier: &Classifier, images: &Tensor) -> Result<BatchScores> {
        let count = images.size()[0];
        let mut session = Predicting::of(count as usize);
        for row in 0..count {
            session.push((row as usize, images.get(row)))?;
        }
        let predictions = session.step(classifier)?;
        let numbers = predictions.into_iter().map(|(_, prediction)| prediction.confidence);
        Ok(BatchScores::of_column(numbers.collect(), Queries::forward(1)))
    }
}
