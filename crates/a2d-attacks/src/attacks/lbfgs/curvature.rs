//! The memory of L-BFGS, row by row.

use tch::{Kind, Tensor};

use crate::row_state;

/// Steps that are remembered, as in Foolbox 1.8.
const MEMORY: i64 = 15;

/// A step teaches nothing if the gradient hardly rose along it.
const TINY: f64 = 1e-10;

/// What the last steps of each row say of its objective's curvature: the memory of L-BFGS (Nocedal and
/// Wright 2006, "Numerical optimization", algorithm 7.4).
#[derive(Debug)]
pub(crate) struct Curvature {
    /// The oldest first, \[N, memory, elements\]; zero where there are fewer.
    steps: Tensor,
    /// The changes of the gradient along them.
    changes: Tensor,
    /// One over their products, \[N, memory\].
    inverses: Tensor,
}
row_state!(Curvature { steps, changes, inverses });

impl Curvature {
    /// Nothing learnt, for rows of this shape, \[N, C, H, W\].
    pub(crate) fn none(rows: &Tensor) -> Self {
        let count = rows.size()[0];
        let elements = rows.get(0).numel() as i64;
        let steps = Tensor::zeros([count, MEMORY, elements], (rows.kind(), rows.device()));
        let inverses = Tensor::zeros([count, MEMORY], (rows.kind(), rows.device()));
        Self { changes: steps.copy(), steps, inverses }
    }

    /// Takes in a step and the change of the gradient along it, of rows where `which`, \[N, 1, 1, 1\].
    pub(crate) fn learn(&mut self, step: &Tensor, change: &Tensor, which: &Tensor) {
        let (step, change) = (step.flatten(1, -1), change.flatten(1, -1));
        let product = dot(&step, &change);
        let rose = dot(&change, &change) * TINY;
        let learns = which.view([-1]).logical_and(&product.gt_tensor(&rose));
        let push = |memory: &Tensor, newest: Tensor| {
            let pushed = Tensor::cat(&[memory.narrow(1, 1, MEMORY - 1), newest.unsqueeze(1)], 1);
            let learns = learns.view([-1, 1, 1]);
            if memory.dim() == 3 {
                pushed.where_self(&learns, memory)
            } else {
                pushed.where_self(&learns.squeeze_dim(2), memory)
            }
        };
        self.steps = push(&self.steps, step);
        self.changes = push(&self.changes, change);
        self.inverses = push(&self.inverses, 1.0 / product);
    }

    /// Forgets all of rows where `which`, \[N, 1, 1, 1\].
    pub(crate) fn forget(&mut self, which: &Tensor) {
        // Zero inverses switch the steps off, whatever they are.
        let kept = which.view([-1, 1]).logical_not().to_kind(self.inverses.kind());
        self.inverses *= kept;
    }

    /// The inverse of the curvature times `rows`, \[N, C, H, W\]; `rows` itself where nothing is learnt.
    pub(crate) fn inverse(&self, rows: &Tensor) -> Tensor {
        let mut rest = rows.flatten(1, -1);
        let mut shares = vec![];
        for age in (0..MEMORY).rev() {
            let share = self.inverses.select(1, age) * dot(&self.steps.select(1, age), &rest);
            rest -= self.changes.select(1, age) * share.unsqueeze(1);
            shares.push(share);
        }
        let newest = MEMORY - 1;
        let change = self.changes.select(1, newest);
        let scale: Tensor = 1.0 / (self.inverses.select(1, newest) * dot(&change, &change));
        let knows = self.inverses.select(1, newest).gt(0.0);
        let scale = scale.where_self(&knows, &scale.ones_like());
        rest *= scale.unsqueeze(1);
        for (age, share) in (0..MEMORY).zip(shares.into_iter().rev()) {
            let back = self.inverses.select(1, age) * dot(&self.changes.select(1, age), &rest);
            rest += self.steps.select(1, age) * (share - back).unsqueeze(1);
        }
        rest.view_as(rows)
    }
}

fn dot(one: &Tensor, other: &Tensor) -> Tensor {
    (one * other).sum_dim_intlist([1].as_slice(), false, Kind::Double).to_kind(one.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[f32]) -> Tensor {
        Tensor::from_slice(values).view([-1, 1, 1, 2])
    }

    /// The curvature of x^2 + 5 y^2 as both rows see it, the second of which learns nothing.
    fn learnt() -> Curvature {
        let mut curvature = Curvature::none(&rows(&[0.0; 4]));
        let which = Tensor::from_slice(&[true, false]).view([-1, 1, 1, 1]);
        for step in [[0.5, 0.0, 0.5, 0.0], [0.0, 0.25, 0.0, 0.25]] {
            let change = rows(&step) * rows(&[2.0, 10.0]);
            curvature.learn(&rows(&step), &change, &which);
        }
        curvature
    }

    #[test]
    fn the_inverse_of_a_learnt_curvature_is_newtons_step() {
        let step = learnt().inverse(&rows(&[4.0, 5.0, 4.0, 5.0]));
        assert!(step.allclose(&rows(&[2.0, 0.5, 4.0, 5.0]), 1e-6, 0.0, false), "{step:?}");
    }

    #[test]
    fn what_is_forgotten_no_longer_matters() {
        let mut curvature = learnt();
        curvature.forget(&Tensor::from_slice(&[true, false]).view([-1, 1, 1, 1]));
        let gradient = rows(&[4.0, 5.0, 4.0, 5.0]);
        assert_eq!(curvature.inverse(&gradient), gradient);
    }

    #[test]
    fn a_step_along_which_the_gradient_falls_teaches_nothing() {
        let mut curvature = Curvature::none(&rows(&[0.0; 2]));
        let all = Tensor::from_slice(&[true]).view([-1, 1, 1, 1]);
        curvature.learn(&rows(&[1.0, 0.0]), &rows(&[-1.0, 0.0]), &all);
        assert_eq!(curvature.inverse(&rows(&[3.0, 4.0])), rows(&[3.0, 4.0]));
    }
}
