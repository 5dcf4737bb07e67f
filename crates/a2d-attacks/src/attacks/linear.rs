//! Attacks that are not carried out: how many steps they would take if the network were linear.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::boundaries;
use crate::engine::rowwise::{elements, mask, pixels};
use crate::row_state;
use crate::{
    Attack, Bounds, Iterate, Loss, Newcomers, Pass, Result, Standing, Strides, Target, range,
};

/// An attack of which it is known how many steps it takes of a linear network.
pub trait OnLinear: Strides {
    /// The fewest steps from an image of these `pixels` after which a function with these `slopes` has risen by more than
    /// `lead`, within the attack's bounds and \[0, 1\]; none if no number of steps is enough that it may take.
    fn steps_on_linear(&self, pixels: &[f32], slopes: &[f64], lead: f64) -> Option<u32>;
}

/// The first-order distance: the steps that an attack would take if the network were as linear as it is at the image.
/// Our own, in neither paper.
///
/// The label's lead over a runner-up and its slope give them, exactly where the network is linear between two classes:
/// for BIM, without bounds, the lead over the sum of the slopes' sizes and the step (Goodfellow, Shlens and Szegedy 2015, section 5;
/// for BIM2 the step of DeepFool). They are in the unit of the attack itself and take one gradient for each of the `classes`. Nothing is walked, so it does
/// not show where the network bends, and it is easier to mislead than an attack.
///
/// Where it is to give an image, that is the one after the steps, if it flips.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Linear<A> {
    /// The attack whose steps are counted.
    #[serde(flatten)]
    pub attack: A,
    /// Runners-up whose boundaries are looked at, where the model has as many; with a target, it alone is.
    pub classes: u32,
}

/// What the rows of [`Linear`] carry.
#[derive(Debug)]
pub struct LinearRows<R> {
    /// What the attack's rows carry.
    rows: R,
    /// How many steps each takes, once that was looked at; none if more than the attack may take.
    steps: Vec<Option<u32>>,
}

row_state!(LinearRows<R> { rows, steps });

impl<A: OnLinear> Attack for Linear<A> {
    type Rows = LinearRows<A::Rows>;

    fn check(&self) -> Result<()> {
        range::at_least_one("linear", "classes", self.classes)?;
        self.attack.check()
    }

    fn queries_per_iteration(&self) -> u32 {
        self.attack.queries_per_iteration()
    }

    fn queries(&self, _iterations: f64) -> f64 {
        f64::from(self.classes) + 1.0
    }

    fn loss(&self) -> &dyn Loss {
        self.attack.loss()
    }

    fn cap(&self, elements: usize) -> u32 {
        self.attack.cap(elements)
    }

    fn target(&self) -> Target {
        self.attack.target()
    }

    fn bounds(&self) -> Bounds {
        self.attack.bounds()
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> Self::Rows {
        let steps = vec![None; newcomers.numbers.len()];
        LinearRows { rows: self.attack.start(newcomers), steps }
    }

    fn judge(&self, pass: &Pass<'_>, rows: &mut Self::Rows) -> Vec<Standing> {
        let rows = rows.steps.iter().zip(pass.reached);
        rows.map(|(steps, reached)| at_the_end(*steps, *reached)).collect()
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut Self::Rows) -> Tensor {
        let images = iterate.images();
        let (steepest, steps) = self.nearest(iterate, &images);
        // One that is not there after all steps has taken them, so that it shows whether it can be moved.
        let cap = self.attack.cap(images.numel() / steps.len());
        let strides: Vec<u32> = steps.iter().map(|steps| steps.unwrap_or(cap)).collect();
        rows.steps = steps;
        let (moved, ahead) = self.attack.stride(&images, &steepest, &rows.rows, &strides);
        rows.rows = ahead;
        moved
    }

    fn foretold(&self, rows: &Self::Rows) -> Vec<Option<Standing>> {
        rows.steps.iter().map(|steps| Some(at_the_end(*steps, steps.is_some()))).collect()
    }
}

/// Where a row stands after its steps.
fn at_the_end(steps: Option<u32>, reached: bool) -> Standing {
    Standing { iterations: steps.unwrap_or(0), reached, exhausted: true }
}

impl<A: OnLinear> Linear<A> {
    /// The slopes, \[N, C, H, W\], towards the boundary of each row that takes the fewest steps, and how many these are.
    fn nearest(&self, iterate: &Iterate<'_>, images: &Tensor) -> (Tensor, Vec<Option<u32>>) {
        let pixels = pixels(images);
        let mut nearest = images.zeros_like();
        let mut fewest: Vec<Option<u32>> = vec![None; iterate.goals().len()];
        let mut is_first = true;
        boundaries::look(iterate, &self.rivals(iterate), |leads, slopes| {
            let (leads, values) = (elements(leads), elements(&slopes));
            let count = pixels.len() / leads.len();
            let rows = pixels.chunks_exact(count).zip(values.chunks_exact(count)).zip(&leads);
            let rows = rows
                .map(|((pixels, slopes), lead)| self.attack.steps_on_linear(pixels, slopes, *lead));
            let is_nearer = |(steps, fewest): (Option<u32>, &mut Option<u32>)| {
                let is_nearer = steps.is_some_and(|steps| fewest.is_none_or(|few| steps < few));
                if is_nearer {
                    *fewest = steps;
                }
                // Where no boundary is within reach, any shows whether the row can be moved.
                is_nearer || is_first
            };
            let are_nearer: Vec<bool> = rows.zip(&mut fewest).map(is_nearer).collect();
            nearest = slopes.where_self(&mask(&are_nearer, &slopes), &nearest);
            is_first = false;
        });
        (nearest, fewest)
    }

    /// The classes of each row whose boundaries are looked at.
    fn rivals(&self, iterate: &Iterate<'_>) -> Vec<Vec<i64>> {
        let targets: Option<Vec<_>> =
            iterate.goals().iter().map(|goal| goal.target.map(|class| vec![class])).collect();
        targets.unwrap_or_else(|| boundaries::runners_up(iterate, self.classes))
    }
}

/// The least of the numbers up to `most` that is enough, where every larger one is, too.
pub(super) fn fewest(most: u32, is_enough: impl Fn(u32) -> bool) -> Option<u32> {
    if most == 0 || !is_enough(most) {
        return None;
    }
    let (mut too_few, mut enough) = (0, most);
    while enough - too_few > 1 {
        let middle = too_few.midpoint(enough);
        if is_enough(middle) {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    Some(enough)
}

#[cfg(test)]
mod tests;
