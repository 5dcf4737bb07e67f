//! FGSM under the Euclidean norm, repeated until the label changes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::ball::{Ball, Rms};
use crate::{Attack, Bounds, Iterate, Newcomers, Result, Target, range};

/// The fast gradient method under the Euclidean norm: steps along the cross-entropy's gradient
/// (Goodfellow, Shlens and Szegedy 2015, section 4, with the norm changed), repeated until the label
/// changes. The first step alone is the single-step attack.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FgsmL2 {
    /// Root mean squared change per step, in units of \[0, 1\].
    pub step: f64,
    /// The most steps.
    pub iterations: u32,
    /// The class that rows are to get.
    #[serde(default)]
    pub target: Target,
}

impl Attack for FgsmL2 {
    type Rows = ();

    fn check(&self) -> Result<()> {
        range::positive("fgsm-l2", "step", self.step)?;
        range::at_least_one("fgsm-l2", "iterations", self.iterations)
    }

    fn queries_per_iteration(&self) -> u32 {
        2
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.iterations
    }

    fn target(&self) -> Target {
        self.target
    }

    fn bounds(&self) -> Bounds {
        Bounds::Rms(self.step * f64::from(self.iterations))
    }

    fn start(&self, _newcomers: &Newcomers<'_>) {}

    fn advance(&self, iterate: &Iterate<'_>, (): &mut ()) -> Tensor {
        (iterate.images() + Rms::direction(&iterate.ascent()) * self.step).clamp(0.0, 1.0)
    }
}
