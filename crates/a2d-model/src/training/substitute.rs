//! Networks of an attacker's own.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tch::nn::{self, Module, OptimizerConfig};
use tch::{Tensor, no_grad, with_grad};

use crate::{
    Architecture, Blueprint, Classifier, Dimensions, Error, Family, Forward, Network,
    Normalisation, Result,
};

/// Width of the hidden layers.
const HIDDEN: i64 = 200;

/// What a substitute is, and how it learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubstituteKind {
    /// Two hidden layers of 200, ReLU; Adam with steps of 0.001 on batches of 128.
    #[default]
    Dense,
    /// Convolutions of 32 and 64 2 x 2 filters, each with ReLU and a maximum over 2 x 2, before the same; gradient
    /// descent with steps of 0.01 and momentum 0.5 on batches of 64 (`ArchA` in `attacks/attack_type/blackBox.py`
    /// of Wang et al. 2019, "Adversarial sample detection for deep neural network through model mutation testing").
    Convolutional,
}

impl SubstituteKind {
    fn family(self) -> &'static Family {
        match self {
            Self::Dense => &DENSE,
            Self::Convolutional => &CONVOLUTIONAL,
        }
    }

    fn batch(self) -> i64 {
        match self {
            Self::Dense => 128,
            Self::Convolutional => 64,
        }
    }

    fn optimizer(self, variables: &nn::VarStore) -> Result<nn::Optimizer> {
        let optimizer = match self {
            Self::Dense => nn::Adam::default().build(variables, 1e-3),
            Self::Convolutional => nn::sgd(0.5, 0.0, 0.0, false).build(variables, 1e-2),
        };
        optimizer.map_err(|error| {
            let got = error.to_string().replace('\n', " ");
            Error::Option { option: "device", expected: "that the optimizer runs on", got }
        })
    }
}

/// Not among the architectures that can be named: they are made for the model that they stand for.
static DENSE: Family = Family {
    name: "substitute",
    numbers: None,
    input_shape: [1, 28, 28],
    classes: 10,
    least_side: 1,
    build: |path, dimensions, _| Box::new(Substitute::new(path, dimensions, false)),
};

static CONVOLUTIONAL: Family = Family {
    name: "convolutional-substitute",
    least_side: 7,
    build: |path, dimensions, _| Box::new(Substitute::new(path, dimensions, true)),
    ..DENSE
};

/// How a substitute is trained.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SubstituteOptions {
    /// What it is.
    pub kind: SubstituteKind,
    /// What is done to its images first.
    pub normalisation: Option<Normalisation>,
    /// Passes over the images.
    pub epochs: u32,
    /// Seed of initial weights and of the order of the images.
    pub seed: u64,
}

/// Trains a small network on images, \[N, C, H, W\], and labels, \[N\] (int64): what an attacker who knows nothing
/// of the attacked model may use in its place.
///
/// # Errors
/// [`Error::Option`] without epochs or images; [`Error::Blueprint`] if it cannot be built;
/// [`Error::Diverged`] if the loss is no longer finite.
pub fn train_substitute(
    images: &Tensor,
    labels: &Tensor,
    classes: usize,
    options: &SubstituteOptions,
) -> Result<Classifier> {
    let count = images.size()[0];
    if options.epochs == 0 || count == 0 {
        let got = format!("{} epochs over {count}", options.epochs);
        let (option, expected) = ("substitute", "that sees at least one image");
        return Err(Error::Option { option, expected, got });
    }
    let shape = [1, 2, 3].map(|side| images.size()[side] as usize);
    let kind = options.kind;
    let model = Blueprint::from(Architecture::of(kind.family())).with_input_shape(shape)?;
    let mut model = model.with_classes(classes)?;
    if let Some(normalisation) = &options.normalisation {
        model = model.with_normalisation(normalisation.clone())?;
    }
    let mut substitute = Classifier::untrained(model, options.seed, images.device());
    substitute.variables.unfreeze();
    let mut optimizer = kind.optimizer(&substitute.variables)?;
    let mut random = ChaCha8Rng::seed_from_u64(options.seed);
    let mut order: Vec<i64> = (0..count).collect();
    for epoch in 1..=options.epochs {
        order.shuffle(&mut random);
        let order = Tensor::from_slice(&order).to_device(images.device());
        let mut last = f64::NAN;
        for rows in order.split(kind.batch(), 0) {
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

/// Convolutions, if it has any, then dense 200, 200, classes; ReLU between.
#[derive(Debug)]
struct Substitute {
    convolutions: Vec<nn::Conv2D>,
    hidden1: nn::Linear,
    hidden2: nn::Linear,
    logits: nn::Linear,
}

impl Substitute {
    fn new(path: &nn::Path<'_>, dimensions: Dimensions, is_convolutional: bool) -> Self {
        let Dimensions { mut channels, mut height, mut width, classes } = dimensions;
        let mut convolutions = vec![];
        if is_convolutional {
            for (name, filters) in [("conv1", 32), ("conv2", 64)] {
                let convolution =
                    nn::conv2d(path / name, channels, filters, 2, nn::ConvConfig::default());
                convolutions.push(convolution);
                (channels, height, width) = (filters, (height - 1) / 2, (width - 1) / 2);
            }
        }
        let linear =
            |name, from, to| nn::linear(path / name, from, to, nn::LinearConfig::default());
        Self {
            convolutions,
            hidden1: linear("hidden1", channels * height * width, HIDDEN),
            hidden2: linear("hidden2", HIDDEN, HIDDEN),
            logits: linear("logits", HIDDEN, classes),
        }
    }
}

impl Network for Substitute {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let mut features = images.shallow_clone();
        for (number, convolution) in self.convolutions.iter().enumerate() {
            features = convolution.forward(&features);
            features = pass.relu_and_pool(&format!("conv{}", number + 1), &features);
        }
        let features = features.flatten(1, -1);
        let hidden = pass.tap("hidden1.relu", self.hidden1.forward(&features).relu());
        let hidden = pass.tap("hidden2.relu", self.hidden2.forward(&hidden).relu());
        Ok(pass.tap("logits", self.logits.forward(&hidden)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    fn options(kind: SubstituteKind) -> SubstituteOptions {
        SubstituteOptions { kind, normalisation: None, epochs: 20, seed: 3 }
    }

    /// Images that are bright on the left or on the right, and which.
    fn halves(count: i64) -> (Tensor, Tensor) {
        let labels = Tensor::arange(count, (Kind::Int64, Device::Cpu)).remainder(2);
        let left = Tensor::from_slice(&[0.9f32, 0.1]).repeat_interleave_self_int(4, 0, None);
        let left = left.view([1, 1, 1, 8]).expand([1, 1, 8, 8], false);
        let sides = labels.view([-1, 1, 1, 1]).to_kind(Kind::Float);
        (&left * (1.0 - &sides) + left.flip([3]) * sides, labels)
    }

    #[test]
    fn a_substitute_learns_the_labels_and_the_same_from_the_same_seed() {
        let (images, labels) = halves(64);
        for kind in [SubstituteKind::Dense, SubstituteKind::Convolutional] {
            let options = options(kind);
            let substitute = train_substitute(&images, &labels, 2, &options).unwrap();
            assert_eq!(substitute.logits(&images).unwrap().argmax(-1, false), labels, "{kind:?}");
            let again = train_substitute(&images, &labels, 2, &options).unwrap();
            assert_eq!(again.fingerprint(), substitute.fingerprint());
        }
    }

    #[test]
    fn a_substitute_normalises_what_it_is_shown() {
        let (images, labels) = halves(64);
        let options = options(SubstituteKind::Convolutional);
        let plain = train_substitute(&images, &labels, 2, &options).unwrap();
        // The same images on a scale four times as wide.
        let normalisation = Some(Normalisation { mean: vec![0.5], std: vec![0.25] });
        let options = SubstituteOptions { normalisation, ..options };
        let wide = train_substitute(&(&images * 0.25 + 0.5), &labels, 2, &options).unwrap();
        let (expected, got) =
            (plain.logits(&images).unwrap(), wide.logits(&(&images * 0.25 + 0.5)).unwrap());
        assert!(got.allclose(&expected, 1e-3, 1e-3, false));
    }

    #[test]
    fn nothing_to_learn_from_is_refused() {
        let (images, labels) = halves(0);
        let options = options(SubstituteKind::Dense);
        let message = train_substitute(&images, &labels, 2, &options).unwrap_err().to_string();
        assert!(message.contains("at least one image") && message.contains("over 0"), "{message}");
    }
}
