//! BIM2: steps along the gradient within a Euclidean ball.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::ball::{self, Rms};
use crate::{Attack, Bounds, Iterate, Newcomers, Result, Strides, Target};

/// The basic iterative method under the Euclidean norm, scaled by the number d of elements as in
/// Foolbox 1.8 (`L2BasicIterativeAttack`): lengths are root mean squares, so that the true L2 radius is
/// `epsilon * sqrt(d)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bim2 {
    /// Radius: the largest root mean squared change, in units of \[0, 1\].
    pub epsilon: f64,
    /// Root mean squared change per step.
    pub step: f64,
    /// The most steps.
    pub iterations: u32,
    /// The class that rows are to get.
    #[serde(default)]
    pub target: Target,
}

impl Attack for Bim2 {
    /// The images that the attack started from.
    type Rows = Tensor;

    fn check(&self, _classes: usize) -> Result<()> {
        ball::check("bim2", self.epsilon, self.step, self.iterations)
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.iterations
    }

    fn target(&self) -> Target {
        self.target
    }

    fn bounds(&self) -> Bounds {
        Bounds::Rms(self.epsilon)
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> Tensor {
        newcomers.images.shallow_clone()
    }

    fn advance(&self, iterate: &Iterate<'_>, origins: &mut Tensor) -> Tensor {
        ball::ascend::<Rms>(iterate, origins, self.epsilon, self.step)
    }
}

impl Strides for Bim2 {
    fn stride(
        &self,
        images: &Tensor,
        ascent: &Tensor,
        origins: &Tensor,
        strides: &[u32],
    ) -> (Tensor, Tensor) {
        let ball = (self.epsilon, self.step);
        let moved = ball::stride::<Rms>(images, ascent, origins, ball, strides);
        (moved, origins.shallow_clone())
    }

    fn adopt(_: &mut Tensor, _: &Tensor, _: &[bool]) {}
}
