//! The kernel density of features among those of a class.

use std::f64::consts::TAU;
use std::sync::{Mutex, PoisonError};

use tch::{Kind, Tensor};

use crate::{Error, Result};

/// A density for each class: the mean of Gaussian kernels around the features of its images.
#[derive(Debug)]
pub(super) struct Densities {
    /// \[n, D\] for each class, float32. Behind a lock, as tensors are not for two threads at a time.
    classes: Mutex<Vec<Tensor>>,
    bandwidth: f64,
}

impl Densities {
    /// Of features, \[n, D\] for each class, and the deviation of the kernels in every direction.
    pub(super) fn new(classes: Vec<Tensor>, bandwidth: f64) -> Self {
        Self { classes: Mutex::new(classes), bandwidth }
    }

    pub(super) fn bandwidth(&self) -> f64 {
        self.bandwidth
    }

    /// The features, one class after the other, and how many each has.
    pub(super) fn features(&self) -> (Tensor, Vec<i64>) {
        let classes = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        (Tensor::cat(&classes, 0), classes.iter().map(|of| of.size()[0]).collect())
    }

    /// The logarithm of the density of each of the features, \[N, D\], float64, under its class.
    ///
    /// # Errors
    /// [`Error::State`] if the features or classes are not those of the model fitted for.
    pub(super) fn of(&self, features: &Tensor, classes: &[i64]) -> Result<Vec<f64>> {
        let mut found = vec![0.0; classes.len()];
        for class in 0.. {
            let places: Vec<usize> =
                (0..classes.len()).filter(|place| classes[*place] == class).collect();
            if places.is_empty() {
                if classes.iter().all(|of_image| *of_image < class) {
                    break;
                }
                continue;
            }
            let known = self.class(class as usize, features)?;
            let rows: Vec<i64> = places.iter().map(|place| *place as i64).collect();
            let rows = Tensor::from_slice(&rows).to_device(features.device());
            let squares = squared_distances(&features.index_select(0, &rows), &known);
            let densities = logarithms(&squares, self.bandwidth, known.size()[1]);
            let densities =
                Vec::<f64>::try_from(densities).map_err(Error::tensor("read densities"))?;
            places.into_iter().zip(densities).for_each(|(place, density)| found[place] = density);
        }
        Ok(found)
    }

    /// The features of a class, float64, where others are.
    fn class(&self, class: usize, others: &Tensor) -> Result<Tensor> {
        let classes = self.classes.lock().unwrap_or_else(PoisonError::into_inner);
        match classes.get(class) {
            Some(known) if known.size().get(1) == others.size().get(1) => {
                Ok(known.to_device(others.device()).to_kind(Kind::Double))
            }
            known => {
                let got = format!("{:?}", known.map(Tensor::size));
                Err(Error::state(format_args!("features as wide as {:?}", others.size()), got))
            }
        }
    }
}

/// The squared distances, \[N, n\], between features, \[N, D\], and known ones, \[n, D\]; float64.
///
/// By a product of matrices, from the mean of the known ones: of features far from zero their norms would leave
/// little of the differences.
pub(super) fn squared_distances(features: &Tensor, known: &Tensor) -> Tensor {
    let middle = known.mean_dim([0i64].as_slice(), true, Kind::Double);
    let (features, known) = (features - &middle, known - &middle);
    let norms =
        |rows: &Tensor, keep| rows.square().sum_dim_intlist([1i64].as_slice(), keep, Kind::Double);
    let products = features.matmul(&known.tr());
    (norms(&features, true) + norms(&known, false) - products * 2.0).clamp_min(0.0)
}

/// The logarithms of the densities, \[N\], at points in `dimensions` dimensions with these squared distances, \[N, n\],
/// from the kernels. An infinite distance is that of no kernel, but counts as one.
pub(super) fn logarithms(squares: &Tensor, bandwidth: f64, dimensions: i64) -> Tensor {
    let kernels = squares / (-2.0 * bandwidth * bandwidth);
    let norm = 0.5 * dimensions as f64 * (TAU * bandwidth * bandwidth).ln();
    kernels.logsumexp([1i64].as_slice(), false) - (squares.size()[1] as f64).ln() - norm
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(rows: i64, step: f64, shift: f64) -> Tensor {
        let places = Tensor::arange(rows * 3, (Kind::Double, tch::Device::Cpu));
        (places * step).sin().view([rows, 3]) * 2.0 + shift
    }

    // scipy 1.17.1, for known = 2 sin(0.7 [0..21]) + 100 and points = 2 sin(0.3 [0..9]) + 100, three columns each:
    // k = norm.logpdf(points[:, None], known[None], h).sum(2); logsumexp(k, 1) - log(7)
    #[test]
    fn they_are_those_of_scipy() {
        let known = wave(7, 0.7, 100.0);
        let points = wave(3, 0.3, 100.0);
        let expected = [
            (1.2, [-4.470_944_413, -4.997_208_415, -5.259_124_122]),
            (0.26, [-8.708_145_390, -18.905_792_707, -30.477_562_024]),
        ];
        for (bandwidth, expected) in expected {
            let other = wave(4, 0.2, 0.0).to_kind(Kind::Float);
            let densities = Densities::new(vec![other, known.shallow_clone()], bandwidth);
            for (found, expected) in densities.of(&points, &[1, 1, 1]).unwrap().iter().zip(expected)
            {
                assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            }
        }
    }

    #[test]
    fn each_image_is_measured_by_its_own_class() {
        let classes = vec![wave(4, 0.2, 0.0), wave(7, 0.7, 1.0)];
        let densities = Densities::new(classes, 0.5);
        let points = wave(3, 0.3, 0.5);
        let found = densities.of(&points, &[1, 0, 1]).unwrap();
        let of_class = |class| densities.of(&points, &[class; 3]).unwrap();
        let expected = [of_class(1)[0], of_class(0)[1], of_class(1)[2]];
        assert!(found.iter().zip(expected).all(|(found, one)| (found - one).abs() < 1e-9));
        let message = densities.of(&points, &[0, 2, 0]).unwrap_err().to_string();
        assert!(message.contains("as wide as [3, 3], got None"), "{message}");
    }
}
