//! The saliency map attack that changes one element per iteration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::engine::rowwise::{mask, numbers};
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
    /// How often each element of a row may still change, \[N, elements\].
    type Rows = Tensor;

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

    fn start(&self, newcomers: &Newcomers<'_>) -> Tensor {
        let images = newcomers.images.flatten(1, -1);
        let changes = i64::from(self.changes.min(i32::MAX.unsigned_abs()));
        Tensor::full(images.size(), changes, (Kind::Int, images.device()))
    }

    fn advance(&self, iterate: &Iterate<'_>, changes: &mut Tensor) -> Tensor {
        let steps = vec![1; iterate.goals().len()];
        self.change_rows(&iterate.images(), &iterate.ascent(), changes, &steps)
    }
}

impl Strides for Jsma {
    fn stride(
        &self,
        images: &Tensor,
        ascent: &Tensor,
        changes: &Tensor,
        strides: &[u32],
    ) -> (Tensor, Tensor) {
        let mut changes = changes.shallow_clone();
        (self.change_rows(images, ascent, &mut changes, strides), changes)
    }

    fn adopt(changes: &mut Tensor, ahead: &Tensor, moved: &[bool]) {
        *changes = ahead.where_self(&mask(moved, changes).view([-1, 1]), changes);
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
        changes: &mut Tensor,
        steps: &[u32],
    ) -> Tensor {
        let pixels = images.to_kind(Kind::Float).flatten(1, -1);
        let slopes = ascent.flatten(1, -1);
        let steepest = steepest(&slopes, changes, steps);
        // Up or down by theta, in place: images may be large.
        let mut moved = slopes.ge(0.0).to_kind(Kind::Float);
        moved *= 2.0 * self.theta;
        moved -= self.theta;
        moved += &pixels;
        let left_the_box = moved.le(0.0).logical_or(&moved.ge(1.0)).logical_and(&steepest);
        *changes = &*changes - steepest.to_kind(Kind::Int);
        *changes *= left_the_box.logical_not();
        moved.clamp_(0.0, 1.0).where_self(&steepest, &pixels).view_as(images)
    }
}

/// The elements of each row, at most as many as its steps, that are free to change and whose decrease lowers the
/// cross-entropy of the target most, marked among \[N, elements\]. Of equal ones those that come first.
///
/// Where no decrease lowers it, the one whose increase does so least is changed, as in Foolbox 1.8, but only
/// as long as no element has left the mask.
fn steepest(slopes: &Tensor, left: &Tensor, steps: &[u32]) -> Tensor {
    let free = left.gt(0);
    let all_rise = free.logical_and(&slopes.gt(0.0)).all_dim(1, true);
    let eligible = free.logical_and(&slopes.lt(0.0)).logical_or(&all_rise);
    let slopes = slopes.where_scalarother(&eligible, f64::INFINITY);
    let most = steps.iter().copied().max().unwrap_or_default();
    let counts = numbers(steps.iter().copied().map(f64::from), &slopes).view([-1, 1]);
    if most <= 1 {
        // Of equal ones libtorch names the first.
        let picked = eligible.zeros_like().scatter(1, &slopes.argmin(1, true), &counts.gt(0.0));
        return picked.logical_and(&eligible);
    }
    let counts = counts.clamp_max(1.0).where_self(&all_rise, &counts);
    let most = i64::from(most).min(slopes.size()[1]);
    let (smallest, _) = slopes.topk(most, 1, false, true);
    let last = (&counts - 1.0).clamp(0.0, most as f64 - 1.0).to_kind(Kind::Int64);
    let last = smallest.gather(1, &last, false);
    let (before, equal) = (slopes.lt_tensor(&last), slopes.eq_tensor(&last));
    let room = counts - before.sum_dim_intlist([1i64].as_slice(), true, Kind::Int);
    let equal = equal.cumsum(1, Kind::Int).le_tensor(&room).logical_and(&equal);
    before.logical_or(&equal).logical_and(&eligible)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The elements that are picked of a row with these slopes, where each may change so often.
    fn picked<const N: usize>(slopes: [f32; N], left: [i32; N], steps: u32) -> Vec<usize> {
        // Beside a row that takes other steps.
        let slopes = Tensor::from_slice2(&[slopes, slopes.map(|slope| -1.0 - slope.abs())]);
        let left = Tensor::from_slice2(&[left, left]);
        let [alone, beside] = [&[steps][..], &[steps, 3]].map(|steps| {
            let rows = steps.len() as i64;
            let marks =
                steepest(&slopes.narrow(0, 0, rows), &left.narrow(0, 0, rows), steps).get(0);
            let marks = Vec::<bool>::try_from(marks).unwrap();
            (0..N).filter(|element| marks[*element]).collect::<Vec<_>>()
        });
        assert_eq!(alone, beside);
        alone
    }

    #[test]
    fn the_steepest_free_elements_change() {
        let slopes = [-1.0, 2.0, -3.0, -2.0, 0.0];
        assert!(picked(slopes, [1; 5], 0).is_empty());
        assert_eq!(picked(slopes, [1; 5], 1), [2]);
        assert_eq!(picked(slopes, [1; 5], 2), [2, 3]);
        assert_eq!(picked(slopes, [1; 5], 9), [0, 2, 3], "those that rise are left alone");
        assert_eq!(
            picked(slopes, [1, 1, 0, 4, 1], 1),
            [3],
            "as are those that changed often enough"
        );
    }

    #[test]
    fn of_equal_elements_the_first_changes() {
        assert_eq!(picked([-1.0, -2.0, -2.0, -2.0], [1; 4], 1), [1]);
        assert_eq!(picked([-2.0, -1.0, -1.0, -1.0], [1; 4], 3), [0, 1, 2]);
        assert_eq!(picked([-1.0; 4], [1, 0, 1, 1], 2), [0, 2]);
    }

    #[test]
    fn the_flattest_changes_where_all_rise_and_are_free() {
        assert_eq!(picked([3.0, 1.0, 2.0], [1; 3], 1), [1]);
        assert_eq!(picked([3.0, 1.0, 2.0], [1; 3], 2), [1], "one at a time");
        assert!(picked([3.0, 1.0, 2.0], [1, 1, 0], 1).is_empty());
        let level = picked([3.0, 0.0, 2.0], [1; 3], 1);
        assert!(level.is_empty(), "one that leads nowhere is left alone");
    }

    #[test]
    fn elements_may_change_as_often_as_can_be_said() {
        let jsma =
            Jsma { theta: 0.1, changes: u32::MAX, iterations: 9, target: Target::Untargeted };
        let images = Tensor::zeros([2, 1, 2, 2], (Kind::Float, tch::Device::Cpu));
        let left = jsma.start(&Newcomers { images: &images, numbers: &[0, 1], seed: 0 });
        assert_eq!((left.size(), left.min().int64_value(&[])), (vec![2, 4], i64::from(i32::MAX)));
    }

    #[test]
    fn an_element_that_leaves_the_mask_is_left_alone_from_then_on() {
        let jsma = Jsma { theta: 0.25, changes: 2, iterations: 9, target: Target::Untargeted };
        let images = Tensor::from_slice(&[0.5f32, 0.9, 0.2, 1.0]).view([1, 1, 2, 2]);
        let slopes = Tensor::from_slice(&[-1.0f32, -2.0, -3.0, -4.0]).view([1, 1, 2, 2]);
        let mut left = Tensor::from_slice(&[2i32; 4]).view([1, 4]);
        let moved = jsma.change_rows(&images, &slopes, &mut left, &[4]);
        assert_eq!(moved, Tensor::from_slice(&[0.25f32, 0.9 - 0.25, 0.0, 0.75]).view([1, 1, 2, 2]));
        assert_eq!(left, Tensor::from_slice(&[1i32, 1, 0, 1]).view([1, 4]));
    }
}
