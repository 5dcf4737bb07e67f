//! TWIS: what noise and gradient steps do to an input.

mod criteria;
#[cfg(test)]
mod tests;
mod tuning;
mod walk;

use a2d_cost::{Column, Sign};
use a2d_data::Split;
use a2d_eval::scoring::{self, BatchScores, Score};
use a2d_model::Classifier;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Kind, Tensor};

use crate::{Baseline, Error, Material, Parameters, Result, State, batches};
use criteria::{COUNT, Criteria, Drawn};
use walk::Walk;

const NAME: &str = "twis";

/// The columns of the criteria.
const COLUMNS: [&str; COUNT] = ["twis-noise", "twis-targeted", "twis-untargeted"];

/// How many images walk together: those that are done leave, so that the last ones walk in small batches.
const BATCH: usize = 256;

/// The parameters of [`Twis`].
///
/// Published are, for VGG-19 on CIFAR-10, noise of 0.01 and rates of 0.0005 and 1 within 0.5; for ResNet-101 on ImageNet, noise
/// of 0.1 and rates of 0.005 and 0.1 within 0.03. They suit one network each: unless they are given, they are tuned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwisParameters {
    /// The deviation of the noise; unless it is given, one that moves the probabilities of half of the benign inputs by 1
    /// or more.
    pub noise: Option<f64>,
    /// How far a step to another class goes, times the gradient; unless it is given, as far as takes half of the benign inputs
    /// to another label within half of the cap.
    pub targeted_rate: Option<f64>,
    /// How far a step away from the label goes; unless it is given, likewise.
    pub untargeted_rate: Option<f64>,
    /// How far from an input steps may lead in any pixel.
    pub radius: f64,
    /// The most steps to another class.
    pub targeted_cap: u64,
    /// The most steps away from the label.
    pub untargeted_cap: u64,
    /// The number of benign inputs, the first ones, that what is not given is tuned on.
    pub tuned: usize,
}

impl Default for TwisParameters {
    fn default() -> Self {
        Self {
            noise: None,
            targeted_rate: None,
            untargeted_rate: None,
            radius: 0.5,
            targeted_cap: 200,
            untargeted_cap: 1000,
            tuned: 40,
        }
    }
}

impl TwisParameters {
    fn check(&self) -> Result<()> {
        let given = [self.noise, self.targeted_rate, self.untargeted_rate].into_iter().flatten();
        let bad = given.chain([self.radius]).find(|value| !(*value > 0.0 && value.is_finite()));
        let (expected, got) = if let Some(bad) = bad {
            ("noise, rates and a radius above 0", bad.to_string())
        } else if self.targeted_cap == 0 || self.untargeted_cap == 0 || self.tuned == 0 {
            ("caps and inputs to tune on of at least 1", "0".into())
        } else {
            return Ok(());
        };
        Err(Error::Parameter { baseline: NAME, expected: expected.into(), got })
    }

    /// What the criteria are computed with, tuned where it is not given.
    fn criteria(&self, material: &Material<'_>, benign: &Tensor) -> Result<Criteria> {
        let classifier = material.classifier;
        if classifier.classes() < 2 {
            return Err(Error::Material {
                baseline: NAME,
                expected: "a network of two classes or more".into(),
                got: classifier.classes().to_string(),
            });
        }
        let count = (self.tuned as i64).min(benign.size()[0]);
        let drawn = Drawn::of(classifier, &benign.narrow(0, 0, count), material.seed)?;
        let noise = match self.noise {
            Some(noise) => noise,
            None => tuning::noise(classifier, &drawn)?,
        };
        let walk = |rate: Option<f64>, cap, targeted| {
            let walk = Walk { rate: rate.unwrap_or_default(), radius: self.radius, cap };
            match rate {
                Some(_) => Ok(walk),
                None => tuning::walk(classifier, &drawn, walk, targeted),
            }
        };
        Ok(Criteria {
            noise,
            targeted: walk(self.targeted_rate, self.targeted_cap, true)?,
            untargeted: walk(self.untargeted_rate, self.untargeted_cap, false)?,
            seed: material.seed,
        })
    }
}

impl Parameters for TwisParameters {
    const NAME: &'static str = NAME;
    const LABELLED: Option<Split> = None;
    type Fitted = Twis;

    fn fit(self, material: &Material<'_>) -> Result<Twis> {
        self.check()?;
        let benign = material.tensor(material.benign.images())?;
        let criteria = self.criteria(material, &benign)?;
        let found = batches::each(material.classifier, &benign, BATCH, &|classifier, images| {
            criteria.values(classifier, images)
        })?;
        let column = |place: usize| found.iter().map(move |(values, _)| values[place]).collect();
        let values = State::of(&criteria)?.values;
        Ok(Twis { criteria, benign: [column(0), column(1), column(2)].map(sorted), values })
    }

    fn restore(self, state: State) -> Result<Twis> {
        self.check()?;
        let criteria: Criteria = state.values()?;
        let column = |name: &str| {
            let values = state.tensor(name, Kind::Double, &[0])?;
            let values = Vec::<f64>::try_from(values).map_err(Error::tensor("read values"))?;
            if values.is_empty() {
                return Err(Error::state(format_args!("values of {name}"), "none"));
            }
            Ok(sorted(values))
        };
        let [noise, targeted, untargeted] = COLUMNS.map(column);
        let benign = [noise?, targeted?, untargeted?];
        Ok(Twis { criteria, benign, values: state.values })
    }
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// The share of benign values, in ascending order, that are at least this one, as of one more: a conformal p-value.
fn p_value(benign: &[f64], value: f64) -> f64 {
    let below = benign.partition_point(|benign| *benign < value);
    (1 + benign.len() - below) as f64 / (1 + benign.len()) as f64
}

/// The criteria of T. Yu, S. Hu et al., "A New Defense Against Adversarial Images: Turning a Weakness into a Strength",
/// NeurIPS 2019: inputs that noise changes much, or that gradient steps change late, look adversarial, as attacks leave them
/// that seek confidence.
///
/// * `twis-noise` is the L1 distance between the probabilities of the input and of it with Gaussian noise, which is not
///   clipped (criterion C1).
/// * `twis-targeted` is the number of gradient steps towards a random other class until the label changes, to whatever class
///   (C2t).
/// * `twis-untargeted` is that of steps away from the label (C2u).
/// * `twis` stands for the published verdict, which flags what passes any of three thresholds: the least of the p-values of
///   the criteria among the benign inputs fitted on, with its sign changed.
///
/// Classes and noise are drawn from a stream of the image. Steps count the other way round than costs do: those of
/// an attack as defense are fewer for adversarial inputs.
#[derive(Debug)]
pub struct Twis {
    criteria: Criteria,
    /// The values of benign inputs by criterion, in ascending order.
    benign: [Vec<f64>; COUNT],
    /// The criteria, for a file.
    values: Value,
}

impl Score for Twis {
    fn name(&self) -> &'static str {
        NAME
    }

    fn columns(&self) -> Vec<Column> {
        [NAME].into_iter().chain(COLUMNS).map(|name| Column::new(name, Sign::Larger)).collect()
    }

    fn parameters(&self) -> Map<String, Value> {
        let Criteria { noise, targeted, untargeted, .. } = self.criteria;
        Map::from_iter([
            ("noise".to_owned(), noise.into()),
            ("targeted_rate".to_owned(), targeted.rate.into()),
            ("targeted_cap".to_owned(), targeted.cap.into()),
            ("untargeted_rate".to_owned(), untargeted.rate.into()),
            ("untargeted_cap".to_owned(), untargeted.cap.into()),
            ("radius".to_owned(), targeted.radius.into()),
        ])
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn scores(&self, classifier: &Classifier, images: &Tensor) -> scoring::Result<BatchScores> {
        let found = self.criteria.values(classifier, images)?;
        let (rows, queries) = found
            .into_iter()
            .map(|(values, queries)| {
                let p_values = self.benign.iter().zip(values).map(|(benign, v)| p_value(benign, v));
                let least = p_values.fold(1.0, f64::min);
                ([-least].into_iter().chain(values).collect(), queries)
            })
            .unzip();
        Ok(BatchScores { rows, queries })
    }
}

impl Baseline for Twis {
    fn state(&self) -> Result<State> {
        let state = State { values: self.values.clone(), ..State::default() };
        Ok(COLUMNS
            .iter()
            .zip(&self.benign)
            .fold(state, |state, (name, values)| state.with(*name, &Tensor::from_slice(values))))
    }
}
