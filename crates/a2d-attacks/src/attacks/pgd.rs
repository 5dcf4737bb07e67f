//! PGD: BIM from a random point of the ball.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ball::Linf;
use super::descent::{Descent, Steps};
use crate::Target;

/// Projected gradient descent with a random start (Madry et al. 2018, "Towards deep learning models
/// resistant to adversarial attacks", section 2.1): [`Bim`](crate::Bim) from a point drawn evenly from
/// the ball. The jump to that point is its first iteration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pgd {
    /// Radius: the largest change of a pixel, in units of \[0, 1\].
    pub epsilon: f64,
    /// Change of every pixel per step.
    pub step: f64,
    /// The most steps after the start.
    pub iterations: u32,
    /// The class that rows are to get.
    #[serde(default)]
    pub target: Target,
}

impl Descent for Pgd {
    type Ball = Linf;

    const NAME: &'static str = "pgd";

    const STARTS_AT_RANDOM: bool = true;

    fn steps(&self) -> Steps {
        let Self { epsilon, step, iterations, .. } = *self;
        Steps { epsilon, step, iterations }
    }

    fn target(&self) -> Target {
        self.target
    }
}
