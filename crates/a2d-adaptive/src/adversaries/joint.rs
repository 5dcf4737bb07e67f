//! Away from the true class, past the partners, and up the cost, one at a time.

use serde::{Deserialize, Serialize};

use super::climb::Effort;
use super::selective::climber;
use crate::heading::Heading;
use crate::{Adversary, Attackers, Benign, Result, Victim};

/// [`Selective`](super::Selective) against costs and other scores together: an image that is misclassified and that a partner flags, such as an
/// autoencoder, goes down the partner's score before it goes on up the cost, and is offered only where no partner flags it
/// at 10 % false positives (after N. Carlini and D. Wagner, "MagNet and 'Efficient defenses against adversarial attacks' are not
/// robust to adversarial examples", 2017, whose loss has a hinge for each detector; here one direction is followed at a time).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Joint {
    /// Steps from each start.
    pub(crate) steps: u32,
    /// The length of a step, in caps.
    pub(crate) step: f64,
    /// Starts.
    pub(crate) starts: u32,
    /// After what share of the iterations that nearly all benign images cost it looks at the lead.
    pub(crate) share: f64,
}

impl Default for Joint {
    fn default() -> Self {
        Self { steps: 300, step: 0.02, starts: 1, share: 0.5 }
    }
}

impl Adversary for Joint {
    const NAME: &'static str = "joint";

    fn prepare(&self, victim: &Victim<'_>, benign: &Benign) -> Result<Box<dyn Attackers>> {
        let Self { steps, step, starts, share } = *self;
        let effort = Effort { steps, step, starts }.check(Self::NAME)?;
        let mut climber = climber(Heading::Selective, effort, share, (victim, benign))?;
        climber.against_partners = Some(Self::NAME);
        Ok(Box::new(climber))
    }
}
