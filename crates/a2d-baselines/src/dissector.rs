//! Dissector: how far the layers of the network support its prediction.

mod layers;
#[cfg(test)]
mod tests;
mod training;
mod validity;

use std::sync::{Mutex, PoisonError};

use a2d_cost::{Column, Sign};
use a2d_data::Split;
use a2d_eval::scoring::{self, BatchScores, Queries, Score};
use a2d_model::Classifier;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Device, Kind, Tensor, no_grad};

use crate::{Baseline, Error, Material, Parameters, Result, State};
use validity::{Growth, support, validity};

const NAME: &str = "dissector";

/// The columns, and how the weights of their layers grow.
const COLUMNS: [(&str, Growth); 3] = [
    (NAME, Growth::Exponential),
    ("dissector-linear", Growth::Linear),
    ("dissector-log", Growth::Logarithmic),
];

/// The parameters of [`Dissector`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DissectorParameters {
    /// The layers that sub-models are trained on, by the names of their outputs; none for those that are usual: pools,
    /// ReLUs without a pool, and last blocks of groups.
    pub layers: Vec<String>,
    /// The number of labelled images that sub-models are trained on, 0 for all.
    pub images: usize,
    /// How often they see each of them.
    pub epochs: u32,
    /// How many they see at a time.
    pub batch: usize,
    /// The learning rate of Adam, up to 1.
    pub learning_rate: f64,
    /// Factor of the weights of layers, 0 for none.
    pub alpha: f64,
    /// Factor of the number of the layer, in its weight.
    pub beta: f64,
}

impl Default for DissectorParameters {
    fn default() -> Self {
        Self {
            layers: vec![],
            images: 0,
            epochs: 10,
            batch: 128,
            learning_rate: 1e-3,
            alpha: 0.0,
            beta: 1.0,
        }
    }
}

impl DissectorParameters {
    fn check(&self) -> Result<()> {
        let refused = |expected: &str, got: String| {
            Err(Error::Parameter { baseline: NAME, expected: expected.into(), got })
        };
        if self.epochs == 0 || self.batch == 0 {
            let got = format!("{} and {}", self.epochs, self.batch);
            return refused("epochs and batch of at least 1", got);
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return refused("a learning rate above 0 and up to 1", self.learning_rate.to_string());
        }
        Ok(())
    }

    /// For each column the weights of so many layers and of the output.
    fn weights(&self, layers: usize) -> Result<Vec<Vec<f64>>> {
        let of = |growth: Growth| growth.weights(self.alpha, self.beta, layers + 1);
        let all: Vec<_> = COLUMNS.iter().map(|(_, growth)| of(*growth)).collect();
        let fits = |weights: &Vec<f64>| {
            let sum = weights.iter().sum::<f64>();
            weights.iter().all(|weight| *weight >= 0.0) && sum > 0.0 && sum.is_finite()
        };
        if all.iter().all(fits) {
            return Ok(all);
        }
        Err(Error::Parameter {
            baseline: NAME,
            expected: "alpha and beta that give finite weights of 0 and more".into(),
            got: format!("{} and {} for {layers} layers", self.alpha, self.beta),
        })
    }
}

impl Parameters for DissectorParameters {
    const NAME: &'static str = NAME;
    const LABELLED: Option<Split> = Some(Split::Train);
    type Fitted = Dissector;

    fn fit(self, material: &Material<'_>) -> Result<Dissector> {
        self.check()?;
        let (classifier, labelled) = (material.classifier, material.labelled(NAME)?);
        classifier.check_labels("train sub-models", labelled.labels())?;
        let image = material.tensor(material.benign.images())?.narrow(0, 0, 1);
        let layers = no_grad(|| layers::chosen(classifier, &image, &self.layers))?;
        let weights = self.weights(layers.len())?;
        let sub_models =
            training::sub_models(&self, classifier, labelled, (&layers, material.seed))?;
        let values = State::of(&layers)?.values;
        Ok(Dissector {
            parameters: self,
            layers,
            weights,
            sub_models: Mutex::new(sub_models),
            values,
        })
    }

    fn restore(self, state: State) -> Result<Dissector> {
        self.check()?;
        let layers: Vec<String> = state.values()?;
        if layers.is_empty() {
            return Err(Error::state("the names of layers", "none"));
        }
        let weights = self.weights(layers.len())?;
        let sub_models = layers.iter().map(|layer| {
            let weights = state.tensor(&weight_name(layer), Kind::Float, &[0, 0])?;
            let bias = state.tensor(&bias_name(layer), Kind::Float, &[weights.size()[0]])?;
            Ok(SubModel { weights, bias })
        });
        let sub_models = Mutex::new(sub_models.collect::<Result<_>>()?);
        Ok(Dissector { parameters: self, layers, weights, sub_models, values: state.values })
    }
}

fn weight_name(layer: &str) -> String {
    format!("{layer}.weight")
}

fn bias_name(layer: &str) -> String {
    format!("{layer}.bias")
}

/// A linear layer that predicts the class from what a layer gives.
#[derive(Debug)]
struct SubModel {
    /// \[classes, features\], float32.
    weights: Tensor,
    /// \[classes\], float32.
    bias: Tensor,
}

impl SubModel {
    /// Logits, \[N, classes\], of features, \[N, features\].
    fn logits(&self, features: &Tensor) -> Tensor {
        features.linear(&self.weights, Some(&self.bias))
    }

    fn on(&self, device: Device) -> Self {
        Self { weights: self.weights.to_device(device), bias: self.bias.to_device(device) }
    }
}

/// Dissector (H. Wang et al., "Dissector: Input Validation for Deep Learning Applications by Crossing-layer Dissection",
/// ICSE 2020): linear sub-models on layers of the network say how far each layer supports the network's prediction; benign
/// inputs are supported more and more from layer to layer.
///
/// Each column is the validity of the prediction ("PV"), the weighted mean of the supports of all layers and of the network's own
/// output, from 0 to 1: with weights that grow exponentially in `dissector`, linearly in `dissector-linear` and
/// logarithmically in `dissector-log`. The training of sub-models is not published; they are trained as in its known reimplementation,
/// but from weights of 0.
#[derive(Debug)]
pub struct Dissector {
    parameters: DissectorParameters,
    layers: Vec<String>,
    /// For each column the weights of the layers and of the output.
    weights: Vec<Vec<f64>>,
    /// One for each layer. Tensors cannot be used by two threads at a time.
    sub_models: Mutex<Vec<SubModel>>,
    /// The names of the layers, for a file.
    values: Value,
}

impl Dissector {
    fn sub_models(&self, device: Device) -> Vec<SubModel> {
        let sub_models = self.sub_models.lock().unwrap_or_else(PoisonError::into_inner);
        sub_models.iter().map(|sub_model| sub_model.on(device)).collect()
    }

    /// For each image, \[N, C, H, W\], the supports of the layers and of the output.
    fn supports(&self, classifier: &Classifier, images: &Tensor) -> Result<Vec<Vec<f64>>> {
        let found = layers::features(classifier, images, &self.layers)?;
        let predicted = found.logits.argmax(1, false);
        let sub_models = self.sub_models(images.device());
        let mut supports = vec![];
        for (sub_model, features) in sub_models.iter().zip(&found.layers) {
            let expected = [classifier.classes() as i64, features.size()[1]];
            let got = sub_model.weights.size();
            if got != expected {
                let expected = format_args!("classes and features of a layer, {expected:?}");
                return Err(Error::state(expected, format_args!("{got:?}")));
            }
            supports.push(support(&sub_model.logits(features), &predicted));
        }
        supports.push(support(&found.logits, &predicted));
        let supports = Tensor::stack(&supports, 1).to_device(Device::Cpu);
        Vec::<Vec<f64>>::try_from(supports).map_err(Error::tensor("read supports"))
    }
}

impl Score for Dissector {
    fn name(&self) -> &'static str {
        NAME
    }

    fn columns(&self) -> Vec<Column> {
        COLUMNS.iter().map(|(name, _)| Column::new(*name, Sign::Smaller)).collect()
    }

    fn parameters(&self) -> Map<String, Value> {
        let DissectorParameters { images, epochs, batch, learning_rate, alpha, beta, .. } =
            self.parameters;
        Map::from_iter([
            ("layers".to_owned(), self.values.clone()),
            ("images".to_owned(), images.into()),
            ("epochs".to_owned(), epochs.into()),
            ("batch".to_owned(), batch.into()),
            ("learning_rate".to_owned(), learning_rate.into()),
            ("alpha".to_owned(), alpha.into()),
            ("beta".to_owned(), beta.into()),
        ])
    }

    fn scores(&self, classifier: &Classifier, images: &Tensor) -> scoring::Result<BatchScores> {
        let supports = no_grad(|| self.supports(classifier, images))?;
        let rows = supports.iter().map(|supports| {
            self.weights.iter().map(|weights| validity(supports, weights)).collect()
        });
        let queries = vec![Queries::forward(1); supports.len()];
        Ok(BatchScores { rows: rows.collect(), queries })
    }
}

impl Baseline for Dissector {
    fn state(&self) -> Result<State> {
        let state = State { values: self.values.clone(), ..State::default() };
        let sub_models = self.sub_models(Device::Cpu);
        Ok(self.layers.iter().zip(&sub_models).fold(state, |state, (layer, sub_model)| {
            state
                .with(weight_name(layer), &sub_model.weights)
                .with(bias_name(layer), &sub_model.bias)
        }))
    }
}
