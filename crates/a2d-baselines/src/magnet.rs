//! MagNet: how far an image is from what autoencoders make of it.

mod autoencoder;
mod divergence;
#[cfg(test)]
mod tests;
mod training;

use std::sync::{Mutex, PoisonError};

use a2d_cost::{Column, Sign};
use a2d_data::{Labelled, Split};
use a2d_eval::scoring::{self, BatchScores, Queries, Score};
use a2d_model::Classifier;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Device, Kind, Tensor, no_grad, with_grad};

use crate::{Baseline, Error, Material, Parameters, Result, State, batches};
use autoencoder::{Autoencoder, Shape};
use divergence::divergences;

const NAME: &str = "magnet";

/// How many images are looked at together.
const BATCH: usize = 64;

/// The parameters of [`Magnet`]: those of its authors on MNIST. On CIFAR-10 they have one autoencoder, `pooled` false, `noise`
/// 0.025, `drop` 0.005 and `temperatures` of 10 and 40.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MagnetParameters {
    /// Whether there is a second autoencoder, which pools.
    pub pooled: bool,
    /// The deviation of the noise that autoencoders learn to take away.
    pub noise: f64,
    /// How often they see each image.
    pub epochs: u32,
    /// How many they see at a time.
    pub batch: usize,
    /// The learning rate of Adam, up to 1.
    pub learning_rate: f64,
    /// The number of images, 0 for all.
    pub images: usize,
    /// How many of these, the first, are kept from training and say which numbers are large.
    pub validation: usize,
    /// The share of them whose reconstruction is called too far, by each autoencoder.
    pub drop: f64,
    /// What logits are divided by before what the network says of an image is compared with what it says of its
    /// reconstruction; none for no such comparison.
    pub temperatures: Vec<f64>,
    /// The share of validation images that each of these comparisons calls too different.
    pub divergence_drop: f64,
}

impl Default for MagnetParameters {
    fn default() -> Self {
        Self {
            pooled: true,
            noise: 0.1,
            epochs: 100,
            batch: 256,
            learning_rate: 1e-3,
            images: 0,
            validation: 5000,
            drop: 0.001,
            temperatures: vec![],
            divergence_drop: 0.01,
        }
    }
}

impl MagnetParameters {
    fn check(&self) -> Result<()> {
        let refused = |expected: &str, got: String| {
            Err(Error::Parameter { baseline: NAME, expected: expected.into(), got })
        };
        if self.epochs == 0 || self.batch == 0 || self.validation == 0 {
            let got = format!("{}, {} and {}", self.epochs, self.batch, self.validation);
            return refused("epochs, batch and validation of at least 1", got);
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return refused("a learning rate above 0 and up to 1", self.learning_rate.to_string());
        }
        if !(self.noise >= 0.0 && self.noise <= 1.0) {
            return refused("noise from 0 to 1", self.noise.to_string());
        }
        for drop in [self.drop, self.divergence_drop] {
            if !(drop > 0.0 && drop < 1.0) {
                return refused("shares to drop above 0 and below 1", drop.to_string());
            }
        }
        match self.temperatures.iter().find(|it| !(it.is_finite() && **it > 0.0)) {
            Some(temperature) => refused("temperatures above 0", temperature.to_string()),
            None => Ok(()),
        }
    }

    /// The shapes of the autoencoders.
    fn shapes(&self) -> &'static [Shape] {
        if self.pooled { &[Shape::Pooled, Shape::Flat] } else { &[Shape::Flat] }
    }

    /// The detectors: a name, and the share of validation images that is too much for it.
    fn detectors(&self) -> Vec<(String, f64)> {
        let far = self.shapes().iter().map(|shape| (format!("{NAME}-{}", shape.norm()), self.drop));
        let different = self.temperatures.iter();
        let different = different.map(|it| (format!("{NAME}-jsd-{it}"), self.divergence_drop));
        far.chain(different).collect()
    }
}

impl Parameters for MagnetParameters {
    const NAME: &'static str = NAME;
    const LABELLED: Option<Split> = Some(Split::Train);
    type Fitted = Magnet;

    fn fit(self, material: &Material<'_>) -> Result<Magnet> {
        self.check()?;
        let (classifier, images) = (material.classifier, material.labelled(NAME)?);
        let count = match self.images {
            0 => images.len(),
            some => some.min(images.len()),
        };
        if count <= self.validation {
            return Err(Error::Material {
                baseline: NAME,
                expected: format!("images to train on beside {} to validate on", self.validation),
                got: format!("{count} in all"),
            });
        }
        let autoencoders = self.shapes().iter().map(|shape| {
            let rows = self.validation..count;
            training::autoencoder(&self, *shape, classifier, (images, rows), material.seed)
        });
        let autoencoders = Mutex::new(autoencoders.collect::<Result<Vec<_>>>()?);
        let mut magnet = Magnet { parameters: self, autoencoders, limits: vec![] };
        magnet.limits = magnet.limits_by(classifier, images)?;
        Ok(magnet)
    }

    fn restore(self, state: State) -> Result<Magnet> {
        self.check()?;
        let limits: Vec<f64> = state.values()?;
        let expected = self.detectors().len();
        if limits.len() != expected || limits.iter().any(|it| !(it.is_finite() && *it > 0.0)) {
            let expected = format!("{expected} limits above 0");
            return Err(Error::state(expected, format!("{limits:?}")));
        }
        let autoencoders = self.shapes().iter().map(|shape| Autoencoder::of(*shape, &state));
        let autoencoders = Mutex::new(autoencoders.collect::<Result<_>>()?);
        Ok(Magnet { parameters: self, autoencoders, limits })
    }
}

/// MagNet's detectors (D. Meng and H. Chen, "MagNet: a two-pronged defense against adversarial examples", CCS 2017): the mean
/// squared change by an autoencoder that pools, the mean absolute change by one that does not, and how much the network
/// changes its mind on the latter's reconstruction (Jensen-Shannon divergence). Autoencoders learn to take noise away from
/// training images.
///
/// Each number has a limit, which few images kept from training exceed. Columns: `magnet`, the largest number as a
/// multiple of its limit, so that what any detector flags has 1 or more; and each number by itself. Nothing adversarial is
/// fitted on. The reformer, which hands the network reconstructions, is not part of it.
#[derive(Debug)]
pub struct Magnet {
    parameters: MagnetParameters,
    /// Tensors cannot be used by two threads at a time.
    autoencoders: Mutex<Vec<Autoencoder>>,
    /// A number of each detector that is too large.
    limits: Vec<f64>,
}

impl Magnet {
    fn autoencoders(&self, device: Device) -> Vec<Autoencoder> {
        let autoencoders = self.autoencoders.lock().unwrap_or_else(PoisonError::into_inner);
        autoencoders.iter().map(|autoencoder| autoencoder.on(device)).collect()
    }

    /// For each image, \[N, C, H, W\], the number of each detector, \[N, detectors\].
    fn changes(&self, classifier: &Classifier, images: &Tensor) -> Result<Tensor> {
        let mut columns = vec![];
        let mut last = images.shallow_clone();
        for autoencoder in self.autoencoders(images.device()) {
            last = autoencoder.rebuild(images)?;
            columns.push(autoencoder.shape().change(images, &last));
        }
        if !self.parameters.temperatures.is_empty() {
            let [before, after] = [classifier.logits(images)?, classifier.logits(&last)?];
            let temperatures = self.parameters.temperatures.iter();
            columns.extend(temperatures.map(|it| divergences(&before, &after, *it)));
        }
        Ok(Tensor::stack(&columns, 1).to_kind(Kind::Double))
    }

    /// The same, of images that nothing is learnt from.
    fn numbers(&self, classifier: &Classifier, images: &Tensor) -> Result<Vec<Vec<f64>>> {
        let numbers = no_grad(|| self.changes(classifier, images))?.to_device(Device::Cpu);
        let rows = Vec::<Vec<f64>>::try_from(numbers).map_err(Error::tensor("read changes"))?;
        if rows.iter().flatten().any(|number| !number.is_finite()) {
            let layer = "autoencoder".to_owned();
            return Err(Error::NotFinite { baseline: NAME, layer });
        }
        Ok(rows)
    }

    /// The number of each detector that so many of the validation images reach as it may drop.
    fn limits_by(&self, classifier: &Classifier, images: &dyn Labelled) -> Result<Vec<f64>> {
        let rows: Vec<usize> = (0..self.parameters.validation).collect();
        let mut numbers: Vec<Vec<f64>> = vec![];
        for rows in rows.chunks(BATCH) {
            let images = rows.iter().map(|row| images.row(*row));
            let images = batches::of_pixels(classifier, images)?;
            numbers.extend(self.numbers(classifier, &images)?);
        }
        let detectors = self.parameters.detectors().into_iter().enumerate();
        let limits = detectors.map(|(place, (name, drop))| {
            let mut own: Vec<f64> = numbers.iter().map(|numbers| numbers[place]).collect();
            own.sort_by(|one, other| other.total_cmp(one));
            let dropped = ((own.len() as f64 * drop) as usize).max(1);
            Some(own[dropped - 1]).filter(|limit| *limit > 0.0).ok_or(Error::Material {
                baseline: NAME,
                expected: format!("validation images that {name} tells apart"),
                got: "no change of any".to_owned(),
            })
        });
        limits.collect()
    }
}

impl Score for Magnet {
    fn name(&self) -> &'static str {
        NAME
    }

    fn columns(&self) -> Vec<Column> {
        let detectors = self.parameters.detectors().into_iter().map(|(name, _)| name);
        let all = std::iter::once(NAME.to_owned()).chain(detectors);
        all.map(|name| Column::new(name, Sign::Larger)).collect()
    }

    fn parameters(&self) -> Map<String, Value> {
        let parameters = serde_json::to_value(&self.parameters);
        parameters.ok().and_then(|all| all.as_object().cloned()).unwrap_or_default()
    }

    fn scores(&self, classifier: &Classifier, images: &Tensor) -> scoring::Result<BatchScores> {
        let numbers = self.numbers(classifier, images)?;
        let rows = numbers.into_iter().map(|numbers| {
            let shares = numbers.iter().zip(&self.limits).map(|(number, limit)| number / limit);
            let largest = shares.fold(0.0, f64::max);
            std::iter::once(largest).chain(numbers).collect()
        });
        let rows: Vec<Vec<f64>> = rows.collect();
        let asks = if self.parameters.temperatures.is_empty() { 0 } else { 2 };
        Ok(BatchScores { queries: vec![Queries::forward(asks); rows.len()], rows })
    }

    fn slopes(
        &self,
        classifier: &Classifier,
        images: &Tensor,
        column: usize,
    ) -> scoring::Result<Option<Tensor>> {
        let leaf = images.detach().copy().set_requires_grad(true);
        let changes = with_grad(|| self.changes(classifier, &leaf))?;
        let numbers = if column == 0 {
            let limits = Tensor::from_slice(&self.limits).to_device(leaf.device());
            (changes / limits).amax([1], false)
        } else {
            changes.select(1, column as i64 - 1)
        };
        Ok(Some(classifier.gradient(&numbers.sum(Kind::Double), &leaf, false)?))
    }
}

impl Baseline for Magnet {
    fn state(&self) -> Result<State> {
        let autoencoders = self.autoencoders(Device::Cpu);
        let state = State::of(&self.limits)?;
        Ok(autoencoders.iter().fold(state, |state, autoencoder| autoencoder.kept_in(state)))
    }
}
