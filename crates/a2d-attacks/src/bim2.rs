use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::ball::{self, Rms};
use crate::{Attack, Iterate, Result};

/// The basic iterative method under the Euclidean norm, scaled by the number d of elements as in
/// Foolbox 1.8 (`L2BasicIterativeAttack`): lengths are root mean squares, so that the true L2 radius is
/// `epsilon * sqrt(d)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bim2 {
    /// Radius: the largest root mean squared change, in units of \[0, 1\].
    pub epsilon: f64,
    /// Root mean squared change per step.
    pub step: f64,
    /// The most steps.
    pub iterations: u32,
}

impl Attack for Bim2 {
    /// The images that the attack started from.
    type Rows = Tensor;

    fn check(&self) -> Result<()> {
        ball::check("bim2", self.epsilon, self.step, self.iterations)
    }

    fn cap(&self) -> u32 {
        self.iterations
    }

    fn start(&self, images: &Tensor) -> Tensor {
        images.shallow_clone()
    }

    fn advance(&self, iterate: &Iterate<'_>, origins: &mut Tensor) -> Tensor {
        ball::ascend::<Rms>(iterate, origins, self.epsilon, self.step)
    }
}
