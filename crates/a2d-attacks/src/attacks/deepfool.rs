//! The DeepFool attack.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::boundaries;
use crate::engine::rowwise::{norm, scaled};
use crate::row_state;
use crate::{Attack, Iterate, Newcomers, Preference, Result, range};

/// Length added to every step, as in the authors' code: a step that ends on the boundary goes nowhere
/// from there.
const NUDGE: f64 = 1e-4;

/// DeepFool under the Euclidean norm (Moosavi-Dezfooli, Fawzi and Frossard 2016, "DeepFool: a simple and
/// accurate method to fool deep neural networks", algorithm 2).
///
/// Each iteration takes the network for linear and goes to the nearest of the boundaries to the
/// `classes` runners-up. The sum of all steps, lengthened by `overshoot`, is the perturbation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeepFool {
    /// Share by which the perturbation goes beyond the boundary, at least 0.
    pub overshoot: f64,
    /// Runners-up whose boundaries are looked at, where the model has as many.
    pub classes: u32,
    /// The most iterations.
    pub iterations: u32,
}

/// What the rows of [`DeepFool`] carry.
#[derive(Debug)]
pub struct DeepFoolRows {
    origins: Tensor,
    /// The sum of all steps, \[N, C, H, W\].
    perturbations: Tensor,
    /// The runners-up of each row, in the order of their logits.
    others: Vec<Vec<i64>>,
}
row_state!(DeepFoolRows { origins, perturbations, others });

impl Attack for DeepFool {
    type Rows = DeepFoolRows;

    fn check(&self) -> Result<()> {
        range::not_negative("deepfool", "overshoot", self.overshoot)?;
        range::at_least_one("deepfool", "classes", self.classes)?;
        range::at_least_one("deepfool", "iterations", self.iterations)
    }

    fn queries_per_iteration(&self) -> u32 {
        self.classes.saturating_add(1)
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.iterations
    }

    fn result(&self) -> Preference {
        Preference::Closest
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> DeepFoolRows {
        DeepFoolRows {
            origins: newcomers.images.shallow_clone(),
            perturbations: newcomers.images.zeros_like(),
            others: vec![vec![]; newcomers.numbers.len()],
        }
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut DeepFoolRows) -> Tensor {
        self.choose_others(iterate, &mut rows.others);
        rows.perturbations += nearest_boundary(iterate, &rows.others);
        (&rows.origins + &rows.perturbations * (1.0 + self.overshoot)).clamp(0.0, 1.0)
    }
}

impl DeepFool {
    /// Finds the runners-up of rows that take their first step.
    fn choose_others(&self, iterate: &Iterate<'_>, others: &mut [Vec<i64>]) {
        if !iterate.first().contains(&true) {
            return;
        }
        let found = boundaries::runners_up(iterate, self.classes);
        let rows = others.iter_mut().zip(found).zip(iterate.first());
        rows.filter(|(_, first)| **first).for_each(|((others, found), _)| *others = found);
    }
}

/// The step of each row to the nearest boundary of the linearised network. A boundary to which no slope leads is
/// infinitely far.
fn nearest_boundary(iterate: &Iterate<'_>, others: &[Vec<i64>]) -> Tensor {
    let mut nearest = iterate.images().zeros_like();
    let mut shortest = nearest.select(1, 0).select(1, 0).select(1, 0).full_like(f64::INFINITY);
    boundaries::look(iterate, others, |leads, slopes| {
        let (slopes, steepest) = scaled(&slopes);
        let norm = norm(&slopes);
        let distance = leads.abs() / (&norm * steepest).view([-1]);
        let is_nearer = distance.lt_tensor(&shortest);
        let step = slopes * ((&distance + NUDGE).view([-1, 1, 1, 1]) / norm);
        nearest = step.where_self(&is_nearer.view([-1, 1, 1, 1]), &nearest);
        shortest = distance.where_self(&is_nearer, &shortest);
    });
    nearest
}
