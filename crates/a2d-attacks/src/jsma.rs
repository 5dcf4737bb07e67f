use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::rows::row_state;
use crate::{Attack, Iterate, Newcomers, Result, Target, range};

/// The Jacobian-based saliency map attack that changes one element per iteration, as in Foolbox 1.8
/// (`SaliencyMapAttack` with `fast=True`), after Papernot et al. 2016, "The limitations of deep learning
/// in adversarial settings".
///
/// Each iteration finds the element whose decrease would lower the cross-entropy of the target most,
/// and moves it by `theta`. An element that reached 0 or 1, or was changed `changes` times, is left
/// alone from then on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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

/// What the rows of [`Jsma`] carry.
#[derive(Debug)]
pub struct JsmaRows {
    /// 1 for elements that may still change, else 0; \[N, elements\].
    mask: Tensor,
    /// How often each element was changed.
    changes: Tensor,
}
row_state!(JsmaRows { mask, changes });

impl Attack for Jsma {
    type Rows = JsmaRows;

    fn check(&self, _classes: usize) -> Result<()> {
        range::share("jsma", "theta", self.theta)?;
        range::at_least_one("jsma", "changes", self.changes)?;
        range::at_least_one("jsma", "iterations", self.iterations)
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.iterations
    }

    fn target(&self) -> Target {
        self.target
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> JsmaRows {
        let mask = newcomers.images.flatten(1, -1).ones_like();
        JsmaRows { changes: mask.zeros_like(), mask }
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut JsmaRows) -> Tensor {
        let images = iterate.images();
        let slopes = -iterate.ascent().flatten(1, -1) * &rows.mask;
        let steepest = slopes.argmax(1, true);
        let moved = images.flatten(1, -1).gather(1, &steepest, false)
            - slopes.gather(1, &steepest, false).sign() * self.theta;
        let ones = moved.ones_like();
        let _ = rows.changes.scatter_add_(1, &steepest, &ones);

        let changes = rows.changes.gather(1, &steepest, false);
        let is_free = moved
            .gt(0.0)
            .logical_and(&moved.lt(1.0))
            .logical_and(&changes.lt(f64::from(self.changes)))
            .to_kind(Kind::Float);
        let is_free = is_free * rows.mask.gather(1, &steepest, false);
        let _ = rows.mask.scatter_(1, &steepest, &is_free);
        images.flatten(1, -1).scatter(1, &steepest, &moved.clamp(0.0, 1.0)).view_as(&images)
    }
}
