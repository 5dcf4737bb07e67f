//! The local Lipschitz constant from the batch maxima.

use serde::Serialize;

use super::kolmogorov;
use super::{Result, ReverseWeibull};

/// What Weng et al.'s program takes off the log-likelihood for every shape², so that the fit does not run
/// away; see [`ReverseWeibull::fit`].
const SHAPE_PENALTY: f64 = 0.01;

/// A fit is dismissed if its p-value is below this, as in Weng et al.'s program.
const LEAST_P_VALUE: f64 = 0.001;

/// How fast the margin between two classes changes in the ball at most, as samples tell.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lipschitz {
    /// The estimate, in units of the outputs per unit of the norm.
    pub constant: f64,
    /// What the estimate is.
    pub basis: Basis,
    /// The largest gradient norm of all samples, which bounds the constant from below.
    pub largest: f64,
    /// The fit to the largest gradient norm of each batch; none if these are all the same.
    pub fit: Option<Fit>,
}

/// What an estimate of a Lipschitz constant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The location of the fitted distribution.
    Location,
    /// The largest sample, because there is no fit or its p-value is below 0.001.
    LargestSample,
}

/// A fitted distribution, and how well it fits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// The distribution.
    pub distribution: ReverseWeibull,
    /// How likely maxima of this distribution are as far from it as those found, by the test of Kolmogorov
    /// and Smirnov. Too large, as it does not know that the distribution was fitted to them.
    pub p_value: f64,
}

impl Lipschitz {
    /// Of the largest gradient norm of each batch, at least one.
    pub(crate) fn estimate(mut maxima: Vec<f64>) -> Result<Self> {
        maxima.sort_by(f64::total_cmp);
        let largest = maxima.last().copied().unwrap_or_default();
        let fit = ReverseWeibull::fit(&maxima, SHAPE_PENALTY)?.map(|distribution| {
            let p_value = kolmogorov::p_value(&maxima, |maximum| distribution.cdf(maximum));
            Fit { distribution, p_value }
        });
        Ok(match fit {
            Some(Fit { distribution, p_value }) if p_value >= LEAST_P_VALUE => {
                Self { constant: distribution.location, basis: Basis::Location, largest, fit }
            }
            _ => Self { constant: largest, basis: Basis::LargestSample, largest, fit },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maxima_that_fit_give_a_location_above_the_largest() {
        let maxima: Vec<f64> = (1..=50).map(|i| 3.0 - (f64::from(i) / 51.0).sqrt()).collect();
        let found = Lipschitz::estimate(maxima.iter().rev().copied().collect()).unwrap();
        let Fit { distribution, p_value } = found.fit.unwrap();
        assert_eq!((found.basis, found.constant), (Basis::Location, distribution.location));
        assert_eq!(found.largest, maxima[0]);
        assert!(found.constant > found.largest && p_value > 0.5, "{found:?}");
    }

    #[test]
    fn maxima_that_do_not_fit_give_the_largest_sample() {
        let found = Lipschitz::estimate([[1.0; 50], [2.0; 50]].concat()).unwrap();
        assert_eq!((found.basis, found.constant), (Basis::LargestSample, 2.0));
        assert!(found.fit.unwrap().p_value < LEAST_P_VALUE, "{found:?}");
    }

    #[test]
    fn maxima_that_are_all_the_same_need_no_fit() {
        for batches in [1, 50] {
            let found = Lipschitz::estimate(vec![0.1; batches]).unwrap();
            let expected =
                Lipschitz { constant: 0.1, basis: Basis::LargestSample, largest: 0.1, fit: None };
            assert_eq!(found, expected);
        }
    }
}
