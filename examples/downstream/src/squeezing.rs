//! A score that a2d does not have: what fewer bits per pixel change.

use a2d_cost::{Column, Sign};
use a2d_eval::scoring::{BatchScores, Error, Queries, Result, Score};
use a2d_model::Classifier;
use serde_json::{Map, Value};
use tch::{Kind, Tensor, no_grad};

/// Feature squeezing (Xu, Evans and Qi, "Feature squeezing: detecting adversarial examples in deep neural networks",
/// NDSS 2018): the L1 distance of the probabilities before and after pixels are rounded to a few bits.
#[derive(Clone, Copy, Debug)]
pub struct Squeezing {
    /// Bits per pixel.
    pub bits: u32,
}

impl Score for Squeezing {
    fn name(&self) -> &'static str {
        "squeezing"
    }

    fn columns(&self) -> Vec<Column> {
        vec![Column::new(self.name(), Sign::Larger)]
    }

    fn parameters(&self) -> Map<String, Value> {
        [("bits".to_owned(), self.bits.into())].into_iter().collect()
    }

    fn scores(&self, classifier: &Classifier, images: &Tensor) -> Result<BatchScores> {
        let levels = f64::from(2_u32.pow(self.bits) - 1);
        let probabilities = |images: &Tensor| {
            let logits = classifier.logits(images)?;
            Ok::<_, Error>(logits.softmax(-1, Kind::Double))
        };
        let changes = no_grad(|| {
            let squeezed = (images * levels).round() / levels;
            Ok::<_, Error>(probabilities(images)? - probabilities(&squeezed)?)
        })?;
        let distances = changes.abs().sum_dim_intlist([1i64].as_slice(), false, Kind::Double);
        let numbers =
            Vec::<f64>::try_from(distances).map_err(|error| Error::Other(error.into()))?;
        Ok(BatchScores::of_column(numbers, Queries::forward(2)))
    }
}
