//! One pass over the training images.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use tch::nn::OptimizerConfig;
use tch::{Device, Kind, Tensor, nn};

use super::Examples;
use super::TrainingOptions;
use crate::{Classifier, Error, Forward, Result, generator, weights};

/// Class indices as a tensor.
pub(super) fn labels(labels: &[u32], device: Device) -> Tensor {
    let labels: Vec<i64> = labels.iter().map(|label| i64::from(*label)).collect();
    Tensor::from_slice(&labels).to_device(device)
}

/// One pass over the images, \[N, C, H, W\], in an order drawn anew, each batch handed from source to source.
/// Returns the mean loss.
pub(super) fn learn(
    options: &TrainingOptions,
    epoch: u32,
    classifier: &mut Classifier,
    (images, labels): (&Tensor, &Tensor),
    sources: &mut [&mut dyn Examples],
    learnt: &mut dyn FnMut(usize),
) -> Result<f64> {
    let _generator = generator::seeded(dropout_seed(options.seed, epoch));
    classifier.variables.unfreeze();
    let mut optimizer = nn::Adam::default()
        .build(&classifier.variables, options.learning_rate_of(epoch))
        .map_err(|error| Error::Option {
            option: "device",
            expected: "that Adam runs on",
            got: error.to_string().replace('\n', " "),
        })?;
    let order = order(options.seed, epoch, images.size()[0]).to_device(images.device());
    for source in &mut *sources {
        source.begin(options.seed, epoch);
    }
    let mut total = Tensor::zeros([], (Kind::Double, images.device()));
    let mut done = 0;
    for rows in order.split(options.batch as i64, 0) {
        let labels = labels.index_select(0, &rows);
        let mut batch = images.index_select(0, &rows);
        for source in &mut *sources {
            batch = source.make(classifier, batch, &labels)?.detach();
        }
        let logits = classifier.forward(&batch, &mut Forward::training())?;
        let loss = logits.cross_entropy_for_logits(&labels);
        optimizer.backward_step(&loss);
        total += loss.detach().to_kind(Kind::Double) * rows.size()[0];
        done += rows.size()[0];
        learnt(done as usize);
    }
    classifier.settle();
    let loss = total.double_value(&[]) / done as f64;
    let diverged = |expected, got| Err(Error::Diverged { expected, got, epoch });
    if !loss.is_finite() {
        return diverged("a finite loss", loss.to_string());
    }
    // The last step may have gone wrong after the last loss.
    match weights::first_not_finite(&classifier.variables) {
        Some(name) => diverged("finite weights", format!("others in {name:?}")),
        None => Ok(loss),
    }
}

fn order(seed: u64, epoch: u32, count: i64) -> Tensor {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(epoch.into());
    let mut rows: Vec<i64> = (0..count).collect();
    rows.shuffle(&mut random);
    Tensor::from_slice(&rows)
}

/// Seeds of different runs and epochs do not meet, as `seed + epoch` would.
fn dropout_seed(seed: u64, epoch: u32) -> i64 {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(u64::MAX - u64::from(epoch));
    rand::Rng::next_u64(&mut random) as i64
}
