//! Up the lead of a wrong class.

use serde::{Deserialize, Serialize};

use super::climb::{Climber, Effort};
use super::selective::Headed;
use crate::heading::Heading;
use crate::ladder::Ladder;
use crate::surrogate::values;
use crate::surrogates::Lead;
use crate::{Adversary, Attackers, Benign, Result, Victim};

/// Away from the true class, then up the lead of the class that the image has got, through the leads that benign images
/// have: projected gradient descent on the margin, which leaves a candidate in every part of the benign band, so that one
/// of them is also passed by a detector that looks for high costs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Margin {
    /// Steps from each start.
    pub(crate) steps: u32,
    /// The length of a step, in caps.
    pub(crate) step: f64,
    /// Starts.
    pub(crate) starts: u32,
}

impl Default for Margin {
    fn default() -> Self {
        Self { steps: 300, step: 0.01, starts: 1 }
    }
}

impl Adversary for Margin {
    const NAME: &'static str = "margin";

    fn prepare(&self, victim: &Victim<'_>, benign: &Benign) -> Result<Box<dyn Attackers>> {
        let Self { steps, step, starts } = *self;
        let effort = Effort { steps, step, starts }.check(Self::NAME)?;
        let surrogate = Box::new(Lead);
        let ladder = Ladder::of(values(&*surrogate, victim, benign.images())?);
        let way = Box::new(Headed(Heading::Selective));
        Ok(Box::new(Climber { way, surrogate, ladder, effort, against_partners: None }))
    }
}
