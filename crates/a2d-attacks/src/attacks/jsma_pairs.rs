//! The saliency map attack that raises two elements per iteration.

mod best_pair;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::saliency::slopes;
use crate::engine::rowwise::pixels;
use crate::{Attack, Bounds, Iterate, Newcomers, Pass, Result, Standing, Target, range};
use best_pair::best_pair;

/// The Jacobian-based saliency map attack that raises two elements per iteration (Papernot et al. 2016,
/// "The limitations of deep learning in adversarial settings", algorithms 2 and 3).
///
/// The pair is the one whose increase raises the target's logit and lowers the sum of all others, and
/// for which the product of the two slopes is largest. At most the share `gamma` of the elements
/// changes; an element that reached 1 is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsmaPairs {
    /// Increase of an element per iteration, in units of \[0, 1\].
    pub theta: f64,
    /// The largest share of elements that change.
    pub gamma: f64,
    /// The class that rows are to get; it must be one.
    pub target: Target,
}

/// Whether no pair is left.
type JsmaPairsRows = Vec<bool>;

impl Attack for JsmaPairs {
    type Rows = JsmaPairsRows;

    fn check(&self) -> Result<()> {
        range::share("jsma", "theta", self.theta)?;
        range::share("jsma", "gamma", self.gamma)?;
        let is_one = !self.target.is_untargeted();
        range::check("jsma", "target", self.target, "that is a class", is_one)
    }

    fn queries_per_iteration(&self) -> u32 {
        3
    }

    fn cap(&self, elements: usize) -> u32 {
        (elements as f64 * self.gamma / 2.0).floor().max(1.0) as u32
    }

    fn target(&self) -> Target {
        self.target
    }

    fn bounds(&self) -> Bounds {
        Bounds::Picked
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> JsmaPairsRows {
        vec![false; newcomers.numbers.len()]
    }

    fn judge(&self, pass: &Pass<'_>, no_pair_is_left: &mut JsmaPairsRows) -> Vec<Standing> {
        let rows = pass.reached.iter().zip(no_pair_is_left);
        rows.map(|(reached, stuck)| match stuck {
            true => Standing::SEARCHING.or_exhausted(true),
            false => Standing::iterated(*reached),
        })
        .collect()
    }

    fn advance(&self, iterate: &Iterate<'_>, no_pair_is_left: &mut JsmaPairsRows) -> Tensor {
        let (towards, others) = slopes(iterate);
        let images = iterate.images();
        let pixels = pixels(&images);
        let moved = images.flatten(1, -1).copy();
        let size = pixels.len() / no_pair_is_left.len();
        for (place, stuck) in no_pair_is_left.iter_mut().enumerate() {
            let range = place * size..(place + 1) * size;
            let (towards, others) = (&towards[range.clone()], &others[range.clone()]);
            let pair = best_pair(towards, others, |element| pixels[range.start + element] < 1.0);
            *stuck = pair.is_none();
            for element in pair.into_iter().flatten() {
                let pixel = (f64::from(pixels[range.start + element]) + self.theta).min(1.0);
                let _ = moved.get(place as i64).get(element as i64).fill_(pixel);
            }
        }
        moved.view_as(&images)
    }
}
