//! What a forward pass says.

use a2d_model::transfer::{to_device, to_host};
use tch::{Kind, Tensor};

use crate::{Goal, rowwise};

/// What a forward pass says of the rows of the window.
#[derive(Debug)]
pub struct Pass<'a> {
    /// The images that went through the network, \[N, C, H, W\].
    pub images: &'a Tensor,
    /// Their logits, \[N, classes\], apart from the graph.
    pub logits: &'a Tensor,
    /// What is wanted of each row.
    pub goals: &'a [Goal],
    /// By how much each row is beyond its goal: [`Goal::margin`].
    pub margins: &'a [f64],
    /// Whether the network takes it for what is wanted, by the attack's confidence at least.
    pub reached: &'a [bool],
    /// Whether this is the row's first pass, that of the image as it came.
    pub first: &'a [bool],
}

impl Pass<'_> {
    /// The squared L2 distance of each image from `origins`, \[N, C, H, W\].
    pub fn squared_distances(&self, origins: &Tensor) -> Vec<f64> {
        rowwise::squared_distances(self.images, origins)
    }

    /// The cross-entropy of each row's target, or else its label.
    pub fn cross_entropies(&self) -> Vec<f64> {
        let targets =
            classes(self.goals, |goal| goal.target.unwrap_or(goal.label), self.images).unsqueeze(1);
        let probabilities = self.logits.log_softmax(-1, Kind::Double).gather(1, &targets, false);
        to_host(&(-probabilities).view([-1])).try_into().unwrap_or_default()
    }
}

/// 1 for rows that are to get a class, -1 for those that are to lose one, of the kind and on the device of
/// `neighbour`.
pub(crate) fn signs(goals: &[Goal], neighbour: &Tensor) -> Tensor {
    let sign = |goal: &Goal| if goal.target.is_some() { 1.0 } else { -1.0 };
    rowwise::numbers(goals.iter().map(sign), neighbour).view([-1])
}

/// A class of every row, on the device of `neighbour`.
pub(crate) fn classes(goals: &[Goal], class: impl Fn(&Goal) -> i64, neighbour: &Tensor) -> Tensor {
    let classes: Vec<i64> = goals.iter().map(class).collect();
    to_device(&Tensor::from_slice(&classes), neighbour.device())
}
