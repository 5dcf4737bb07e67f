//! MI-FGSM, an attack that a2d does not have.

use a2d_attacks::{Attack, Bounds, Iterate, Newcomers, Result, Target, range, row_state};
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// The momentum iterative fast gradient sign method (Dong et al. 2018, "Boosting adversarial attacks with
/// momentum", algorithm 1): steps along the sign of a running sum of gradients, each divided by its mean size,
/// within a ball of the largest norm.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Momentum {
    /// Radius: the largest change of a pixel, in units of \[0, 1\].
    pub epsilon: f64,
    /// Change of every pixel per step.
    pub step: f64,
    /// What is left of the sum after a step.
    pub decay: f64,
    /// The most steps.
    pub iterations: u32,
    /// The class that rows are to get.
    #[serde(default)]
    pub target: Target,
}

/// What the rows of [`Momentum`] carry.
#[derive(Debug)]
pub struct MomentumRows {
    origins: Tensor,
    sums: Tensor,
}
row_state!(MomentumRows { origins, sums });

impl Attack for Momentum {
    type Rows = MomentumRows;

    fn check(&self) -> Result<()> {
        range::positive("momentum", "epsilon", self.epsilon)?;
        range::positive("momentum", "step", self.step)?;
        range::not_negative("momentum", "decay", self.decay)?;
        range::at_least_one("momentum", "iterations", self.iterations)
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.iterations
    }

    fn queries_per_iteration(&self) -> u32 {
        2
    }

    fn target(&self) -> Target {
        self.target
    }

    fn bounds(&self) -> Bounds {
        Bounds::Linf(self.epsilon)
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> MomentumRows {
        let origins = newcomers.images.shallow_clone();
        MomentumRows { sums: origins.zeros_like(), origins }
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut MomentumRows) -> Tensor {
        let gradient = iterate.ascent();
        let pixels = [1i64, 2, 3];
        // A gradient of 0 adds nothing.
        let mean = gradient.abs().mean_dim(pixels.as_slice(), true, gradient.kind());
        rows.sums =
            &rows.sums * self.decay + &gradient / mean.clamp_min(f64::from(f32::MIN_POSITIVE));
        let moved = iterate.images() + rows.sums.sign() * self.step;
        let change = (moved - &rows.origins).clamp(-self.epsilon, self.epsilon);
        (&rows.origins + change).clamp(0.0, 1.0)
    }
}
