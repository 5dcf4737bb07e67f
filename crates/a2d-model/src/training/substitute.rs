//! Networks of an attacker's own.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::nn::{self, Module, OptimizerConfig};
use tch::{Tensor, no_grad, with_grad};

use crate::{
    Architecture, Blueprint, Classifier, Dimensions, Error, Family, Forward, Network, Result,
};

/// Width of the hidden layers.
const HIDDEN: i64 = 200;

const BATCH: i64 = 128;
const LEARNING_RATE: f64 = 1e-3;

/// Not among the architectures that can be named: it is made for the model it stands for.
static FAMILY: Family = Family {
    name: "substitute",
    numbers: None,
    input_shape: [1, 28, 28],
    classes: 10,
    least_side: 1,
    build: |path, dimensions, _| Box::new(Substitute::new(path, dimensions)),
};

/// How a substitute is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubstituteOptions {
    /// Passes over the images.
    pub epochs: u32,
    /// Seed of initial weights and of the order of the images.
    pub seed: u64,
}

/// Trains a small dense network (two hidden layers of 200, ReLU) on images, \[N, C, H, W\], and labels,
/// \[N\] (int64): what an attacker who knows nothing of the attacked model may use in its place.
///
/// # Errors
/// [`Error::Option`] without epochs or images; [`Error::Blueprint`] if it cannot be built;
/// [`Error::Diverged`] if the loss is no longer finite.
pub fn train_substitute(
    images: &Tensor,
    labels: &Tensor,
    classes: usize,
    options: SubstituteOptions,
) -> Result<Classifier> {
    let count = images.size()[0];
    if options.epochs == 0 || count == 0 {
        let got = format!("{} epochs over {count}", options.epochs);
        let (option, expected) = ("substitute", "that sees at least one image");
        return Err(Error::Option { option, expected, got });
    }
    let shape = [1, 2, 3].map(|side| images.size()[side] as usize);
    let model = Blueprint::from(Architecture::of(&FAMILY)).with_input_shape(shape)?;
    let model = model.with_classes(classes)?;
    let mut substitute = Classifier::untrained(model, options.seed, images.device());
    substitute.variables.unfreeze();
    let optimizer = nn::Adam::default().build(&substitute.variables, LEARNING_RATE);
    let mut optimizer = optimizer.map_err(|error| {
        let got = error.to_string().replace('\n', " ");
        Error::Option { option: "device", expected: "that Adam runs on", got }
    })?;
    let mut random = ChaCha8Rng::seed_from_u64(options.seed);
    let mut order: Vec<i64> = (0..count).collect();
    for epoch in 1..=options.epochs {
        order.shuffle(&mut random);
        let order = Tensor::from_slice(&order).to_device(images.device());
        let mut last = f64::NAN;
        for rows in order.split(BATCH, 0) {
            let loss = with_grad(|| {
                let batch = images.index_select(0, &rows);
                let logits = substitute.forward(&batch, &mut Forward::training())?;
                Ok::<_, Error>(logits.cross_entropy_for_logits(&labels.index_select(0, &rows)))
            })?;
            optimizer.backward_step(&loss);
            last = no_grad(|| loss.double_value(&[]));
        }
        if !last.is_finite() {
            let (expected, got) = ("a finite loss", last.to_string());
            return Err(Error::Diverged { expected, got, epoch });
        }
    }
    Ok(substitute.seal())
}

/// Dense 200, 200, classes; ReLU between.
#[derive(Debug)]
struct Substitute {
    hidden1: nn::Linear,
    hidden2: nn::Linear,
    logits: nn::Linear,
}

impl Substitute {
    fn new(path: &nn::Path<'_>, dimensions: Dimensions) -> Self {
        let Dimensions { channels, height, width, classes } = dimensions;
        let linear =
            |name, from, to| nn::linear(path / name, from, to, nn::LinearConfig::default());
        Self {
            hidden1: linear("hidden1", channels * height * width, HIDDEN),
            hidden2: linear("hidden2", HIDDEN, HIDDEN),
            logits: linear("logits", HIDDEN, classes),
        }
    }
}

impl Network for Substitute {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let hidden = pass.tap("hidden1.relu", self.hidden1.forward(&images.flatten(1, -1)).relu());
        let hidden = pass.tap("hidden2.relu", self.hidden2.forward(&hidden).relu());
        Ok(pass.tap("logits", self.logits.forward(&hidden)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    const OPTIONS: SubstituteOptions = SubstituteOptions { epochs: 20, seed: 3 };

    /// Images that are bright on the left or on the right, and which.
    fn halves(count: i64) -> (Tensor, Tensor) {
        let labels = Tensor::arange(count, (Kind::Int64, Device::Cpu)).remainder(2);
        let left = Tensor::from_slice(&[0.9f32, 0.1]).view([1, 1, 1, 2]);
        let sides = labels.view([-1, 1, 1, 1]).to_kind(Kind::Float);
        (&left * (1.0 - &sides) + left.flip([3]) * sides, labels)
    }

    #[test]
    fn a_substitute_learns_the_labels_and_the_same_from_the_same_seed() {
        let (images, labels) = halves(64);
        let substitute = train_substitute(&images, &labels, 2, OPTIONS).unwrap();
        assert_eq!(substitute.logits(&images).unwrap().argmax(-1, false), labels);
        let again = train_substitute(&images, &labels, 2, OPTIONS).unwrap();
        assert_eq!(again.fingerprint(), substitute.fingerprint());
    }

    #[test]
    fn nothing_to_learn_from_is_refused() {
        let (images, labels) = halves(0);
        let message = train_substitute(&images, &labels, 2, OPTIONS).unwrap_err().to_string();
        assert!(message.contains("at least one image") && message.contains("over 0"), "{message}");
    }
}
