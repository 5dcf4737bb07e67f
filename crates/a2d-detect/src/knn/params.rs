//! What a k-NN detector is fitted with.

use linfa::dataset::AsSingleTargets;
use linfa::traits::Fit;
use linfa::{DatasetBase, ParamGuard};
use ndarray::{ArrayBase, Data, Ix2};

use super::{DEFAULT_K, Knn, MAJORITY, check_threshold};
use crate::{Error, Numbers, Result};

/// Hyper-parameters of [`Knn`], not checked yet.
#[derive(Clone, Debug, PartialEq)]
pub struct KnnParams(KnnValidParams);

/// Checked hyper-parameters of [`Knn`].
#[derive(Clone, Debug, PartialEq)]
pub struct KnnValidParams {
    k: usize,
    threshold: f64,
    numbers: Numbers,
}

impl Knn {
    /// Hyper-parameters of a detector with [`DEFAULT_K`] neighbours, more than half of which must be
    /// adversarial.
    pub fn params() -> KnnParams {
        let numbers = Numbers::Costs;
        KnnParams(KnnValidParams { k: DEFAULT_K, threshold: MAJORITY, numbers })
    }
}

impl KnnParams {
    /// Sets the number of neighbours that vote.
    #[must_use]
    pub fn k(mut self, k: usize) -> Self {
        self.0.k = k;
        self
    }

    /// Sets the share of adversarial votes above which an input is adversarial, from 0 to 1.
    #[must_use]
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.0.threshold = threshold;
        self
    }

    /// Sets what the numbers are that it is fitted on, costs if not called.
    #[must_use]
    pub fn numbers(mut self, numbers: Numbers) -> Self {
        self.0.numbers = numbers;
        self
    }
}

impl ParamGuard for KnnParams {
    type Checked = KnnValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        if self.0.k == 0 {
            return Err(Error::NoNeighbours);
        }
        check_threshold(self.0.threshold)?;
        Ok(&self.0)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}

/// Fits on costs or scores (samples x columns) and labels, `true` for adversarial samples; see
/// [`labelled`](crate::labelled).
impl<D: Data<Elem = f64>, T: AsSingleTargets<Elem = bool>> Fit<ArrayBase<D, Ix2>, T, Error>
    for KnnValidParams
{
    type Object = Knn;

    fn fit(&self, samples: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Knn> {
        let costs = samples.records.as_standard_layout().into_owned();
        let labels = samples.targets.as_single_targets().to_vec();
        Knn::new(self.k, self.threshold, self.numbers.clone(), costs, labels)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis, array};

    use super::*;
    use crate::{Detect, labelled};

    #[test]
    fn wrong_hyper_parameters_and_samples_are_refused() {
        let one = array![[1.0]];
        let message = |params: KnnParams, benign: &Array2<f64>, adversarial: &Array2<f64>| {
            let samples = labelled(benign.view(), adversarial.view()).unwrap();
            let error = params.fit(&samples).unwrap_err();
            assert!(error.is_bad_input());
            error.to_string()
        };
        let k = |k| Knn::params().k(k);
        assert!(message(k(0), &one, &one).contains("k of at least 1, got 0"));
        assert!(message(k(3), &one, &one).contains("at least k = 3 samples, got 2"));
        for share in [-0.1, 1.1, f64::NAN] {
            assert!(message(k(1).threshold(share), &one, &one).contains("share from 0 to 1"));
        }
        let none = Array2::zeros((0, 1));
        assert!(message(k(1), &one, &none).contains("got 1 benign and 0 adversarial"));
        assert!(message(k(1), &none, &one).contains("got 0 benign and 1 adversarial"));
        assert!(message(k(1), &none, &none).contains("at least one sample"));
        assert!(message(k(1), &array![[f64::NAN]], &one).contains("got NaN"));
    }

    #[test]
    fn costs_without_a_label_are_refused() {
        let samples = DatasetBase::new(array![[1.0], [2.0]], array![true]);
        let error = Knn::params().k(1).fit(&samples).unwrap_err();
        assert!(error.to_string().contains("expected 2 labels"), "{error}");
    }

    #[test]
    fn a_column_of_another_table_is_taken_though_not_contiguous() {
        let table = Array2::from_shape_fn((40, 3), |(row, column)| (row * (column + 1)) as f64);
        let columns = table.slice_axis(Axis(1), (1..3).into());
        let (adversarial, benign) = columns.split_at(Axis(0), 20);
        let samples = labelled(benign, adversarial).unwrap();
        let knn = Knn::params().k(5).fit(&samples).unwrap();
        let verdicts = knn.verdicts(columns).unwrap();
        assert!(verdicts[0].adversarial && !verdicts[39].adversarial);
    }
}
