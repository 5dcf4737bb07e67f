//! Towards the logits of a benign image of another class.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::climb::{Climber, Effort, Step, Way};
use crate::ladder::Ladder;
use crate::surrogate::values;
use crate::surrogates::Lead;
use crate::{Adversary, Attackers, Benign, Result, Victim};

/// Down the squared distance from the logits of a benign image of another class, whose are nearest (a feature adversary; F. Tramer, N. Carlini,
/// W. Brendel and A. Madry, "On adaptive attacks to adversarial example defenses", NeurIPS 2020, on "The Odds are Odd"). What is
/// matched is benign in all that can be read from logits, so it lies between what is too low and what is too high.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogitMatching {
    /// Steps from each start: 100 in their code.
    pub(crate) steps: u32,
    /// The length of a step, in caps: 2.5 over the steps in their code.
    pub(crate) step: f64,
    /// Starts.
    pub(crate) starts: u32,
}

impl Default for LogitMatching {
    fn default() -> Self {
        Self { steps: 100, step: 0.025, starts: 1 }
    }
}

impl Adversary for LogitMatching {
    const NAME: &'static str = "logits";

    fn prepare(&self, victim: &Victim<'_>, benign: &Benign) -> Result<Box<dyn Attackers>> {
        let Self { steps, step, starts } = *self;
        let effort = Effort { steps, step, starts }.check(Self::NAME)?;
        let surrogate = Box::new(Lead);
        let ladder = Ladder::of(values(&*surrogate, victim, benign.images())?);
        let way = Box::new(Matching);
        Ok(Box::new(Climber { way, surrogate, ladder, effort, against_partners: None }))
    }
}

/// Towards the nearest logits, which are chosen anew at every step.
#[derive(Debug)]
struct Matching;

impl Way for Matching {
    fn of(&self, step: &Step<'_>) -> Result<Tensor> {
        let benign = step.scene.benign;
        let nearest = benign.nearest_of_another_class(&step.look.logits, step.labels);
        let wanted = benign.logits_of(&nearest);
        let distances = (&step.look.logits - wanted).square().sum_dim_intlist(
            [1i64].as_slice(),
            false,
            step.look.logits.kind(),
        );
        step.look.gradient(&-distances)
    }
}
