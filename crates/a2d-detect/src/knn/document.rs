//! A k-NN detector as files have it: its samples, from which all else follows.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::Knn;
use crate::{Error, Numbers, Result};

/// A detector as a file has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    k: usize,
    threshold: f64,
    #[serde(default, skip_serializing_if = "Numbers::are_costs")]
    numbers: Numbers,
    costs: Vec<Vec<f64>>,
    adversarial: Vec<bool>,
}

impl From<Knn> for Document {
    fn from(knn: Knn) -> Self {
        Self {
            k: knn.k,
            threshold: knn.threshold,
            numbers: knn.numbers,
            costs: knn.costs.rows().into_iter().map(|row| row.to_vec()).collect(),
            adversarial: knn.adversarial,
        }
    }
}

impl TryFrom<Document> for Knn {
    type Error = Error;

    fn try_from(file: Document) -> Result<Self> {
        let expected = file.costs.first().map_or(0, Vec::len);
        if let Some(row) = file.costs.iter().find(|row| row.len() != expected) {
            let got = row.len();
            return Err(Error::Width { expected, got });
        }
        let samples = file.costs.len();
        let costs = Array2::from_shape_vec((samples, expected), file.costs.concat());
        let costs = costs.map_err(linfa::Error::from)?;
        Self::new(file.k, file.threshold, file.numbers, costs, file.adversarial)
    }
}
