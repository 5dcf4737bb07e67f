//! What came of an image that examples were crafted from, and counts of it.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::integer::{Found, Rounding};
use super::space::Development;
use crate::{Distances, Finished, Result};

/// What came of an image.
#[derive(Debug)]
pub enum Attempt {
    /// An adversarial example.
    Succeeded(CraftedExample),
    /// The attack did not get what it wanted, or not as the kind of image that was wanted.
    Failed,
    /// The attack had no hold on the image: its gradient is exactly 0, or no step moved it.
    Unmoved,
    /// The model misclassifies the image as it is, so no example can come from it.
    Misclassified,
    /// Its label is the class that the attack was to get.
    OnTarget,
}

/// An adversarial example: a correctly classified image that lost its label.
#[derive(Debug)]
pub struct CraftedExample {
    /// Its true class.
    pub label: usize,
    /// The class that the model takes it for, never its true class.
    pub predicted: usize,
    /// The class that it was to get, where there is one: the model takes it for that. None if it takes what became of
    /// the attack's image for yet another.
    pub target: Option<usize>,
    /// Iterations that it took.
    pub iterations: u32,
    /// How far it is from the image it was crafted from.
    pub distances: Distances,
    /// Its pixels, \[C, H, W\].
    pub image: Tensor,
}

/// How many images became adversarial examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Images that were looked at.
    pub tried: usize,
    /// Of these, the ones the model misclassifies as they are.
    pub misclassified: usize,
    /// Of these, the ones whose label is the class that the attack was to get.
    pub on_target: usize,
    /// Of these, the ones that the attack had no hold on.
    #[serde(default)]
    pub unmoved: usize,
    /// Of these, the ones whose label changed as the attack wanted.
    pub succeeded: usize,
}

impl Tally {
    /// Counts attempts.
    pub fn of<'a>(attempts: impl IntoIterator<Item = &'a Attempt>) -> Self {
        let mut tally = Self::default();
        for attempt in attempts {
            tally.tried += 1;
            match attempt {
                Attempt::Succeeded(_) => tally.succeeded += 1,
                Attempt::Failed => (),
                Attempt::Unmoved => tally.unmoved += 1,
                Attempt::Misclassified => tally.misclassified += 1,
                Attempt::OnTarget => tally.on_target += 1,
            }
        }
        tally
    }
}

/// What becomes of the image that an attack ends with.
pub(super) enum Finish<'a> {
    /// It is the example.
    AsFound,
    /// An 8-bit image near it is.
    Rounded(Rounding<'a>),
    /// What it is as a picture is.
    Developed(Development<'a>),
}

impl Attempt {
    pub(super) fn of(done: &Finished, original: &Tensor, finish: &Finish<'_>) -> Result<Self> {
        let goal = done.goal;
        if done.set_aside {
            let is_labelled = done.predicted == goal.label;
            return Ok(if is_labelled { Self::OnTarget } else { Self::Misclassified });
        }
        if done.no_cost.is_some() {
            return Ok(Self::Unmoved);
        }
        if !done.cost.flipped {
            return Ok(Self::Failed);
        }
        let finished = match finish {
            Finish::AsFound => Some(Found { image: done.image.copy(), predicted: done.predicted }),
            Finish::Rounded(rounding) => rounding.near(goal, original, &done.image)?,
            Finish::Developed(development) => development.of(goal, &done.image)?,
        };
        let Some(Found { image, predicted }) = finished else { return Ok(Self::Failed) };
        let target = goal.target.filter(|target| *target == predicted);
        Ok(Self::Succeeded(CraftedExample {
            label: goal.label as usize,
            predicted: predicted as usize,
            target: target.map(|target| target as usize),
            iterations: done.cost.iterations,
            distances: Distances::between(original, &image),
            image,
        }))
    }
}
