//! The reverse Weibull distribution fitted by maximum likelihood.

use argmin::core::{CostFunction, Executor, State};
use argmin::solver::brent::BrentOpt;
use serde::Serialize;

use super::{Error, Result};

/// The search for the location: logarithms of its distance from the largest maximum, in units of the
/// range of the maxima. Below the first it is the largest maximum for all purposes; the penalty keeps it
/// from the last.
const NEAREST: f64 = -14.0;
const FARTHEST: f64 = 9.2;

/// Steps of the grid that finds the highest peak of the likelihood. Peaks are wider than one step of 0.4.
const STEPS: usize = 58;

/// The smallest shape. Below 1 the density has a pole at the location, and the likelihood grows beyond
/// bounds as the location nears the largest maximum, whatever the others are.
const LEAST_SHAPE: f64 = 1.0;

/// The reverse Weibull distribution, in which the maxima of samples with an upper end point end up:
/// exp(-((location - x)/scale)^shape) is the probability of values up to x.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReverseWeibull {
    /// The upper end point.
    pub location: f64,
    /// Above 0, in units of the values.
    pub scale: f64,
    /// At least 1. The larger, the less the values tell about the location.
    pub shape: f64,
}

impl ReverseWeibull {
    /// The distribution with the largest log-likelihood less `penalty` * shape², or nothing if all maxima
    /// are the same. Scaled and shifted maxima give a scaled and shifted distribution.
    ///
    /// For a location, the best scale has a closed form and the best shape is the root of a growing function
    /// (Smith, "Maximum likelihood estimation in a class of nonregular cases", Biometrika 72, 1985). What is left is a function of the location alone, which a grid and Brent's method maximise: with
    /// no starting values, on which a search over all three depends, and at a fifth of its evaluations.
    ///
    /// A penalty above 0 makes sure of a maximum. Without, the likelihood of skewed maxima grows as
    /// location and shape go to infinity, and so towards a Gumbel distribution, which has no end point.
    pub(crate) fn fit(maxima: &[f64], penalty: f64) -> Result<Option<Self>> {
        let (low, high) = ends(maxima);
        let range = high - low;
        if range <= 0.0 {
            return Ok(None);
        }
        let below = maxima.iter().map(|maximum| (high - maximum) / range).collect();
        let profile = Profile { below, penalty };
        let fit = profile.at(profile.best_distance()?);
        let distance = fit.distance * range;
        Ok(Some(Self {
            location: high + distance,
            scale: fit.scale * (range + distance),
            shape: fit.shape,
        }))
    }

    /// The probability of values up to `value`.
    pub fn cdf(&self, value: f64) -> f64 {
        (-((self.location - value).max(0.0) / self.scale).powf(self.shape)).exp()
    }
}

fn ends(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| {
        (low.min(value), high.max(value))
    })
}

/// What is maximised: the penalised log-likelihood as a function of the location.
struct Profile {
    /// How far each maximum is below the largest one, in units of their range: from 0 to 1.
    below: Vec<f64>,
    penalty: f64,
}

/// The best distribution for a location.
struct Fit {
    /// From the largest maximum to the location, in units of the range of the maxima.
    distance: f64,
    shape: f64,
    /// In units of the distance from the smallest maximum to the location.
    scale: f64,
    objective: f64,
}

impl Profile {
    /// The logarithm of the distance of the best location: that of the highest peak, or without one that
    /// of the higher end. A peak may be lower than the end at the largest maximum, but is what tends to
    /// the true location as maxima become many (Smith).
    fn best_distance(&self) -> Result<f64> {
        let step = (FARTHEST - NEAREST) / STEPS as f64;
        let distance = |i: usize| NEAREST + i as f64 * step;
        let heights: Vec<f64> = (0..=STEPS).map(|i| self.at(distance(i)).objective).collect();
        let is_peak = |i: &usize| heights[*i - 1] < heights[*i] && heights[*i] >= heights[*i + 1];
        let higher = |a: &usize, b: &usize| heights[*a].total_cmp(&heights[*b]);
        let peak = (1..STEPS).filter(is_peak).max_by(higher);
        let end = if heights[0] < heights[STEPS] { STEPS } else { 0 };
        let near = distance(peak.unwrap_or(end));
        let search = BrentOpt::new(near - step, near + step).set_tolerance(1e-9, 1e-9);
        let found = Executor::new(Negated(self), search)
            .configure(|state| state.max_iters(200))
            .run()
            .map_err(|error| Error::Fit { reason: error.to_string() })?;
        let best = found.state().get_best_param().copied();
        best.ok_or_else(|| Error::Fit { reason: "found no maximum".into() })
    }

    fn at(&self, log_distance: f64) -> Fit {
        let n = self.below.len() as f64;
        let distance = log_distance.exp();
        // Logarithms of the distances from the location, 0 for the smallest maximum.
        let logs: Vec<f64> =
            self.below.iter().map(|below| ((distance + below) / (distance + 1.0)).ln()).collect();
        let sum: f64 = logs.iter().sum();
        let shape = self.shape(&logs, sum / n);
        let powers: f64 = logs.iter().map(|log| (shape * log).exp()).sum();
        let log_mean_power = (powers / n).ln();
        let objective = n * (shape.ln() - log_mean_power - distance.ln_1p()) + (shape - 1.0) * sum
            - self.penalty * shape * shape;
        Fit { distance, shape, scale: (log_mean_power / shape).exp(), objective }
    }

    /// The best shape c: where c (weighted mean of logs - mean of logs) + 2 penalty c²/n = 1, with weights
    /// exp(c log). The left side grows with c, between linearly and quadratically, so Newton's method on
    /// logarithms of both sides needs few steps.
    fn shape(&self, logs: &[f64], mean: f64) -> f64 {
        let n = logs.len() as f64;
        let mut shape: f64 = LEAST_SHAPE;
        for _ in 0..50 {
            let [mut weights, mut first, mut second] = [0.0; 3];
            for log in logs {
                let weight = (shape * log).exp();
                weights += weight;
                first += weight * log;
                second += weight * log * log;
            }
            let weighted = first / weights;
            let variance = second / weights - weighted * weighted;
            let penalty = 2.0 * self.penalty * shape / n;
            let left = shape * (weighted - mean + penalty);
            let slope = left + shape * shape * (variance + penalty);
            let step = -left.ln() * left / slope;
            if shape <= LEAST_SHAPE && step <= 0.0 {
                return LEAST_SHAPE;
            }
            shape = (shape * step.exp()).max(LEAST_SHAPE);
            if step.abs() < 1e-12 {
                break;
            }
        }
        shape
    }
}

/// What argmin minimises.
struct Negated<'a>(&'a Profile);

impl CostFunction for Negated<'_> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, log_distance: &f64) -> std::result::Result<f64, argmin::core::Error> {
        Ok(-self.0.at(*log_distance).objective)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Gradient norms of a LeNet-5, rounded.
    const A: [f64; 20] = [
        41.4, 42.4, 41.4, 40.5, 39.2, 40.2, 40.4, 39.2, 41.8, 39.6, 40.2, 41.5, 39.0, 39.0, 41.1,
        38.1, 41.0, 37.7, 38.8, 41.5,
    ];
    const B: [f64; 20] = [
        35.4, 36.1, 34.8, 34.7, 35.5, 33.9, 35.1, 36.5, 34.8, 35.5, 36.7, 34.3, 35.7, 35.0, 34.8,
        35.6, 34.6, 34.7, 34.1, 38.6,
    ];
    const C: [f64; 20] = [
        574.0, 585.0, 507.0, 563.0, 578.0, 541.0, 536.0, 554.0, 576.0, 586.0, 569.0, 558.0, 568.0,
        528.0, 547.0, 519.0, 542.0, 584.0, 537.0, 588.0,
    ];

    fn fit(maxima: &[f64], penalty: f64) -> ReverseWeibull {
        ReverseWeibull::fit(maxima, penalty).unwrap().unwrap()
    }

    // from scipy import optimize, stats  # 1.17.1, numpy 2.4.6
    // def fit(x, penalty):
    //     def minimise(f, start, args, disp):
    //         g = lambda t, *a: f(t, *a) + penalty * t[0] ** 2
    //         return optimize.fmin(g, start, args, 1e-12, 1e-14, 9999, 9999, disp=0)
    //     return stats.weibull_max.fit(x, 5, loc=max(x) + np.ptp(x), scale=np.ptp(x), optimizer=minimise)
    // fit(A, 0), fit(C, 0), fit(A, 0.01), fit(B, 0.01), fit(C, 0.01)
    // fit(B, 0): shape 3e8, location 2e8
    #[test]
    fn fits_are_those_of_scipy() {
        for (maxima, penalty, shape, location, scale) in [
            (A, 0.0, 2.107_730_404, 42.770_609_109, 2.903_202_015),
            (C, 0.0, 1.072_592_934, 588.137_109_162, 31.836_441_861),
            (A, 0.01, 2.084_102_213, 42.754_566_838, 2.882_727_045),
            (B, 0.01, 8.539_023_008, 42.110_943_690, 7.174_451_086),
            (C, 0.01, 1.066_406_155, 588.123_277_870, 31.764_565_661),
        ] {
            let found = fit(&maxima, penalty);
            let pairs = [(found.shape, shape), (found.location, location), (found.scale, scale)];
            for (found, expected) in pairs {
                assert!((found / expected - 1.0_f64).abs() < 1e-6, "{found} {expected}");
            }
        }
        assert!(fit(&B, 0.0).location > 1e4);
    }

    // [stats.weibull_max.cdf(x, 2.5, 4, 3) for x in (1, 3.5, 4, 5)]
    #[test]
    fn probabilities_are_those_of_scipy() {
        let distribution = ReverseWeibull { location: 4.0, scale: 3.0, shape: 2.5 };
        for (value, expected) in [
            (1.0, 0.367_879_441_171_442_33),
            (3.5, 0.988_723_827_747_898_8),
            (4.0, 1.0),
            (5.0, 1.0),
        ] {
            assert!((distribution.cdf(value) - expected).abs() < 1e-15, "{value}");
        }
    }

    #[test]
    fn distribution_of_many_maxima_is_found() {
        for shape in [1.5, 3.0, 6.0] {
            // Its quantiles in the middle of 5000 equal shares.
            let shares = (0..5000).map(|i| (f64::from(i) + 0.5) / 5000.0);
            let maxima: Vec<f64> =
                shares.map(|share| 7.0 - 2.0 * (-share.ln()).powf(1.0 / shape)).collect();
            let found = fit(&maxima, 0.01);
            assert!((found.location - 7.0).abs() < 0.1, "{found:?}");
            assert!((found.scale / 2.0 - 1.0).abs() < 0.05, "{found:?}");
            assert!((found.shape / shape - 1.0).abs() < 0.05, "{found:?}");
        }
    }

    #[test]
    fn location_of_maxima_that_pile_up_at_their_end_is_the_largest() {
        let maxima: Vec<f64> = (1..=50).map(|i| 8.0 - f64::from(i).powi(5) / 1e8).collect();
        let found = fit(&maxima, 0.01);
        assert_eq!(found.shape, 1.0);
        assert!((found.location - maxima[0]).abs() < 1e-5, "{found:?}");
    }

    #[test]
    fn equal_maxima_have_no_fit() {
        assert_eq!(ReverseWeibull::fit(&[0.1; 9], 0.01).unwrap(), None);
        assert_eq!(ReverseWeibull::fit(&[0.1], 0.01).unwrap(), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn scaled_and_shifted_maxima_have_a_scaled_and_shifted_fit(
            maxima in prop::collection::vec(1.0..2.0_f64, 2..60), scale in 1e-3..1e3_f64,
            shift in 0.0..10.0_f64,
        ) {
            let before = fit(&maxima, 0.01);
            let moved: Vec<f64> = maxima.iter().map(|maximum| (maximum + shift) * scale).collect();
            let after = fit(&moved, 0.01);
            prop_assert!((after.shape / before.shape - 1.0).abs() < 1e-4, "{:?} {:?}", before, after);
            let location = (before.location + shift) * scale;
            prop_assert!((after.location / location - 1.0).abs() < 1e-4, "{:?} {:?}", before, after);
        }

        #[test]
        fn best_shape_solves_its_equation(mut logs in prop::collection::vec(-14.0..0.0_f64, 2..60)) {
            let profile = Profile { below: vec![], penalty: 0.01 };
            logs.push(0.0);
            let n = logs.len() as f64;
            let mean = logs.iter().sum::<f64>() / n;
            let shape = profile.shape(&logs, mean);
            let weights = logs.iter().map(|log| (shape * log).exp());
            let weighted: f64 = weights.clone().zip(&logs).map(|(weight, log)| weight * log).sum();
            let left = shape * (weighted / weights.sum::<f64>() - mean + 0.02 * shape / n);
            prop_assert!((left - 1.0).abs() < 1e-9 || (shape == 1.0 && left > 1.0), "{} {}", shape, left);
        }
    }
}
