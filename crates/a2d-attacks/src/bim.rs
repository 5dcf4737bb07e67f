use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::ball::{self, Linf};
use crate::{Attack, Iterate, Result};

/// The basic iterative method (Kurakin, Goodfellow and Bengio 2017, "Adversarial examples in the
/// physical world", section 2.2): steps of `step` along the sign of the cross-entropy's gradient,
/// within a ball of the largest norm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bim {
    /// Radius: the largest change of a pixel, in units of \[0, 1\].
    pub epsilon: f64,
    /// Change of every pixel per step.
    pub step: f64,
    /// The most steps.
    pub iterations: u32,
}

impl Attack for Bim {
    /// The images that the attack started from.
    type Rows = Tensor;

    fn check(&self) -> Result<()> {
        ball::check("bim", self.epsilon, self.step, self.iterations)
    }

    fn cap(&self) -> u32 {
        self.iterations
    }

    fn start(&self, images: &Tensor) -> Tensor {
        images.shallow_clone()
    }

    fn advance(&self, iterate: &Iterate<'_>, origins: &mut Tensor) -> Tensor {
        ball::ascend::<Linf>(iterate, origins, self.epsilon, self.step)
    }
}
