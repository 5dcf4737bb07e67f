//! The training of autoencoders.

use std::ops::Range;

use a2d_data::Labelled;
use a2d_model::Classifier;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use tch::nn::{self, OptimizerConfig as _};
use tch::{Kind, Reduction, Tensor};

use super::autoencoder::{Autoencoder, Shape};
use super::{MagnetParameters, NAME};
use crate::{Error, Result, batches};

/// What the squares of layers' outputs weigh in the loss.
const ACTIVITY: f64 = 1e-9;

/// Trains an autoencoder to give images of these rows back from what noise makes of them: by Adam, on the mean squared error.
/// Order and noise are drawn from streams of the seed and the epoch; images are read batch by batch.
///
/// # Errors
/// [`Error::Material`] if a loss is not finite; what the images say.
pub(super) fn autoencoder(
    parameters: &MagnetParameters,
    shape: Shape,
    classifier: &Classifier,
    (images, rows): (&dyn Labelled, Range<usize>),
    seed: u64,
) -> Result<Autoencoder> {
    classifier.check_shape(images.shape())?;
    let variables = nn::VarStore::new(classifier.device());
    let channels = images.shape()[0] as i64;
    let autoencoder = Autoencoder::untrained(shape, channels, &variables.root(), seed);
    let adam = nn::Adam::default().build(&variables, parameters.learning_rate);
    let mut adam = adam.map_err(Error::tensor("set Adam up"))?;
    for epoch in 0..parameters.epochs {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(epoch.into());
        let mut order: Vec<usize> = rows.clone().collect();
        order.shuffle(&mut random);
        let mut total = Tensor::zeros([], (Kind::Double, classifier.device()));
        let order = (&order[..], parameters.batch);
        batches::in_order(classifier, images, order, &mut |images, _| {
            let noisy = noisy(&images, parameters.noise, &mut random);
            let layers = autoencoder.layers(&noisy)?;
            let Some(rebuilt) = layers.last() else { return Ok(()) };
            let activity: Tensor = layers.iter().map(|it| it.square().sum(Kind::Float)).sum();
            let loss = rebuilt.mse_loss(&images, Reduction::Mean) + activity * ACTIVITY;
            adam.backward_step(&loss);
            total += loss.detach().to_kind(Kind::Double);
            Ok(())
        })?;
        let total = total.double_value(&[]);
        if !total.is_finite() {
            return Err(Error::Material {
                baseline: NAME,
                expected: "images that an autoencoder learns with a finite loss".into(),
                got: format!("a loss of {total} in epoch {}", epoch + 1),
            });
        }
    }
    Ok(autoencoder.settled())
}

/// Images with noise of this deviation, within \[0, 1\].
fn noisy(images: &Tensor, deviation: f64, random: &mut ChaCha8Rng) -> Tensor {
    let draws: Vec<f32> = StandardNormal.sample_iter(random).take(images.numel()).collect();
    let draws = Tensor::from_slice(&draws).to_device(images.device()).view_as(images);
    (images + draws * deviation).clamp(0.0, 1.0)
}
