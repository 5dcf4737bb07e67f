//! A fitted KD+BU.

use a2d_cost::{Column, Sign};
use a2d_eval::scoring::{self, BatchScores, Queries, Score};
use a2d_model::Classifier;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Kind, Tensor};

use super::density::Densities;
use super::{BATCH, KdBuParameters, features, uncertainty};
use crate::logistic::ByKind;
use crate::{Baseline, Error, Parameters as _, Result, State};

/// The columns that are no probabilities, without the baseline's name.
pub(super) const OWN: [&str; 2] = ["density", "uncertainty"];

/// KD+BU with [`KdBuParameters`], fitted.
#[derive(Debug)]
pub struct KdBu {
    pub(super) measure: Measure,
    pub(super) by_kind: ByKind,
}

/// What the regressions are on.
#[derive(Debug)]
pub(super) struct Measure {
    pub(super) layer: String,
    pub(super) densities: Densities,
    pub(super) passes: u32,
    pub(super) seed: u64,
}

impl Measure {
    /// The log-density of each image and, unless there are no passes, its uncertainty.
    pub(super) fn numbers(
        &self,
        classifier: &Classifier,
        images: &Tensor,
    ) -> Result<Vec<Vec<f64>>> {
        let (features, logits) = features::with_logits(classifier, images, &self.layer)?;
        let classes = Vec::<i64>::try_from(logits.argmax(1, false));
        let classes = classes.map_err(Error::tensor("read predicted classes"))?;
        let densities = self.densities.of(&features, &classes)?;
        let mut rows: Vec<Vec<f64>> = densities.into_iter().map(|density| vec![density]).collect();
        if self.passes > 0 {
            let found = uncertainty::of(classifier, images, self.seed, self.passes)?;
            rows.iter_mut().zip(found).for_each(|(row, uncertainty)| row.push(uncertainty));
        }
        Ok(rows)
    }

    /// How many numbers an image has.
    fn width(&self) -> usize {
        if self.passes > 0 { 2 } else { 1 }
    }
}

impl Score for KdBu {
    fn name(&self) -> &'static str {
        KdBuParameters::NAME
    }

    fn columns(&self) -> Vec<Column> {
        let own = OWN.into_iter().zip([Sign::Smaller, Sign::Larger]).take(self.measure.width());
        let own =
            own.map(|(name, sign)| Column::new(format!("{}-{name}", KdBuParameters::NAME), sign));
        self.by_kind.columns(KdBuParameters::NAME).into_iter().chain(own).collect()
    }

    fn parameters(&self) -> Map<String, Value> {
        Map::from_iter([
            ("layer".to_owned(), self.measure.layer.clone().into()),
            ("bandwidth".to_owned(), self.measure.densities.bandwidth().into()),
            ("passes".to_owned(), self.measure.passes.into()),
        ])
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn scores(&self, classifier: &Classifier, images: &Tensor) -> scoring::Result<BatchScores> {
        let rows = tch::no_grad(|| self.measure.numbers(classifier, images))?;
        let queries = vec![Queries::forward(1 + u64::from(self.measure.passes)); rows.len()];
        let scored = |numbers: Vec<f64>| {
            let mut scores = self.by_kind.probabilities(&numbers);
            scores.extend(numbers);
            scores
        };
        Ok(BatchScores { rows: rows.into_iter().map(scored).collect(), queries })
    }
}

/// What files keep beside the features.
#[derive(Serialize, Deserialize)]
struct Values {
    layer: String,
    /// How many labelled images each class has.
    counts: Vec<i64>,
    bandwidth: f64,
    seed: u64,
    regressions: ByKind,
}

impl Baseline for KdBu {
    fn state(&self) -> Result<State> {
        let (features, counts) = self.measure.densities.features();
        let values = Values {
            layer: self.measure.layer.clone(),
            counts,
            bandwidth: self.measure.densities.bandwidth(),
            seed: self.measure.seed,
            regressions: self.by_kind.clone(),
        };
        Ok(State::of(&values)?.with("features", &features))
    }
}

impl KdBu {
    pub(super) fn restore(passes: u32, state: &State) -> Result<Self> {
        let Values { layer, counts, bandwidth, seed, regressions } = state.values()?;
        let features = state.tensor("features", Kind::Float, &[counts.iter().sum(), 0])?;
        let is_whole = !counts.is_empty() && counts.iter().all(|count| *count > 0);
        if !is_whole || bandwidth <= 0.0 {
            let got = format!("counts {counts:?} and a bandwidth of {bandwidth}");
            return Err(Error::state("features of every class and a bandwidth above 0", got));
        }
        let densities = Densities::new(features.split_with_sizes(counts, 0), bandwidth);
        let measure = Measure { layer, densities, passes, seed };
        regressions.check_width(measure.width())?;
        Ok(Self { measure, by_kind: regressions })
    }
}
