//! The bandwidth under which images left out are most likely.

use argmin::core::{CostFunction, Executor, State as _};
use argmin::solver::brent::BrentOpt;
use tch::{Kind, Tensor};

use super::KdBuParameters;
use super::density::{logarithms, squared_distances};
use crate::{Error, Parameters as _, Result};

/// How many images are left out, shared by the classes.
const LEFT_OUT: usize = 1000;

/// Logarithms of the bandwidths between which the best one is looked for, in units of the mean distance within classes.
const RANGE: [f64; 2] = [-9.2, 1.6];

/// The deviation of the kernels under which some features of each class, \[n, D\], are most likely, where the density
/// is that of the others of their class: the leave-one-out likelihood (R. Duin, "On the Choice of Smoothing Parameters
/// for Parzen Estimators of Probability Density Functions", 1976). The features of a class that are left out lie evenly
/// among it.
///
/// # Errors
/// [`Error::Material`] if the features of a class do not differ, or no class has two.
pub(super) fn likeliest(classes: &[Tensor]) -> Result<f64> {
    let refused = |got: &str| Error::Material {
        baseline: KdBuParameters::NAME,
        expected: "features that differ within a class to choose a bandwidth by".into(),
        got: got.into(),
    };
    let share = (LEFT_OUT / classes.len().max(1)).max(1) as i64;
    let mut likelihood = Likelihood { distances: vec![], dimensions: 0 };
    let (mut sum, mut count) = (0.0, 0.0);
    for features in classes.iter().filter(|features| features.size()[0] > 1) {
        let features = features.to_kind(Kind::Double);
        let n = features.size()[0];
        let share = share.min(n);
        let rows: Vec<i64> = (0..share).map(|number| number * n / share).collect();
        let rows = Tensor::from_slice(&rows);
        let squares = squared_distances(&features.index_select(0, &rows), &features);
        let _ = squares.shallow_clone().scatter_value_(1, &rows.unsqueeze(1), f64::INFINITY);
        let known = squares.isfinite();
        sum += squares.masked_select(&known).sqrt().sum(Kind::Double).double_value(&[]);
        count += (squares.numel() as i64 - share) as f64;
        likelihood.dimensions = features.size()[1];
        likelihood.distances.push(squares);
    }
    if sum <= 0.0 {
        return Err(refused("none"));
    }
    let unit = (sum / count).ln();
    let [least, most] = RANGE.map(|end| unit + end);
    let search = BrentOpt::new(least, most).set_tolerance(1e-4, 1e-4);
    let found = Executor::new(&likelihood, search).configure(|state| state.max_iters(100)).run();
    let found = found.ok().and_then(|found| found.state().get_best_param().copied());
    match found {
        Some(log) if log > least + 0.1 => Ok(log.exp()),
        _ => Err(refused("mostly the same")),
    }
}

/// The likelihood of what is left out, by the bandwidth.
struct Likelihood {
    /// Squared, \[left out, n\] for each class, infinite between an image and itself.
    distances: Vec<Tensor>,
    dimensions: i64,
}

impl CostFunction for &Likelihood {
    type Param = f64;
    type Output = f64;

    fn cost(&self, log: &f64) -> Result<f64, argmin::core::Error> {
        let of = |squares: &Tensor| {
            logarithms(squares, log.exp(), self.dimensions).sum(Kind::Double).double_value(&[])
        };
        Ok(-self.distances.iter().map(of).sum::<f64>())
    }
}
