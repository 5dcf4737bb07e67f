//! Steps along the gradient until the label changes.

use a2d_model::Classifier;
use serde::{Deserialize, Serialize};
use tch::{Device, Reduction, Tensor, with_grad};

use crate::{Error, Result, logits};

/// The index that libtorch's cross-entropy leaves out, which no class has.
const NO_CLASS: i64 = -100;

/// Where steps lead.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal<'a> {
    /// To these classes, \[N\]: the cross-entropy of each falls.
    To(&'a Tensor),
    /// Away from the labels: their cross-entropy rises.
    Away,
}

/// Plain gradient steps, without sign or momentum, within \[0, 1\] and a ball of the largest norm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Walk {
    /// How far a step goes, times the gradient.
    pub(super) rate: f64,
    /// The radius of the ball, in pixels of \[0, 1\].
    pub(super) radius: f64,
    /// The most steps.
    pub(super) cap: u64,
}

impl Walk {
    /// For each image, \[N, C, H, W\], the number of steps until its label, \[N\], changes to whatever other class: at
    /// least 1, and the cap where it has not changed before.
    ///
    /// # Errors
    /// [`Error::Model`] if the classifier fails, gives no gradients, or logits that are not finite.
    pub(super) fn steps(
        &self,
        classifier: &Classifier,
        images: &Tensor,
        labels: &Tensor,
        goal: Goal<'_>,
    ) -> Result<Vec<u64>> {
        let (classes, sign) = match goal {
            Goal::To(classes) => (classes, -self.rate),
            Goal::Away => (labels, self.rate),
        };
        let mut counts = vec![self.cap; images.size()[0] as usize];
        let mut rows: Vec<usize> = (0..counts.len()).collect();
        let (mut origin, mut now) = (images.shallow_clone(), images.shallow_clone());
        let (mut labels, mut classes) = (labels.shallow_clone(), classes.shallow_clone());
        for done in 0..self.cap {
            let leaf = now.detach().set_requires_grad(true);
            let (found, gradient) = with_grad(|| {
                let found = classifier.logits(&leaf)?;
                logits::check(classifier, &found)?;
                let none = None::<&Tensor>;
                let loss = found.cross_entropy_loss(&classes, none, Reduction::Sum, NO_CLASS, 0.0);
                let gradient = classifier.gradient(&loss, &leaf, false)?;
                Ok::<_, Error>((found.detach(), gradient))
            })?;
            let mut gradient = gradient;
            // The labels are those of the start, which no step has changed yet.
            if done > 0 {
                let stays = found.argmax(1, false).eq_tensor(&labels);
                let kept = Vec::<bool>::try_from(stays.to_device(Device::Cpu));
                let kept = kept.map_err(Error::tensor("read labels"))?;
                let (stay, leave): (Vec<_>, Vec<_>) =
                    rows.into_iter().zip(kept).partition(|(_, kept)| *kept);
                for (row, _) in &leave {
                    counts[*row] = done;
                }
                rows = stay.into_iter().map(|(row, _)| row).collect();
                if rows.is_empty() {
                    return Ok(counts);
                }
                if !leave.is_empty() {
                    let places = stays.nonzero().view(-1);
                    let staying = |tensor: &Tensor| tensor.index_select(0, &places);
                    (origin, now, gradient) = (staying(&origin), staying(&now), staying(&gradient));
                    (labels, classes) = (staying(&labels), staying(&classes));
                }
            }
            now = self.step(&origin, &now, &(gradient * sign));
        }
        Ok(counts)
    }

    /// What is left of a step within \[0, 1\] and the ball.
    fn step(&self, origin: &Tensor, now: &Tensor, change: &Tensor) -> Tensor {
        let inside = (now + change).clamp(0.0, 1.0);
        origin + (inside - origin).clamp(-self.radius, self.radius)
    }
}
