//! Where the images come from that a network learns from.

use tch::Tensor;

use crate::{Classifier, Result};

/// A source of examples: it makes what a network learns from of the training images.
///
/// Augmentation is one. An adversarial training brings another, which attacks the network as it is at that moment.
pub trait Examples {
    /// What it does that [`TrainingOptions`](super::TrainingOptions) do not say, such as `pgd epsilon 0.03`: it
    /// stands in the card, and a training is not resumed with another.
    fn description(&self) -> Option<String>;

    /// Begins an epoch, counted from 1. What is drawn afterwards depends on seed and epoch alone, so that a
    /// resumed training learns what an uninterrupted one does.
    fn begin(&mut self, seed: u64, epoch: u32);

    /// Examples in \[0, 1\], \[N, C, H, W\], in the place of these images, whose labels, \[N\] (int64), they keep.
    ///
    /// `model` computes with the weights as they are now; its logits are those of evaluation. No other network may
    /// be built meanwhile, not even a copy of this one: dropout draws from the generator that would be needed.
    ///
    /// # Errors
    /// Whatever keeps it from making them; the training ends with it.
    fn make(&mut self, model: &Classifier, images: Tensor, labels: &Tensor) -> Result<Tensor>;
}
