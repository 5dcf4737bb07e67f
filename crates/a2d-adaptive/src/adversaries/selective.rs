//! Away from the true class or up the cost, one at a time.

use serde::{Deserialize, Serialize};
use tch::{Reduction, Tensor};

use super::climb::{Climber, Effort, Step, Way};
use crate::heading::Heading;
use crate::ladder::Ladder;
use crate::surrogate::values;
use crate::surrogates::AfterSteps;
use crate::{Adversary, Attackers, Benign, Result, Victim};

/// Selective projected gradient descent: a step away from the true class while the network knows it, else one up the
/// lead after so many steps of the defenses (O. Bryniarski et al., "Evading adversarial example detection defenses with
/// orthogonal projected gradient descent", ICLR 2022).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Selective {
    /// Steps from each start: 1,000 in the paper.
    pub(crate) steps: u32,
    /// The length of a step, in caps: 0.1 in the paper.
    pub(crate) step: f64,
    /// Starts.
    pub(crate) starts: u32,
    /// After what share of the iterations that nearly all benign images cost it looks at the lead.
    pub(crate) share: f64,
}

impl Default for Selective {
    fn default() -> Self {
        Self { steps: 100, step: 0.1, starts: 1, share: 0.5 }
    }
}

impl Adversary for Selective {
    const NAME: &'static str = "selective";

    fn prepare(&self, victim: &Victim<'_>, benign: &Benign) -> Result<Box<dyn Attackers>> {
        let Self { steps, step, starts, share } = *self;
        let effort = Effort { steps, step, starts }.check(Self::NAME)?;
        Ok(Box::new(climber(Heading::Selective, effort, share, (victim, benign))?))
    }
}

/// A climber on the lead after steps of the defenses.
pub(super) fn climber(
    heading: Heading,
    effort: Effort,
    share: f64,
    (victim, benign): (&Victim<'_>, &Benign),
) -> Result<Climber> {
    let surrogate = Box::new(AfterSteps::of(victim, benign, share)?);
    let ladder = Ladder::of(values(&*surrogate, victim, benign.images())?);
    let way = Box::new(Headed(heading));
    Ok(Climber { way, surrogate, ladder, effort, against_partners: None })
}

/// Up the cross-entropy of the true class, or up the surrogate.
#[derive(Debug)]
pub(super) struct Headed(pub(super) Heading);

impl Way for Headed {
    fn wants_all_slopes(&self) -> bool {
        self.0 == Heading::Orthogonal
    }

    fn of(&self, step: &Step<'_>) -> Result<Tensor> {
        let labels = Tensor::from_slice(step.labels).to_device(step.up.device());
        let losses = step.look.logits.cross_entropy_loss(
            &labels,
            None::<Tensor>,
            Reduction::None,
            -100,
            0.0,
        );
        Ok(self.0.of(&step.look.gradient(&losses)?, step.up, step.fooled))
    }
}
