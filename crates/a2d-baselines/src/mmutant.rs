//! mMutant: how often mutants of the network change the label of an input.

mod mutation;
mod operator;
mod search;
mod sprt;
#[cfg(test)]
mod tests;

use a2d_cost::{Column, Sign};
use a2d_data::Split;
use a2d_eval::scoring::{self, BatchScores, Queries, Score};
use a2d_model::Classifier;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Kind, Tensor};

use crate::{Baseline, Error, Material, Parameters, Result, State, logits};
use mutation::Mutation;
pub use operator::Operator;
use search::Search;
use sprt::Sprt;
pub use sprt::Testing;

const NAME: &str = "mmutant";

/// Half the width of a 99 % interval, in standard errors, as published.
const HALF_WIDTH: f64 = 2.58;

/// The parameters of [`MMutant`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MMutantParameters {
    /// What mutates the network.
    pub operator: Operator,
    /// The share of units or parameters that it mutates, above 0 and up to 1; unless it is given, the published one: 0.05 for
    /// networks of grey images, 0.005 for others.
    pub rate: Option<f64>,
    /// The number of mutants.
    pub mutants: usize,
    /// The share of the network's accuracy that each of them keeps, from 0 to 1.
    pub keep: f64,
    /// The number of mutants that are tried for it.
    pub attempts: usize,
    /// The number of images that accuracies are measured on, 0 for all.
    pub checked: usize,
    /// Half the width of the indifference region, as a share of the threshold.
    pub indifference: f64,
    /// The rate at which the test is to flag benign inputs.
    pub alpha: f64,
    /// The rate at which the test is to miss adversarial ones.
    pub beta: f64,
    /// How the test is done.
    pub sprt: Testing,
}

impl Default for MMutantParameters {
    fn default() -> Self {
        Self {
            operator: Operator::default(),
            rate: None,
            mutants: 500,
            keep: 0.9,
            attempts: 10_000,
            checked: 0,
            indifference: 0.1,
            alpha: 0.05,
            beta: 0.05,
            sprt: Testing::default(),
        }
    }
}

impl MMutantParameters {
    fn check(&self) -> Result<()> {
        let open = |share: f64| share > 0.0 && share < 1.0;
        let rate = self.rate.unwrap_or(1.0);
        let ranges = [
            ("rate above 0 and up to 1", rate, rate > 0.0 && rate <= 1.0),
            ("keep from 0 to 1", self.keep, (0.0..=1.0).contains(&self.keep)),
            ("mutants of at least 1", self.mutants as f64, self.mutants > 0),
            ("indifference between 0 and 1", self.indifference, open(self.indifference)),
            ("alpha between 0 and 0.5", self.alpha, open(2.0 * self.alpha)),
            ("beta between 0 and 0.5", self.beta, open(2.0 * self.beta)),
        ];
        match ranges.into_iter().find(|(_, _, fits)| !fits) {
            None => Ok(()),
            Some((expected, got, _)) => Err(Error::Parameter {
                baseline: NAME,
                expected: expected.into(),
                got: got.to_string(),
            }),
        }
    }

    /// The test of this threshold.
    fn sprt(&self, theta: f64) -> Option<Sprt> {
        let fits = theta > 0.0 && theta * (1.0 + self.indifference) < 1.0;
        fits.then(|| Sprt::of(theta, self.indifference, (self.alpha, self.beta), self.sprt))
    }
}

impl Parameters for MMutantParameters {
    const NAME: &'static str = NAME;
    const LABELLED: Option<Split> = Some(Split::Test);
    type Fitted = MMutant;

    fn fit(self, material: &Material<'_>) -> Result<MMutant> {
        self.check()?;
        let classifier = material.classifier;
        let labelled = material.labelled(NAME)?;
        classifier.check_labels("check mutants", labelled.labels())?;
        let count = match self.checked {
            0 => labelled.len(),
            checked => checked.min(labelled.len()),
        };
        // Every mutant is asked about all of them.
        let images = material.tensor(&labelled.images_of(0..count)?)?;
        let classes = logits::classes(&labelled.labels()[..count], classifier.device());
        let is_grey = classifier.input_shape()[0] == 1;
        let rate = self.rate.unwrap_or(if is_grey { 0.05 } else { 0.005 });
        let benign = material.tensor(material.benign.images())?;
        let mutation = Mutation { operator: self.operator, rate, seed: material.seed };
        let found = Search {
            mutation,
            labelled: (&images, &classes),
            keep: self.keep,
            mutants: self.mutants,
            attempts: self.attempts,
            benign: &benign,
        }
        .run(classifier)?;

        let predicted = logits::labels(classifier, &benign)?;
        let changes = found.iter().filter_map(|mutant| mutant.labels.as_ref());
        let changes: Vec<_> = changes.map(|labels| labels.ne_tensor(&predicted)).collect();
        let rates = Tensor::stack(&changes, 0).to_kind(Kind::Double).mean_dim(0, false, None);
        let mean = rates.mean(None).double_value(&[]);
        let half_width =
            HALF_WIDTH * rates.std(false).double_value(&[]) / (rates.numel() as f64).sqrt();
        let fitted = Fitted {
            mutation,
            kept: found.iter().map(|mutant| mutant.number).collect(),
            mean,
            half_width,
        };
        let sprt = self.sprt(fitted.theta()).ok_or_else(|| Error::Material {
            baseline: NAME,
            expected: "mutants that change the labels of some benign inputs".into(),
            got: format!("a label change rate of {mean:.4} and half a width of {half_width:.4}"),
        })?;
        let values = State::of(&fitted)?.values;
        Ok(MMutant { fitted, sprt, values })
    }

    fn restore(self, state: State) -> Result<MMutant> {
        self.check()?;
        let fitted: Fitted = state.values()?;
        let expected = "mutants and a label change rate between 0 and 1";
        let theta = fitted.theta();
        let sprt = self.sprt(theta).filter(|_| !fitted.kept.is_empty());
        let sprt = sprt.ok_or_else(|| {
            Error::state(expected, format_args!("{} and {theta}", fitted.kept.len()))
        })?;
        Ok(MMutant { fitted, sprt, values: state.values })
    }
}

/// What was fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Fitted {
    mutation: Mutation,
    /// The numbers of the mutants.
    kept: Vec<u64>,
    /// The mean label change rate of benign inputs.
    mean: f64,
    /// Half the width of its interval.
    half_width: f64,
}

impl Fitted {
    /// The label change rate that the test tells inputs by.
    fn theta(&self) -> f64 {
        self.mean + self.half_width
    }
}

/// Model mutation testing (J. Wang et al., "Adversarial Sample Detection for Deep Neural Network through Model Mutation
/// Testing", ICSE 2019): adversarial inputs lie close to a boundary, so mutants of the network change their labels more
/// often.
///
/// * `mmutant` is the label change rate: the share of the mutants that predict another class than the network.
/// * `mmutant-sprt` is the verdict of the sequential test: 1 for adversarial inputs, 0 for others, among them those that
///   all mutants leave undecided.
/// * `mmutant-length` is the number of mutants that the test asks, whatever it finds.
///
/// The published evaluation compares with the true class of benign inputs, which a score does not know; for inputs that the
/// network classifies correctly both are the same. Mutants are made anew from their numbers for every batch, one after
/// the other, so batches should be large.
#[derive(Debug)]
pub struct MMutant {
    fitted: Fitted,
    sprt: Sprt,
    /// What was fitted, for a file.
    values: Value,
}

impl Score for MMutant {
    fn name(&self) -> &'static str {
        NAME
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::new(NAME, Sign::Larger),
            Column::new("mmutant-sprt", Sign::Larger),
            Column::new("mmutant-length", Sign::Smaller),
        ]
    }

    fn parameters(&self) -> Map<String, Value> {
        let Fitted { mutation, kept, .. } = &self.fitted;
        Map::from_iter([
            ("operator".to_owned(), mutation.operator.name().into()),
            ("rate".to_owned(), mutation.rate.into()),
            ("mutants".to_owned(), kept.len().into()),
            ("theta".to_owned(), self.fitted.theta().into()),
        ])
    }

    fn batch(&self) -> usize {
        1024
    }

    fn scores(&self, classifier: &Classifier, images: &Tensor) -> scoring::Result<BatchScores> {
        let predicted = logits::labels(classifier, images)?;
        let mutants = self.fitted.kept.len();
        let mut changes = vec![Vec::with_capacity(mutants); images.size()[0] as usize];
        for number in &self.fitted.kept {
            let mutant = self.fitted.mutation.mutant(classifier, *number)?;
            let changed = logits::labels(&mutant, images)?.ne_tensor(&predicted);
            let changed = Vec::<bool>::try_from(changed.to_device(tch::Device::Cpu))
                .map_err(Error::tensor("read labels"))?;
            changes.iter_mut().zip(changed).for_each(|(of_image, change)| of_image.push(change));
        }
        let queries = Queries { forward: 1, gradient: 0, mutated: mutants as u64 };
        let rows = changes.into_iter().map(|changes| {
            let rate = changes.iter().filter(|change| **change).count() as f64 / mutants as f64;
            let decision = self.sprt.decide(changes);
            vec![rate, f64::from(decision.adversarial), decision.mutants as f64]
        });
        let rows: Vec<_> = rows.collect();
        Ok(BatchScores { queries: vec![queries; rows.len()], rows })
    }
}

impl Baseline for MMutant {
    fn state(&self) -> Result<State> {
        Ok(State { values: self.values.clone(), ..State::default() })
    }
}
