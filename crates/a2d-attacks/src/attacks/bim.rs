//! BIM: steps along the sign of the gradient within a ball of the largest norm.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ball::Linf;
use super::descent::{Descent, Steps};
use crate::Target;

/// The basic iterative method (Kurakin, Goodfellow and Bengio 2017, "Adversarial examples in the
/// physical world", section 2.2): steps of `step` along the sign of the cross-entropy's gradient,
/// within a ball of the largest norm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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

impl Descent for Bim {
    type Ball = Linf;

    const NAME: &'static str = "bim";

    fn steps(&self) -> Steps {
        let Self { epsilon, step, iterations, .. } = *self;
        Steps { epsilon, step, iterations }
    }

    fn target(&self) -> Target {
        self.target
    }
}
