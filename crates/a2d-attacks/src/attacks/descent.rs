//! Steepest descent within a ball: FGSM, BIM, BIM2 and PGD are this with other balls and starts.

use a2d_model::transfer::to_device;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tch::Tensor;

use super::ball::Ball;
use super::linear::fewest;
use crate::row_state;
use crate::{
    Attack, Bounds, Iterate, Loss, Newcomers, OnLinear, Result, Strides, Target, TowardsGoals,
    range,
};

/// Steps of equal length in the steepest direction of the loss, each followed by a projection back into a
/// ball around the image as it came.
pub trait Descent: Send + Sync {
    /// The norm of steps and ball.
    type Ball: Ball;

    /// The name that its parameters are checked under.
    const NAME: &'static str;

    /// Whether the first iteration is a jump to a point drawn evenly from the ball (of the largest norm).
    const STARTS_AT_RANDOM: bool = false;

    /// How far it goes.
    fn steps(&self) -> Steps;

    /// What it ascends.
    fn loss(&self) -> &dyn Loss {
        &TowardsGoals
    }

    /// The class that each row is to get.
    fn target(&self) -> Target;
}

/// How far a descent goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    /// Radius of the ball.
    pub epsilon: f64,
    /// Length of a step.
    pub step: f64,
    /// The most steps.
    pub iterations: u32,
}

/// What the rows of a descent carry.
#[derive(Debug)]
pub struct DescentRows {
    /// The images as they came.
    origins: Tensor,
    /// The random stream of each, where the start is drawn.
    streams: Vec<Option<ChaCha8Rng>>,
}
row_state!(DescentRows { origins, streams });

impl<D: Descent> Attack for D {
    type Rows = DescentRows;

    fn check(&self) -> Result<()> {
        let Steps { epsilon, step, iterations } = self.steps();
        range::positive(D::NAME, "epsilon", epsilon)?;
        range::positive(D::NAME, "step", step)?;
        range::at_least_one(D::NAME, "iterations", iterations)
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.steps().iterations.saturating_add(D::STARTS_AT_RANDOM.into())
    }

    fn queries_per_iteration(&self) -> u32 {
        2
    }

    fn loss(&self) -> &dyn Loss {
        Descent::loss(self)
    }

    fn target(&self) -> Target {
        Descent::target(self)
    }

    fn bounds(&self) -> Bounds {
        D::Ball::bounds(self.steps().epsilon)
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> DescentRows {
        let streams = if D::STARTS_AT_RANDOM {
            newcomers.streams().into_iter().map(Some).collect()
        } else {
            vec![None; newcomers.numbers.len()]
        };
        DescentRows { origins: newcomers.images.shallow_clone(), streams }
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut DescentRows) -> Tensor {
        let Steps { epsilon, step, .. } = self.steps();
        let (images, ascent) = (iterate.images(), iterate.ascent());
        let moved = D::Ball::step_along(&images, &ascent, &rows.origins, epsilon, step);
        let firsts = rows.streams.iter_mut().zip(iterate.first()).zip(0..);
        for ((random, _), place) in firsts.filter(|((_, first), _)| **first) {
            if let Some(random) = random {
                let origin = rows.origins.get(place);
                let start = (&origin + noise(random, epsilon, &origin)).clamp(0.0, 1.0);
                moved.get(place).copy_(&start);
            }
        }
        moved
    }
}

impl<D: Descent> Strides for D {
    fn stride(
        &self,
        images: &Tensor,
        ascent: &Tensor,
        rows: &DescentRows,
        strides: &[u32],
    ) -> (Tensor, DescentRows) {
        let Steps { epsilon, step, .. } = self.steps();
        let lengths = strides.iter().map(|count| f64::from(*count) * step);
        let lengths = crate::engine::rowwise::numbers(lengths, images);
        let moved = D::Ball::step_along(images, ascent, &rows.origins, epsilon, lengths);
        let (origins, streams) = (rows.origins.shallow_clone(), rows.streams.clone());
        (moved, DescentRows { origins, streams })
    }

    fn adopt(_: &mut DescentRows, _: &DescentRows, _: &[bool]) {}
}

impl<D: Descent> OnLinear for D {
    fn steps_on_linear(&self, pixels: &[f32], slopes: &[f64], lead: f64) -> Option<u32> {
        let Steps { epsilon, step, iterations } = self.steps();
        fewest(iterations, |steps| {
            D::Ball::rise(slopes, pixels, epsilon, f64::from(steps) * step) > lead
        })
    }
}

/// A perturbation of the shape of `origin`, drawn evenly from the ball of the largest norm.
fn noise(random: &mut ChaCha8Rng, epsilon: f64, origin: &Tensor) -> Tensor {
    let shares: Vec<f32> = (0..origin.numel()).map(|_| random.random()).collect();
    let shares = to_device(&Tensor::from_slice(&shares), origin.device());
    ((shares * 2.0 - 1.0) * epsilon).to_kind(origin.kind()).view_as(origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bim, Fgsm};

    #[test]
    fn parameters_out_of_range_are_refused() {
        let bim = Bim { epsilon: 0.3, step: 0.01, iterations: 1, target: Target::Untargeted };
        assert!(bim.check().is_ok());
        for (bim, finding) in [
            (Bim { epsilon: 0.0, ..bim }, "epsilon above 0, got 0"),
            (Bim { step: f64::NAN, ..bim }, "step above 0, got NaN"),
            (Bim { step: f64::INFINITY, ..bim }, "step above 0, got inf"),
            (Bim { iterations: 0, ..bim }, "iterations of at least 1, got 0"),
        ] {
            let message = bim.check().unwrap_err().to_string();
            assert!(message.contains("set up bim") && message.contains(finding), "{message}");
        }
        let fgsm = Fgsm { epsilon: -1.0, target: Target::Untargeted };
        assert!(fgsm.check().unwrap_err().to_string().contains("set up fgsm"));
    }
}
