//! A fitted LID.

use a2d_cost::Column;
use a2d_eval::scoring::{self, BatchScores, Queries, Score};
use a2d_model::Classifier;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Kind, Tensor};

use super::reference::Reference;
use super::{BATCH, LidParameters};
use crate::logistic::ByKind;
use crate::{Baseline, Error, Parameters as _, Protocol, Result, State};

/// LID with [`LidParameters`], fitted.
#[derive(Debug)]
pub struct Lid {
    pub(super) parameters: LidParameters,
    pub(super) reference: Reference,
    /// The largest dimensionality at each layer.
    pub(super) maxima: Vec<f64>,
    pub(super) by_kind: ByKind,
}

/// The largest dimensionality at each layer; 0 where there is none.
pub(super) fn maxima<'a>(rows: impl Iterator<Item = &'a Vec<Option<f64>>>) -> Vec<f64> {
    let mut maxima: Vec<f64> = vec![];
    for row in rows {
        maxima.resize(row.len(), 0.0);
        for (most, dimension) in maxima.iter_mut().zip(row) {
            *most = dimension.map_or(*most, |dimension| most.max(dimension));
        }
    }
    maxima
}

/// The dimensionalities of an image, those that there are none of being the largest at their layer: where all
/// neighbours are as far, no dimension is too high.
///
/// # Errors
/// [`Error::State`] if the network has other layers.
pub(super) fn imputed(row: &[Option<f64>], maxima: &[f64]) -> Result<Vec<f64>> {
    if row.len() != maxima.len() {
        let expected = format_args!("a network of {} layers", maxima.len()).to_string();
        return Err(Error::state(expected, row.len()));
    }
    Ok(row.iter().zip(maxima).map(|(found, most)| found.unwrap_or(*most)).collect())
}

impl Score for Lid {
    fn name(&self) -> &'static str {
        LidParameters::NAME
    }

    fn columns(&self) -> Vec<Column> {
        self.by_kind.columns(LidParameters::NAME)
    }

    fn parameters(&self) -> Map<String, Value> {
        Map::from_iter([
            ("k".to_owned(), self.parameters.k.into()),
            ("minibatch".to_owned(), self.parameters.minibatch.into()),
        ])
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn scores(&self, classifier: &Classifier, images: &Tensor) -> scoring::Result<BatchScores> {
        let find = || self.reference.dimensions(classifier, images, self.parameters.k);
        let found = tch::no_grad(find)?;
        let scored = |row: &Vec<Option<f64>>| {
            Ok::<_, Error>(self.by_kind.probabilities(&imputed(row, &self.maxima)?))
        };
        let rows = found.iter().map(scored).collect::<Result<Vec<_>>>()?;
        Ok(BatchScores { queries: vec![Queries::forward(1); rows.len()], rows })
    }
}

/// What files keep beside the images.
#[derive(Serialize, Deserialize)]
struct Values {
    protocol: Protocol,
    maxima: Vec<f64>,
    regressions: ByKind,
}

impl Baseline for Lid {
    fn state(&self) -> Result<State> {
        let values = Values {
            protocol: self.reference.protocol,
            maxima: self.maxima.clone(),
            regressions: self.by_kind.clone(),
        };
        Ok(State::of(&values)?.with("reference", &self.reference.images()))
    }
}

impl Lid {
    pub(super) fn restore(parameters: LidParameters, state: &State) -> Result<Self> {
        let Values { protocol, maxima, regressions } = state.values()?;
        let images = state.tensor("reference", Kind::Float, &[0; 4])?;
        let minibatch = parameters.minibatch;
        let count = images.size()[0];
        let reference = match protocol {
            Protocol::Fair if count == minibatch as i64 => Reference::fair(&images),
            Protocol::Published if count > 0 => Reference::published(&images, minibatch),
            _ => return Err(Error::state(format_args!("{minibatch} reference images"), count)),
        };
        regressions.check_width(maxima.len())?;
        Ok(Self { parameters, reference, maxima, by_kind: regressions })
    }
}
