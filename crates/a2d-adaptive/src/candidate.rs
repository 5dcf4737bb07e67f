//! What an adversary offers.

use a2d_attacks::Distances;
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// An image that is misclassified, within the cap, and may pass the detectors.
#[derive(Debug)]
pub struct Candidate {
    /// The number of its rung: later ones are harder to attack again, as far as the adversary can tell.
    pub rung: usize,
    /// What the adversary takes for that: a confidence, or its surrogate of the cost; none if it has no such number.
    pub level: Option<f64>,
    /// Its pixels, \[C, H, W\].
    pub image: Tensor,
    /// The class that the network takes it for.
    pub predicted: i64,
    /// How far it is from the image that it was made of.
    pub distances: Distances,
    /// What was spent until it was there.
    pub spent: Spent,
}

/// What an adversary has spent on an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Passes forward.
    pub forward: u64,
    /// Passes back.
    pub gradients: u64,
    /// Verdicts of the detector, each of which takes all its attacks.
    pub verdicts: u64,
}

/// What an adversary offers for an image: candidates in the order in which it found them, or none.
#[derive(Debug, Default)]
pub struct Trail {
    /// The candidates.
    pub candidates: Vec<Candidate>,
}
