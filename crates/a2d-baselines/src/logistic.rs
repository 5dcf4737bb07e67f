//! Logistic regression whose ridge cross-validation chooses, as scikit-learn's `LogisticRegressionCV` does it.

mod by_kind;
mod folds;
mod newton;
mod scaling;

use serde::{Deserialize, Serialize};
use tch::{Device, IndexOp as _, Kind, Tensor};

use crate::Result;

pub(crate) use by_kind::{ByKind, KindRows, Numbers};
pub(crate) use scaling::Scale;

/// How many strengths of the ridge there are to choose from, evenly on a logarithmic scale.
const STRENGTHS: usize = 10;

/// The logarithms, to the base of 10, of the weakest data against the ridge, and of the strongest.
const EXPONENTS: [f64; 2] = [-4.0, 4.0];

/// The probability, by some numbers, of a row being positive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Logistic {
    weights: Vec<f64>,
    intercept: f64,
    /// The inverse of the ridge: what minimises half the squared weights plus this times the cross-entropy's sum.
    c: f64,
}

impl Logistic {
    /// Fits on rows of equal length and whether each is positive: for each of five stratified folds the accuracy
    /// at ten strengths from 1e-4 to 1e4, then all rows at the one with the best mean, the smallest of several such.
    /// The intercept has no ridge.
    ///
    /// So does scikit-learn 1.9 with `LogisticRegressionCV(scoring="accuracy", cv=5)`, but for its tolerance.
    ///
    /// # Errors
    /// [`Error::Tensor`](crate::Error::Tensor) if a Newton step cannot be solved for.
    pub(crate) fn fit(rows: &[Vec<f64>], positive: &[bool]) -> Result<Self> {
        let folds = folds::of(positive);
        let labels: Vec<f64> = positive.iter().map(|positive| f64::from(*positive)).collect();
        let (matrix, labels) = (with_ones(rows), Tensor::from_slice(&labels));
        let mut accuracies = [0.0; STRENGTHS];
        for fold in 0..folds::COUNT {
            let tests: Vec<bool> = folds.iter().map(|of_row| *of_row == fold).collect();
            let tests = Tensor::from_slice(&tests);
            let of = |chosen: &Tensor| {
                let places = chosen.nonzero().squeeze_dim(1);
                (matrix.index_select(0, &places), labels.index_select(0, &places))
            };
            let (seen, seen_labels) = of(&tests.logical_not());
            let (unseen, unseen_labels) = of(&tests);
            let mut found = Tensor::zeros(matrix.size()[1], (Kind::Double, Device::Cpu));
            for (place, accuracy) in accuracies.iter_mut().enumerate() {
                found = newton::minimum(&seen, &seen_labels, strength(place), &found)?;
                let right = unseen.mv(&found).gt(0.0).eq_tensor(&unseen_labels.gt(0.5));
                *accuracy += right.to_kind(Kind::Double).mean(Kind::Double).double_value(&[]);
            }
        }
        let best = accuracies.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let place = accuracies.iter().position(|accuracy| *accuracy >= best);
        let c = strength(place.unwrap_or_default());
        let start = Tensor::zeros(matrix.size()[1], (Kind::Double, Device::Cpu));
        let found = newton::minimum(&matrix, &labels, c, &start)?;
        let intercept = found.double_value(&[-1]);
        let found = found.i(..found.size()[0] - 1);
        let weights = Vec::<f64>::try_from(found).map_err(crate::Error::tensor("read weights"))?;
        Ok(Self { weights, intercept, c })
    }

    /// The probability of these numbers being those of a positive row.
    pub(crate) fn probability(&self, numbers: &[f64]) -> f64 {
        let terms = self.weights.iter().zip(numbers).map(|(weight, number)| weight * number);
        let margin = terms.sum::<f64>() + self.intercept;
        (1.0 + (-margin).exp()).recip()
    }
}

fn strength(place: usize) -> f64 {
    let [first, last] = EXPONENTS;
    10f64.powf(first + (last - first) * place as f64 / (STRENGTHS - 1) as f64)
}

/// The rows as a matrix, with a last column of ones for the intercept.
fn with_ones(rows: &[Vec<f64>]) -> Tensor {
    let flat: Vec<f64> = rows.iter().flat_map(|row| row.iter().copied().chain([1.0])).collect();
    Tensor::from_slice(&flat).view([rows.len() as i64, -1])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of two numbers, the first nine of which are positive.
    const ROWS: [[f64; 2]; 24] = [
        [0.9, 0.6],
        [1.892, -1.016],
        [0.644, -0.412],
        [-0.026, 0.566],
        [1.394, -1.175],
        [1.698, 0.333],
        [0.2, 0.231],
        [0.282, -0.974],
        [1.759, 0.901],
        [0.397, 0.174],
        [-0.961, -0.033],
        [-0.149, 1.536],
        [1.0, -0.181],
        [-0.109, 0.705],
        [-0.972, 1.408],
        [0.359, -0.248],
        [0.879, 1.422],
        [-0.586, 1.019],
        [-0.728, 0.052],
        [0.773, 1.91],
        [0.529, 0.568],
        [-0.91, 0.665],
        [-0.295, 2.045],
        [0.986, 0.276],
    ];

    fn rows() -> (Vec<Vec<f64>>, Vec<bool>) {
        (ROWS.map(Vec::from).into(), (0..24).map(|row| row < 9).collect())
    }

    fn near(found: &[f64], expected: &[f64], tolerance: f64) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < tolerance, "{found} {expected}");
        }
        assert_eq!(found.len(), expected.len());
    }

    // scikit-learn 1.9.1: LogisticRegressionCV(scoring="accuracy", cv=5, tol=1e-12, max_iter=100000,
    //     solver="newton-cholesky").fit(ROWS, y); C_, coef_, intercept_, predict_proba(ROWS)[[0, 10, 20], 1]
    #[test]
    fn it_is_that_of_scikit_learn() {
        let (rows, positive) = rows();
        let logistic = Logistic::fit(&rows, &positive).unwrap();
        near(&[logistic.c], &[0.359_381_37], 1e-8);
        near(&logistic.weights, &[0.736_702_27, -0.626_561_07], 1e-6);
        near(&[logistic.intercept], &[-0.604_829_85], 1e-6);
        let found = [0, 10, 20].map(|row: usize| logistic.probability(&rows[row]));
        near(&found, &[0.421_227_98, 0.215_493_48, 0.361_005_87], 1e-6);
    }

    // scikit-learn 1.9.1: LogisticRegression(C=c, tol=1e-13, max_iter=100000, solver="newton-cholesky")
    //     .fit(ROWS, y); the last of [[0], [1], [2], [4]] with labels 0, 0, 1, 1, which a line separates.
    #[test]
    fn every_strength_ends_where_that_of_scikit_learn_does() {
        let (rows, positive) = rows();
        let positive: Vec<f64> = positive.into_iter().map(f64::from).collect();
        let found = |rows: &[Vec<f64>], labels: &[f64], c| {
            let (rows, labels) = (with_ones(rows), Tensor::from_slice(labels));
            let start = Tensor::zeros(rows.size()[1], (Kind::Double, Device::Cpu));
            Vec::<f64>::try_from(newton::minimum(&rows, &labels, c, &start).unwrap()).unwrap()
        };
        let expected = [
            (1e-4, [0.000_538_170_424, -0.000_483_281_76, -0.510_817_654_998]),
            (1.0, [1.074_280_570_558, -0.900_468_006_473, -0.692_509_791_434]),
            (1e4, [1.694_013_336_062, -1.408_501_622_506, -0.894_163_871_040]),
        ];
        for (c, expected) in expected {
            near(&found(&rows, &positive, c), &expected, 1e-9);
        }
        let line = [0.0, 1.0, 2.0, 4.0].map(|x| vec![x]);
        near(&found(&line, &[0.0, 0.0, 1.0, 1.0], 1e4), &[13.250_034_03, -19.875_051_93], 1e-6);
    }
}
