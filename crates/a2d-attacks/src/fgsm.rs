//! FGSM: one step along the sign of the gradient.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::ball::{self, Linf};
use crate::{Attack, Bounds, Iterate, Newcomers, Result, Target};

/// The fast gradient sign method (Goodfellow, Shlens and Szegedy 2015, "Explaining and harnessing
/// adversarial examples", section 4): one step to the edge of the ball.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fgsm {
    /// Change of every pixel, in units of \[0, 1\].
    pub epsilon: f64,
    /// The class that rows are to get.
    #[serde(default)]
    pub target: Target,
}

impl Attack for Fgsm {
    /// The images that the attack started from.
    type Rows = Tensor;

    fn check(&self, _classes: usize) -> Result<()> {
        ball::check("fgsm", self.epsilon, self.epsilon, 1)
    }

    fn cap(&self, _elements: usize) -> u32 {
        1
    }

    fn target(&self) -> Target {
        self.target
    }

    fn bounds(&self) -> Bounds {
        Bounds::Linf(self.epsilon)
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> Tensor {
        newcomers.images.shallow_clone()
    }

    fn advance(&self, iterate: &Iterate<'_>, origins: &mut Tensor) -> Tensor {
        ball::ascend::<Linf>(iterate, origins, self.epsilon, self.epsilon)
    }
}
