//! Predictions of many images, a batch at a time.

use tch::{Kind, Tensor, no_grad};

use crate::transfer::{to_device, to_host};
use crate::{Classifier, Error, Prediction, Result, Session};

/// Predictions of numbered images, \[C, H, W\], as a session: each leaves after a single step. Whatever else logits say
/// may take the place of a prediction.
#[derive(Debug)]
pub struct Predicting<T = Prediction> {
    batch: usize,
    waiting: Vec<(usize, Tensor)>,
    read: fn(&[f64]) -> T,
}

impl Predicting {
    /// So many images at a time, at least one.
    pub fn of(batch: usize) -> Self {
        Self::reading(batch, Prediction::of)
    }
}

impl<T> Predicting<T> {
    /// So many images at a time, at least one; of each, what this reads from its logits, one per class and all finite.
    pub fn reading(batch: usize, read: fn(&[f64]) -> T) -> Self {
        Self { batch: batch.max(1), waiting: vec![], read }
    }
}

impl<T: Send> Session for Predicting<T> {
    type Query = (usize, Tensor);
    type Outcome = (usize, T);
    type Error = Error;

    fn free(&self) -> usize {
        self.batch.saturating_sub(self.waiting.len())
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    fn push(&mut self, query: (usize, Tensor)) -> Result<()> {
        self.waiting.push(query);
        Ok(())
    }

    fn step(&mut self, classifier: &Classifier) -> Result<Vec<(usize, T)>> {
        let (numbers, images): (Vec<usize>, Vec<Tensor>) =
            std::mem::take(&mut self.waiting).into_iter().unzip();
        let logits = no_grad(|| {
            classifier.logits(&to_device(&Tensor::stack(&images, 0), classifier.device()))
        })?;
        let mut values = vec![0f64; logits.numel()];
        let host = to_host(&logits).to_kind(Kind::Double).contiguous();
        host.copy_data(&mut values, logits.numel());
        classifier.check_logits(&values, |place| numbers[place])?;
        let predictions = values.chunks_exact(classifier.classes()).map(self.read);
        Ok(numbers.into_iter().zip(predictions).collect())
    }
}
