//! The saliency map attack that raises one element per iteration, each once.

use a2d_model::transfer::to_device;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::saliency::slopes;
use crate::engine::rowwise::pixels;
use crate::{Attack, Bounds, Iterate, Newcomers, Pass, Result, Standing, Target, range};

/// The Jacobian-based saliency map attack that raises one element per iteration and none twice (Papernot et al.
/// 2016, "The limitations of deep learning in adversarial settings", equation 8 and algorithm 1), as the second
/// environment of "Attack as defense" has it (`attacks/attack_type/jsma.py` of Wang et al. 2019).
///
/// The element is the one whose increase raises the target's logit and lowers the sum of all others, and for
/// which the product of the two slopes is largest. Where no element has such a product the attack ends, and
/// elements at 1 are left alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsmaSingle {
    /// Increase of an element, in units of \[0, 1\].
    pub theta: f64,
    /// The largest share of elements that change.
    pub gamma: f64,
    /// The class that rows are to get; it must be one.
    pub target: Target,
}

/// Which elements of each row are yet to change; of a row without a next step, none are known.
type JsmaSingleRows = Vec<Vec<bool>>;

impl Attack for JsmaSingle {
    type Rows = JsmaSingleRows;

    fn check(&self) -> Result<()> {
        range::share("jsma-single", "theta", self.theta)?;
        range::share("jsma-single", "gamma", self.gamma)?;
        let is_one = !self.target.is_untargeted();
        range::check("jsma-single", "target", self.target, "that is a class", is_one)
    }

    fn queries_per_iteration(&self) -> u32 {
        3
    }

    fn cap(&self, elements: usize) -> u32 {
        (elements as f64 * self.gamma).floor().max(1.0) as u32
    }

    fn target(&self) -> Target {
        self.target
    }

    fn bounds(&self) -> Bounds {
        Bounds::Picked
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> JsmaSingleRows {
        let elements = newcomers.images.get(0).numel();
        vec![vec![true; elements]; newcomers.numbers.len()]
    }

    fn judge(&self, pass: &Pass<'_>, free: &mut JsmaSingleRows) -> Vec<Standing> {
        let rows = pass.reached.iter().zip(free);
        rows.map(|(reached, free)| {
            let is_stuck = free.is_empty();
            if is_stuck {
                Standing::SEARCHING.or_exhausted(true)
            } else {
                Standing::iterated(*reached)
            }
        })
        .collect()
    }

    fn advance(&self, iterate: &Iterate<'_>, free: &mut JsmaSingleRows) -> Tensor {
        let (towards, others) = slopes(iterate);
        let images = iterate.images();
        let mut pixels = pixels(&images);
        let size = pixels.len() / free.len();
        let slopes = towards.chunks_exact(size).zip(others.chunks_exact(size));
        let rows = pixels.chunks_exact_mut(size).zip(slopes).zip(free);
        for ((pixels, (towards, others)), free) in rows {
            let is_free = |element: usize| free[element] && pixels[element] < 1.0;
            match most_salient(towards, others, is_free) {
                Some(element) => {
                    free[element] = false;
                    pixels[element] = (f64::from(pixels[element]) + self.theta).min(1.0) as f32;
                }
                None => free.clear(),
            }
        }
        to_device(&Tensor::from_slice(&pixels), images.device()).view_as(&images)
    }
}

/// The first of the free elements with the largest product of a rising target and falling others.
fn most_salient(towards: &[f64], others: &[f64], is_free: impl Fn(usize) -> bool) -> Option<usize> {
    let mut best = None;
    let mut largest = 0.0;
    for (element, (gain, others)) in towards.iter().zip(others).enumerate() {
        let value = gain.max(0.0) * (-others).max(0.0);
        if value > largest && is_free(element) {
            (best, largest) = (Some(element), value);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_needs_both_slopes() {
        let (towards, others) = ([2.0, -9.0, 3.0, 9.0], [-1.0, -9.0, -1.0, 9.0]);
        assert_eq!(most_salient(&towards, &others, |_| true), Some(2));
        assert_eq!(most_salient(&towards, &others, |element| element != 2), Some(0));
        assert_eq!(most_salient(&towards, &others, |element| element % 2 == 1), None);
        assert_eq!(most_salient(&[f64::NAN], &[-1.0], |_| true), None);
    }
}
