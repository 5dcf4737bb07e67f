//! Adam on rows that started at different times.

use tch::Tensor;

use crate::row_state;

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const TINY: f64 = 1e-7;

/// Adam (Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1) on rows that
/// started at different times, each with a step count of its own.
#[derive(Debug)]
pub(crate) struct Adam {
    mean: Tensor,
    square: Tensor,
    /// Steps taken, \[N, 1, 1, 1\].
    steps: Tensor,
}
row_state!(Adam { mean, square, steps });

impl Adam {
    /// For variables of the shape of `rows`, \[N, C, H, W\].
    pub(crate) fn new(rows: &Tensor) -> Self {
        let steps = Tensor::zeros([rows.size()[0], 1, 1, 1], (rows.kind(), rows.device()));
        Self { mean: rows.zeros_like(), square: rows.zeros_like(), steps }
    }

    /// What to subtract from the variables for this gradient.
    pub(crate) fn step(&mut self, gradient: &Tensor, learning_rate: f64) -> Tensor {
        self.steps += 1.0;
        self.mean = &self.mean * BETA1 + gradient * (1.0 - BETA1);
        self.square = &self.square * BETA2 + gradient.square() * (1.0 - BETA2);
        let mean: Tensor = &self.mean / (1.0 - (&self.steps * BETA1.ln()).exp());
        let square: Tensor = &self.square / (1.0 - (&self.steps * BETA2.ln()).exp());
        mean / (square.sqrt() + TINY) * learning_rate
    }

    /// Starts the rows anew for which `kept`, \[N, 1, 1, 1\], is 0.
    pub(crate) fn reset(&mut self, kept: &Tensor) {
        self.mean *= kept;
        self.square *= kept;
        self.steps *= kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[f32]) -> Tensor {
        Tensor::from_slice(values).view([-1, 1, 1, 1])
    }

    #[test]
    fn the_first_step_is_the_learning_rate_whatever_the_gradient() {
        let mut adam = Adam::new(&rows(&[0.0, 0.0]));
        let step = adam.step(&rows(&[3.0, -0.02]), 0.5);
        assert!(step.allclose(&rows(&[0.5, -0.5]), 1e-4, 0.0, false), "{step:?}");
    }

    #[test]
    fn rows_count_their_steps_apart() {
        let mut adam = Adam::new(&rows(&[0.0, 0.0]));
        let _ = adam.step(&rows(&[1.0, 1.0]), 0.5);
        adam.reset(&rows(&[1.0, 0.0]));
        let step = adam.step(&rows(&[-1.0, -1.0]), 0.5);
        // The first row: mean 0.9 * 0.1 - 0.1 over 1 - 0.81, square 1. The second starts anew.
        let expected = rows(&[0.5 * -0.01 / 0.19, -0.5]);
        assert!(step.allclose(&expected, 1e-3, 0.0, false), "{step:?}");
    }
}
