//! FGSM: one step along the sign of the gradient.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ball::Linf;
use super::descent::{Descent, Steps};
use crate::Target;

/// The fast gradient sign method (Goodfellow, Shlens and Szegedy 2015, "Explaining and harnessing
/// adversarial examples", section 4): one step to the edge of the ball.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fgsm {
    /// Change of every pixel, in units of \[0, 1\].
    pub epsilon: f64,
    /// The class that rows are to get.
    #[serde(default)]
    pub target: Target,
}

impl Descent for Fgsm {
    type Ball = Linf;

    const NAME: &'static str = "fgsm";

    fn steps(&self) -> Steps {
        Steps { epsilon: self.epsilon, step: self.epsilon, iterations: 1 }
    }

    fn target(&self) -> Target {
        self.target
    }
}
