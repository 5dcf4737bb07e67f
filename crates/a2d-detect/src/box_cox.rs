//! The transform that makes skewed costs normal.

use argmin::core::{CostFunction, Executor, State};
use argmin::solver::brent::BrentOpt;
use serde::{Deserialize, Serialize};

use crate::moments::{is_constant, mean_and_deviation};
use crate::{Error, MAX_COST, Result};

/// The cost that lower ones are lifted to before the Box-Cox transform, which is defined for positive
/// costs only.
pub const LOWEST_COST: f64 = 0.01;

/// Lambda is searched between minus and plus this. Outside, the costs are all but constant and nothing
/// makes them normal.
const LARGEST_LAMBDA: f64 = 20.0;

/// The largest exponent of e in the search: the square of such a power is still a finite number.
const LARGEST_EXPONENT: f64 = 300.0;

/// The power transform of Box and Cox, "An analysis of transformations", Journal of the Royal
/// Statistical Society B 26, 1964: (y^λ - 1)/λ, and ln y for λ = 0, of y = cost / geometric mean of the
/// benign costs. Dividing by the mean, as they do, keeps y near 1, where no digits cancel, and changes
/// neither λ nor a z-score. The transform grows with the cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoxCox {
    lambda: f64,
    geometric_mean: f64,
}

impl BoxCox {
    /// Finds the λ under which the transformed costs are most likely normal, between -20 and 20.
    ///
    /// With costs divided by their geometric mean that is the λ of least deviation after the transform.
    /// The logarithm of that deviation is convex in λ (its square is a sum of Laplace transforms of
    /// positive measures), so Brent's method finds the one minimum.
    pub(crate) fn fit(costs: &[f64], attack: usize) -> Result<Self> {
        let logs: Vec<f64> = costs.iter().copied().map(lifted_log).collect();
        if is_constant(&logs) {
            return Err(Error::Degenerate { attack, lowest: LOWEST_COST });
        }
        let (mean, _) = mean_and_deviation(&logs);
        let logs: Vec<f64> = logs.iter().map(|log| log - mean).collect();
        let largest_log = logs.iter().fold(0.0_f64, |most, log| most.max(log.abs()));
        let bound = LARGEST_LAMBDA.min(LARGEST_EXPONENT / largest_log);
        let deviation = LogDeviation { logs };
        let search = BrentOpt::new(-bound, bound).set_tolerance(1e-9, 1e-9);
        let found = Executor::new(deviation, search)
            .configure(|state| state.max_iters(200))
            .run()
            .map_err(|error| Error::BoxCox { reason: error.to_string() })?;
        let lambda = found.state().get_best_param().copied();
        let lambda = lambda.ok_or_else(|| Error::BoxCox { reason: "found no minimum".into() })?;
        Ok(Self { lambda, geometric_mean: mean.exp() })
    }

    /// The exponent λ.
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// The cost that becomes 0: the geometric mean of the benign costs it was fitted on.
    pub fn geometric_mean(&self) -> f64 {
        self.geometric_mean
    }

    /// Transforms a cost; one below [`LOWEST_COST`] is lifted to it.
    pub fn transform(&self, cost: f64) -> f64 {
        power(lifted_log(cost) - self.geometric_mean.ln(), self.lambda)
    }

    /// Checks what was read from a file.
    pub(crate) fn check(&self) -> Result<()> {
        if !(-LARGEST_LAMBDA..=LARGEST_LAMBDA).contains(&self.lambda) {
            return Err(Error::Distribution {
                expected: "lambda from -20 to 20",
                found: self.lambda,
            });
        }
        if !(LOWEST_COST / 2.0..=MAX_COST * 2.0).contains(&self.geometric_mean) {
            return Err(Error::Distribution {
                expected: "a geometric mean in the range of costs from 0.01 on",
                found: self.geometric_mean,
            });
        }
        Ok(())
    }
}

/// ln of a cost, which is lifted to [`LOWEST_COST`] if it is below.
fn lifted_log(cost: f64) -> f64 {
    cost.max(LOWEST_COST).ln()
}

/// (e^(λ log) - 1)/λ, and its limit `log` for λ = 0.
fn power(log: f64, lambda: f64) -> f64 {
    if lambda == 0.0 { log } else { (lambda * log).exp_m1() / lambda }
}

/// What [`BoxCox::fit`] minimises over λ: the logarithm of the deviation of the transformed costs.
struct LogDeviation {
    /// Logarithms of the costs, their mean subtracted.
    logs: Vec<f64>,
}

impl CostFunction for LogDeviation {
    type Param = f64;
    type Output = f64;

    fn cost(&self, lambda: &f64) -> std::result::Result<f64, argmin::core::Error> {
        let transformed: Vec<f64> = self.logs.iter().map(|&log| power(log, *lambda)).collect();
        let (_, deviation) = mean_and_deviation(&transformed);
        Ok(deviation.ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{BIM, JSMA, WITH_ZEROS};

    // scipy 1.17.1, numpy 2.4.6
    // def exact(f):
    //     return optimize.minimize_scalar(f, bounds=(-5, 5), method="bounded", options={"xatol": 1e-12})
    // for x in bim, jsma, np.where(with_zeros == 0, 0.01, with_zeros):
    //     print(stats.boxcox_normmax(x, method="mle", optimizer=exact))
    // 0.6580411050371786 0.06693122949182852 0.20078438520719036
    #[test]
    fn lambda_is_that_of_scipy() {
        for (costs, expected) in [
            (&BIM[..], 0.658_041_105),
            (&JSMA[..], 0.066_931_229),
            (&WITH_ZEROS[..], 0.200_784_385),
        ] {
            let lambda = BoxCox::fit(costs, 0).unwrap().lambda();
            assert!((lambda - expected).abs() < 1e-6, "{lambda} {expected}");
        }
    }

    #[test]
    fn transform_is_the_power_of_the_scaled_cost() {
        let transform = |lambda, cost| {
            let geometric_mean = 10.0;
            let fitted = BoxCox { lambda, geometric_mean };
            fitted.transform(cost)
        };
        assert!((transform(2.0, 30.0) - 4.0).abs() < 1e-12);
        assert!((transform(0.0, 30.0) - 3_f64.ln()).abs() < 1e-12);
        assert_eq!(transform(1.0, 0.0), transform(1.0, LOWEST_COST));
    }

    #[test]
    fn costs_of_many_magnitudes_are_fitted() {
        let costs: Vec<f64> = (0..=100).map(|power| 10_f64.powi(power)).collect();
        let lambda = BoxCox::fit(&costs, 0).unwrap().lambda();
        assert!(lambda.abs() < 1e-6, "{lambda}");
    }

    #[test]
    fn costs_that_are_equal_once_lifted_are_refused() {
        let message = BoxCox::fit(&[0.0, 0.001, 0.01], 3).unwrap_err().to_string();
        assert!(message.contains("attack 3"), "{message}");
        assert!(message.contains("differ above 0.01"), "{message}");
    }
}
