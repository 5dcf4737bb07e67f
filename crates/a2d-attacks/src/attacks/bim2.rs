//! BIM2: steps along the gradient within a Euclidean ball.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ball::Rms;
use super::descent::{Descent, Steps};
use crate::Target;

/// The basic iterative method under the Euclidean norm, scaled by the number d of elements as in
/// Foolbox 1.8 (`L2BasicIterativeAttack`): lengths are root mean squares, so that the true L2 radius is
/// `epsilon * sqrt(d)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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

impl Descent for Bim2 {
    type Ball = Rms;

    const NAME: &'static str = "bim2";

    fn steps(&self) -> Steps {
        let Self { epsilon, step, iterations, .. } = *self;
        Steps { epsilon, step, iterations }
    }

    fn target(&self) -> Target {
        self.target
    }
}
