//! Predictions of many images, a batch at a time.

use tch::{Device, Kind, Tensor, no_grad};

use crate::{Classifier, Error, Prediction, Result, Session};

/// Predictions of numbered images, \[C, H, W\], as a session: each leaves after a single step.
#[derive(Debug)]
pub struct Predicting {
    batch: usize,
    waiting: Vec<(usize, Tensor)>,
}

impl Predicting {
    /// So many images at a time, at least one.
    pub fn of(batch: usize) -> Self {
        Self { batch: batch.max(1), waiting: vec![] }
    }
}

impl Session for Predicting {
    type Query = (usize, Tensor);
    type Outcome = (usize, Prediction);
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

    fn step(&mut self, classifier: &Classifier) -> Result<Vec<(usize, Prediction)>> {
        let (numbers, images): (Vec<usize>, Vec<Tensor>) =
            std::mem::take(&mut self.waiting).into_iter().unzip();
        let logits = no_grad(|| {
            classifier.logits(&Tensor::stack(&images, 0).to_device(classifier.device()))
        })?;
        let mut values = vec![0f64; logits.numel()];
        let host = logits.to_device(Device::Cpu).to_kind(Kind::Double).contiguous();
        host.copy_data(&mut values, logits.numel());
        classifier.check_logits(&values, |place| numbers[place])?;
        let predictions = values.chunks_exact(classifier.classes()).map(Prediction::of);
        Ok(numbers.into_iter().zip(predictions).collect())
    }
}
