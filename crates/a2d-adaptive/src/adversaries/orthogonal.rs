//! Away from the true class or up the cost, neither against the other.

use serde::{Deserialize, Serialize};

use super::climb::Effort;
use super::selective::climber;
use crate::heading::Heading;
use crate::{Adversary, Attackers, Benign, Result, Victim};

/// Orthogonal projected gradient descent: [`Selective`](super::Selective), but of either direction without what goes along
/// the other (the same paper).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Orthogonal {
    /// Steps from each start: 1,000 in the paper.
    pub(crate) steps: u32,
    /// The length of a step, in caps: 0.1 in the paper.
    pub(crate) step: f64,
    /// Starts.
    pub(crate) starts: u32,
    /// After what share of the iterations that nearly all benign images cost it looks at the lead.
    pub(crate) share: f64,
}

impl Default for Orthogonal {
    fn default() -> Self {
        Self { steps: 100, step: 0.1, starts: 1, share: 0.5 }
    }
}

impl Adversary for Orthogonal {
    const NAME: &'static str = "orthogonal";

    fn prepare(&self, victim: &Victim<'_>, benign: &Benign) -> Result<Box<dyn Attackers>> {
        let Self { steps, step, starts, share } = *self;
        let effort = Effort { steps, step, starts }.check(Self::NAME)?;
        Ok(Box::new(climber(Heading::Orthogonal, effort, share, (victim, benign))?))
    }
}
