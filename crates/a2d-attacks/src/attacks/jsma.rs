//! The saliency map attack that changes one element per iteration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::engine::rowwise::{elements, pixels};
use crate::{Attack, Bounds, Iterate, Newcomers, OnLinear, Result, Strides, Target, range};

/// The Jacobian-based saliency map attack that changes one element per iteration, as in Foolbox 1.8
/// (`SaliencyMapAttack` with `fast=True`), after Papernot et al. 2016, "The limitations of deep learning
/// in adversarial settings".
///
/// Each iteration finds the element whose decrease would lower the cross-entropy of the target most,
/// and moves it by `theta`. An element that reached 0 or 1, or was changed `changes` times, is left
/// alone from then on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Jsma {
    /// Change of an element per iteration, in units of \[0, 1\].
    pub theta: f64,
    /// The most changes of an element.
    pub changes: u32,
    /// The most iterations.
    pub iterations: u32,
    /// The class that rows are to get.
    #[serde(default)]
    pub target: Target,
}

impl Attack for Jsma {
    /// How often each element of a row may still change.
    type Rows = Vec<Vec<u32>>;

    fn check(&self) -> Result<()> {
        range::share("jsma", "theta", self.theta)?;
        range::at_least_one("jsma", "changes", self.changes)?;
        range::at_least_one("jsma", "iterations", self.iterations)
    }

    fn queries_per_iteration(&self) -> u32 {
        2
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.iterations
    }

    fn target(&self) -> Target {
        self.target
    }

    fn bounds(&self) -> Bounds {
        Bounds::Picked
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> Vec<Vec<u32>> {
        let elements = newcomers.images.get(0).numel();
        vec![vec![self.changes; elements]; newcomers.numbers.len()]
    }

    fn advance(&self, iterate: &Iterate<'_>, changes: &mut Vec<Vec<u32>>) -> Tensor {
        let steps = vec![1; changes.len()];
        self.change_rows(&iterate.images(), &iterate.ascent(), changes, &steps)
    }
}

impl Strides for Jsma {
    fn stride(
        &self,
        images: &Tensor,
        ascent: &Tensor,
        changes: &Vec<Vec<u32>>,
        strides: &[u32],
    ) -> (Tensor, Vec<Vec<u32>>) {
        let mut changes = changes.clone();
        (self.change_rows(images, ascent, &mut changes, strides), changes)
    }

    fn adopt(changes: &mut Vec<Vec<u32>>, ahead: &Vec<Vec<u32>>, moved: &[bool]) {
        let rows = changes.iter_mut().zip(ahead).zip(moved).filter(|(_, moved)| **moved);
        rows.for_each(|((changes, ahead), _)| changes.clone_from(ahead));
    }
}

impl OnLinear for Jsma {
    fn steps_on_linear(&self, pixels: &[f32], slopes: &[f64], lead: f64) -> Option<u32> {
        let mut falling: Vec<usize> =
            (0..slopes.len()).filter(|element| slopes[*element] < 0.0).collect();
        falling.sort_by(|a, b| slopes[*a].total_cmp(&slopes[*b]));
        let (mut risen, mut steps) = (0.0, 0);
        for element in falling {
            let mut pixel = pixels[element];
            for _ in 0..self.changes {
                let moved = pixel - self.theta as f32;
                let before = std::mem::replace(&mut pixel, moved.max(0.0));
                risen += slopes[element] * f64::from(pixel - before);
                steps += 1;
                if risen > lead || steps == self.iterations {
                    return (risen > lead).then_some(steps);
                }
                if moved <= 0.0 {
                    break;
                }
            }
        }
        None
    }
}

impl Jsma {
    /// The images after so many steps of each row, whose elements may still change so often.
    pub(super) fn change_rows(
        &self,
        images: &Tensor,
        ascent: &Tensor,
        changes: &mut [Vec<u32>],
        steps: &[u32],
    ) -> Tensor {
        let (mut pixels, ascent) = (pixels(images), elements(ascent));
        let count = pixels.len() / steps.len();
        let rows = pixels.chunks_exact_mut(count).zip(ascent.chunks_exact(count));
        for ((pixels, ascent), (left, steps)) in rows.zip(changes.iter_mut().zip(steps)) {
            self.change(pixels, ascent, left, *steps);
        }
        Tensor::from_slice(&pixels).to_device(images.device()).view_as(images)
    }

    /// Changes the `steps` best elements of one row, whose gradient is `ascent`, where each has so many
    /// changes left.
    fn change(&self, pixels: &mut [f32], ascent: &[f64], left: &mut [u32], steps: u32) {
        for element in steepest(ascent, left, steps as usize) {
            let change = if ascent[element] < 0.0 { -self.theta } else { self.theta } as f32;
            let moved = pixels[element] + change;
            left[element] = if moved > 0.0 && moved < 1.0 { left[element] - 1 } else { 0 };
            pixels[element] = moved.clamp(0.0, 1.0);
        }
    }
}

/// The elements, at most `count`, that are free to change and whose decrease lowers the cross-entropy
/// of the target most, the first of them first.
///
/// Where no decrease lowers it, the one whose increase does so least is changed, as in Foolbox 1.8, but only
/// as long as no element has left the mask.
fn steepest(ascent: &[f64], left: &[u32], count: usize) -> Vec<usize> {
    let by_slope = |a: &usize, b: &usize| ascent[*a].total_cmp(&ascent[*b]).then(a.cmp(b));
    let falling = |element: &usize| left[*element] > 0 && ascent[*element] < 0.0;
    let mut elements: Vec<usize> = (0..ascent.len()).filter(falling).collect();
    if elements.is_empty() && !left.contains(&0) {
        let flattest = (0..ascent.len()).min_by(by_slope);
        elements.extend(flattest.filter(|element| ascent[*element] > 0.0));
    }
    if elements.len() > count {
        elements.select_nth_unstable_by(count, by_slope);
        elements.truncate(count);
    }
    elements.sort_unstable_by(by_slope);
    elements
}
