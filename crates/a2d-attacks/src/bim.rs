//! BIM: steps along the sign of the gradient within a ball of the largest norm.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::ball::{self, Linf};
use crate::{Attack, Bounds, Iterate, Newcomers, Result, Strides, Target};

/// The basic iterative method (Kurakin, Goodfellow and Bengio 2017, "Adversarial examples in the
/// physical world", section 2.2): steps of `step` along the sign of the cross-entropy's gradient,
/// within a ball of the largest norm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bim {
    /// Radius: the largest change of a pixel, in units of \[0, 1\].
    pub epsilon: f64,
    /// Change of every pixel per step.
    pub step: f64,
    /// The most steps.
    pub iterations: u32,
    /// The class that rows are to get.
    #[serde(default)]
    pub target: Target,
}

impl Attack for Bim {
    /// The images that the attack started from.
    type Rows = Tensor;

    fn check(&self, _classes: usize) -> Result<()> {
        ball::check("bim", self.epsilon, self.step, self.iterations)
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.iterations
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
        ball::ascend::<Linf>(iterate, origins, self.epsilon, self.step)
    }
}

impl Strides for Bim {
    fn stride(
        &self,
        images: &Tensor,
        ascent: &Tensor,
        origins: &Tensor,
        strides: &[u32],
    ) -> (Tensor, Tensor) {
        let ball = (self.epsilon, self.step);
        let moved = ball::stride::<Linf>(images, ascent, origins, ball, strides);
        (moved, origins.shallow_clone())
    }

    fn adopt(_: &mut Tensor, _: &Tensor, _: &[bool]) {}
}
