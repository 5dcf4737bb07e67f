//! The ball of perturbations that CLEVER samples.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Exp1, StandardNormal};
use serde::{Deserialize, Serialize};

use super::Norm;

/// How far from the image samples are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Radial {
    /// Uniformly in the ball, as algorithm 1 of Weng et al. has it: in many dimensions close to its surface.
    #[default]
    Ball,
    /// At a uniform distance up to the radius, as their program has it: many close to the image. The direction is
    /// that of a uniform point in the ball.
    Uniform,
}

/// All perturbations up to a length, and how they are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ball {
    pub(crate) norm: Norm,
    pub(crate) radius: f64,
    pub(crate) radial: Radial,
}

impl Ball {
    /// Fills `perturbation` with a point of this ball.
    ///
    /// In L1 and L2, points that are uniform in the ball are theorem 1 of Barthe, Guédon, Mendelson, Naor, "A
    /// probabilistic approach to the geometry of the l_p^n-ball", Annals of Probability 33, 2005: with X of
    /// density proportional to exp(-|x|^p) and E exponential, X / (sum |X|^p + E)^(1/p) is uniform in the unit
    /// ball. Without E it is on the sphere.
    pub(crate) fn draw(self, random: &mut ChaCha8Rng, perturbation: &mut [f32]) {
        let (inwards, radius) = match self.radial {
            Radial::Ball => (random.sample(Exp1), self.radius),
            Radial::Uniform => (0.0, self.radius * random.random::<f64>()),
        };
        let length = match (self.norm, self.radial) {
            (Norm::L1, _) => {
                perturbation.fill_with(|| {
                    let size: f32 = random.sample(Exp1);
                    if random.random() { size } else { -size }
                });
                perturbation.iter().map(|x| f64::from(x.abs())).sum::<f64>() + inwards
            }
            // A standard normal X is √2 times as large as the theorem's.
            (Norm::L2, _) => {
                perturbation.fill_with(|| random.sample(StandardNormal));
                let squares: f64 = perturbation.iter().map(|x| f64::from(*x).powi(2)).sum();
                (squares + 2.0 * inwards).sqrt()
            }
            (Norm::Linf, radial) => {
                perturbation.fill_with(|| 2.0 * random.random::<f32>() - 1.0);
                match radial {
                    Radial::Ball => 1.0,
                    Radial::Uniform => {
                        f64::from(perturbation.iter().fold(0.0_f32, |most, x| most.max(x.abs())))
                    }
                }
            }
        };
        // No direction, no distance.
        let scale = if length > 0.0 { radius / length } else { 0.0 };
        for x in perturbation {
            *x = (f64::from(*x) * scale) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const NORMS: [Norm; 3] = [Norm::L1, Norm::L2, Norm::Linf];

    fn draws(norm: Norm, radius: f64, elements: usize, count: usize) -> Vec<Vec<f64>> {
        drawn(Ball { norm, radius, radial: Radial::Ball }, elements, count)
    }

    fn drawn(ball: Ball, elements: usize, count: usize) -> Vec<Vec<f64>> {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let mut perturbation = vec![0.0; elements];
        let mut draw = || {
            ball.draw(&mut random, &mut perturbation);
            perturbation.iter().copied().map(f64::from).collect()
        };
        (0..count).map(|_| draw()).collect()
    }

    fn length(norm: Norm, perturbation: &[f64]) -> f64 {
        let sizes = perturbation.iter().map(|x| x.abs());
        match norm {
            Norm::L1 => sizes.sum(),
            Norm::L2 => sizes.map(|x| x * x).sum::<f64>().sqrt(),
            Norm::Linf => sizes.fold(0.0, f64::max),
        }
    }

    // A ball of half the radius has a share of (1/2)^elements of the volume.
    #[test]
    fn lengths_are_those_of_a_uniform_distribution() {
        for norm in NORMS {
            for elements in [1, 2, 5] {
                let count = 20_000;
                let lengths =
                    draws(norm, 3.0, elements, count).into_iter().map(|x| length(norm, &x));
                let mut shares: Vec<f64> =
                    lengths.map(|length| (length / 3.0).powi(elements as i32)).collect();
                shares.sort_by(f64::total_cmp);
                let p = crate::clever::kolmogorov::p_value(&shares, |share| share);
                assert!(p > 0.01, "{norm:?} {elements}: {p}");
            }
        }
    }

    // Uniform in the L1 ball of the plane: a square on its corner, whose sides are x + y and x - y.
    #[test]
    fn directions_are_those_of_a_uniform_distribution() {
        for (norm, marginal) in [
            (Norm::L1, (|x: &[f64]| x[0] + x[1]) as fn(&[f64]) -> f64),
            (Norm::L2, |x| x[1].atan2(x[0]) / std::f64::consts::PI),
            (Norm::Linf, |x| x[0]),
        ] {
            let mut values: Vec<f64> =
                draws(norm, 1.0, 2, 20_000).iter().map(|x| marginal(x)).collect();
            values.sort_by(f64::total_cmp);
            let p = crate::clever::kolmogorov::p_value(&values, |value| value.midpoint(1.0));
            assert!(p > 0.01, "{norm:?}: {p}");
        }
    }

    #[test]
    fn perturbations_of_images_stay_within_the_ball_and_near_its_edge() {
        for norm in NORMS {
            for x in draws(norm, 5.0, 3 * 224 * 224, 2) {
                let length = length(norm, &x);
                assert!((4.999..5.00001).contains(&length), "{norm:?}: {length}");
            }
        }
    }

    #[test]
    fn distances_are_uniform_where_asked_for_in_any_number_of_dimensions() {
        for norm in NORMS {
            for elements in [1, 5, 784] {
                let ball = Ball { norm, radius: 3.0, radial: Radial::Uniform };
                let lengths = drawn(ball, elements, 2_000).into_iter().map(|x| length(norm, &x));
                let mut shares: Vec<f64> = lengths.map(|length| length / 3.0).collect();
                shares.sort_by(f64::total_cmp);
                let p = crate::clever::kolmogorov::p_value(&shares, |share| share.min(1.0));
                assert!(p > 0.01, "{norm:?} {elements}: {p}");
            }
        }
    }
}
