use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::nn::{self, Module, OptimizerConfig};
use tch::{Tensor, no_grad, with_grad};

use crate::{Classifier, Error, Result, generator};

/// Width of the hidden layers.
const HIDDEN: i64 = 200;

const BATCH: i64 = 128;
const LEARNING_RATE: f64 = 1e-3;

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
/// [`Error::Option`] without epochs or images; [`Error::Diverged`] if the loss is no longer finite.
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
    let variables = nn::VarStore::new(images.device());
    let network = {
        let _generator = generator::seeded(options.seed as i64);
        dense(&variables.root(), images.get(0).numel() as i64, classes as i64)
    };
    let mut optimizer = nn::Adam::default().build(&variables, LEARNING_RATE).map_err(|error| {
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
                let logits = network.forward(&images.index_select(0, &rows));
                logits.cross_entropy_for_logits(&labels.index_select(0, &rows))
            });
            optimizer.backward_step(&loss);
            last = no_grad(|| loss.double_value(&[]));
        }
        if !last.is_finite() {
            let (expected, got) = ("a finite loss", last.to_string());
            return Err(Error::Diverged { expected, got, epoch });
        }
    }
    let logits = move |images: &Tensor| network.forward(images);
    Ok(Classifier::of_module("substitute", logits, variables, shape, classes))
}

fn dense(path: &nn::Path, elements: i64, classes: i64) -> nn::Sequential {
    let linear =
        |name: &str, from, to| nn::linear(path / name, from, to, nn::LinearConfig::default());
    nn::seq()
        .add_fn(|images| images.flatten(1, -1))
        .add(linear("hidden1", elements, HIDDEN))
        .add_fn(Tensor::relu)
        .add(linear("hidden2", HIDDEN, HIDDEN))
        .add_fn(Tensor::relu)
        .add(linear("logits", HIDDEN, classes))
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
        assert_eq!(substitute.logits(&images).argmax(-1, false), labels);
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
