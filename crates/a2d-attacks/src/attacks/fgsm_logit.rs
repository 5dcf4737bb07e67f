//! FGSM along the slope of the label's logit alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ball::Linf;
use super::descent::{Descent, Steps};
use crate::{Logits, Loss, Target};

/// The fast gradient sign method away from the label's logit, whatever the other logits do: what comes of it
/// where a negative log-likelihood is applied to logits, as the second environment of "Attack as defense" has it
/// (`nll_loss` in `attacks/attack_type/fgsm.py` of Wang et al. 2019, "Adversarial sample detection for deep
/// neural network through model mutation testing").
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FgsmLogit {
    /// Change of every pixel, in units of \[0, 1\].
    pub epsilon: f64,
    /// The class that rows are to get.
    #[serde(default)]
    pub target: Target,
}

impl Descent for FgsmLogit {
    type Ball = Linf;

    const NAME: &'static str = "fgsm-logit";

    fn steps(&self) -> Steps {
        Steps { epsilon: self.epsilon, step: self.epsilon, iterations: 1 }
    }

    fn loss(&self) -> &dyn Loss {
        &Logits
    }

    fn target(&self) -> Target {
        self.target
    }
}
