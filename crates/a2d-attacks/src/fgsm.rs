use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::ball::{self, Linf};
use crate::{Attack, Iterate, Result};

/// The fast gradient sign method (Goodfellow, Shlens and Szegedy 2015, "Explaining and harnessing
/// adversarial examples", section 4): one step to the edge of the ball.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fgsm {
    /// Change of every pixel, in units of \[0, 1\].
    pub epsilon: f64,
}

impl Attack for Fgsm {
    /// The images that the attack started from.
    type Rows = Tensor;

    fn check(&self) -> Result<()> {
        ball::check("fgsm", self.epsilon, self.epsilon, 1)
    }

    fn cap(&self) -> u32 {
        1
    }

    fn start(&self, images: &Tensor) -> Tensor {
        images.shallow_clone()
    }

    fn advance(&self, iterate: &Iterate<'_>, origins: &mut Tensor) -> Tensor {
        ball::ascend::<Linf>(iterate, origins, self.epsilon, self.epsilon)
    }
}
