//! Balls around an image, and the steepest step within each.

use std::ops::Mul;

use tch::Tensor;

use crate::Bounds;
use crate::engine::rowwise::{or_one, rms, scaled};

/// A norm, the steepest direction under it and the projection onto its balls.
pub trait Ball: Send + Sync {
    /// The gradients scaled to length 1, row by row, however small or large they are; a gradient of 0 is 0.
    fn direction(gradient: &Tensor) -> Tensor;

    /// The perturbations brought back to length `epsilon` where they exceed it, row by row.
    fn project(perturbation: &Tensor, epsilon: f64) -> Tensor;

    /// A ball of this radius.
    fn bounds(epsilon: f64) -> Bounds;

    /// By how much a linear function with these slopes rises over steps of this total length from an image of these pixels,
    /// in the steepest direction, within the ball around the image and \[0, 1\].
    fn rise(slopes: &[f64], pixels: &[f32], epsilon: f64, length: f64) -> f64;

    /// The images after a step along `ascent`, the gradients that lead to the goals, back into the ball around
    /// `origins`, then into \[0, 1\]. The step's length is a number, or one for each row, \[N, 1, 1, 1\].
    fn step_along<L>(
        images: &Tensor,
        ascent: &Tensor,
        origins: &Tensor,
        epsilon: f64,
        length: L,
    ) -> Tensor
    where
        Tensor: Mul<L, Output = Tensor>,
    {
        let moved = images + Self::direction(ascent) * length;
        (origins + Self::project(&(moved - origins), epsilon)).clamp(0.0, 1.0)
    }
}

/// The largest change of a pixel.
#[derive(Clone, Copy, Debug)]
pub enum Linf {}

impl Ball for Linf {
    fn direction(gradient: &Tensor) -> Tensor {
        gradient.sign()
    }

    fn project(perturbation: &Tensor, epsilon: f64) -> Tensor {
        perturbation.clamp(-epsilon, epsilon)
    }

    fn bounds(epsilon: f64) -> Bounds {
        Bounds::Linf(epsilon)
    }

    fn rise(slopes: &[f64], pixels: &[f32], epsilon: f64, length: f64) -> f64 {
        let length = length.min(epsilon);
        let rises = slopes.iter().zip(pixels);
        rises.map(|(slope, pixel)| slope.abs() * length.min(room(*slope, *pixel))).sum()
    }
}

/// The root of the mean squared change of all d elements; the L2 norm is sqrt(d) times as large.
#[derive(Clone, Copy, Debug)]
pub enum Rms {}

impl Ball for Rms {
    fn direction(gradient: &Tensor) -> Tensor {
        let (gradient, _) = scaled(gradient);
        &gradient / or_one(&rms(&gradient))
    }

    fn project(perturbation: &Tensor, epsilon: f64) -> Tensor {
        let (shares, largest) = scaled(perturbation);
        // A perturbation of 0 is infinitely often within the ball.
        perturbation * (epsilon / (rms(&shares) * largest)).clamp_max(1.0)
    }

    fn bounds(epsilon: f64) -> Bounds {
        Bounds::Rms(epsilon)
    }

    /// Pixels that arrive at 0 or 1 stay there, and the others go on until all are at the ball's surface: the best place
    /// there is.
    fn rise(slopes: &[f64], pixels: &[f32], epsilon: f64, length: f64) -> f64 {
        let largest = slopes.iter().fold(0.0, |largest: f64, slope| largest.max(slope.abs()));
        if largest == 0.0 {
            return 0.0;
        }
        let mean = |squares: f64| (squares / slopes.len() as f64).sqrt();
        let size = mean(slopes.iter().map(|slope| (slope / largest).powi(2)).sum()) * largest;
        let changes = |length: f64| {
            slopes.iter().zip(pixels).map(move |(slope, pixel)| {
                let change = (slope / size).abs() * length;
                (slope, change.min(room(*slope, *pixel)))
            })
        };
        let is_inside =
            |length: f64| mean(changes(length).map(|(_, change)| change * change).sum()) <= epsilon;
        let length = if is_inside(length) { length } else { surface(length, is_inside) };
        changes(length).map(|(slope, change)| slope.abs() * change).sum()
    }
}

/// How far a pixel may go where the slope leads.
fn room(slope: f64, pixel: f32) -> f64 {
    f64::from(if slope < 0.0 { pixel } else { 1.0 - pixel })
}

/// The length at which the surface is, which is less than `outside`.
fn surface(outside: f64, is_inside: impl Fn(f64) -> bool) -> f64 {
    // As exact as float64.
    let halvings = 0..f64::MANTISSA_DIGITS;
    let ends = halvings.fold((0.0, outside), |(inside, outside), _| {
        let middle = f64::midpoint(inside, outside);
        if is_inside(middle) { (middle, outside) } else { (inside, middle) }
    });
    ends.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[f32]) -> Tensor {
        Tensor::from_slice(values).view([-1, 1, 1, 2])
    }

    fn values(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(tensor.view(-1)).unwrap()
    }

    #[test]
    fn a_step_in_linf_moves_every_pixel_by_its_sign() {
        assert_eq!(values(&Linf::direction(&rows(&[0.2, -3.0]))), [1.0, -1.0]);
        assert_eq!(values(&Linf::project(&rows(&[0.5, -0.1]), 0.3)), [0.3, -0.1]);
    }

    #[test]
    fn rms_is_taken_row_by_row() {
        let direction = values(&Rms::direction(&rows(&[3.0, 3.0, 0.0, 2.0])));
        assert_eq!(direction, [1.0, 1.0, 0.0, 2f32.sqrt()]);
        let projected = values(&Rms::project(&rows(&[0.4, 0.4, 0.1, 0.1]), 0.2));
        for (got, expected) in projected.iter().zip([0.2, 0.2, 0.1, 0.1]) {
            assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        }
    }

    #[test]
    fn a_vanished_gradient_moves_nothing() {
        assert_eq!(values(&Rms::direction(&rows(&[0.0, 0.0]))), [0.0, 0.0]);
        assert_eq!(values(&Rms::project(&rows(&[0.0, 0.0]), 0.2)), [0.0, 0.0]);
    }

    #[test]
    fn the_scale_of_a_gradient_does_not_matter() {
        let expected = values(&Rms::direction(&rows(&[3.0, -4.0])));
        for scale in [1e-44, 1e-38, 1e-20, 1e-6, 1e20, 8e37] {
            // As exact as the least float32, 1.4e-45, lets the two be told apart.
            let tolerance = if scale < 1e-38 { 0.1 } else { 1e-6 };
            let direction = values(&Rms::direction(&rows(&[3.0 * scale, -4.0 * scale])));
            for (got, expected) in direction.iter().zip(&expected) {
                assert!((got - expected).abs() < tolerance, "{scale}: {got} {expected}");
            }
        }
        // A row of another scale beside it changes nothing.
        let beside = values(&Rms::direction(&rows(&[1e-30, 1e-30, 5.0, 5.0])));
        assert_eq!(beside, [1.0; 4]);
    }
}
