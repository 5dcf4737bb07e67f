//! The training of sub-models.

use a2d_data::Labelled;
use a2d_model::Classifier;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use tch::nn::{self, OptimizerConfig as _};
use tch::{Kind, Tensor, no_grad};

use super::layers::features;
use super::{DissectorParameters, NAME, SubModel};
use crate::{Error, Result, batches, logits};

/// Trains a linear layer on each of these layers of a network, whose own weights stay: by Adam, on the cross-entropy of
/// the true classes, from weights of 0. Images are drawn in an order of the seed, and read and their features computed
/// batch by batch, since those of all images fit into no memory.
///
/// # Errors
/// [`Error::Material`] if a loss is not finite; what the classifier says.
pub(super) fn sub_models(
    parameters: &DissectorParameters,
    classifier: &Classifier,
    labelled: &dyn Labelled,
    (layers, seed): (&[String], u64),
) -> Result<Vec<SubModel>> {
    let count = match parameters.images {
        0 => labelled.len(),
        images => images.min(labelled.len()),
    };
    let classes = logits::classes(labelled.labels(), classifier.device());
    classifier.check_shape(labelled.shape())?;
    let first = batches::of_pixels(classifier, std::iter::once(labelled.row(0)))?;
    let first = no_grad(|| features(classifier, &first, layers))?;
    let variables = nn::VarStore::new(classifier.device());
    let outputs = classifier.classes() as i64;
    let sub_models: Vec<SubModel> = first
        .layers
        .iter()
        .enumerate()
        .map(|(place, features)| {
            let path = variables.root() / place;
            let weights = path.zeros("weight", &[outputs, features.size()[1]]);
            SubModel { weights, bias: path.zeros("bias", &[outputs]) }
        })
        .collect();
    let adam = nn::Adam::default().build(&variables, parameters.learning_rate);
    let mut adam = adam.map_err(Error::tensor("set Adam up"))?;
    for epoch in 0..parameters.epochs {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(epoch.into());
        let mut order: Vec<usize> = (0..count).collect();
        order.shuffle(&mut random);
        let mut total = Tensor::zeros([], (Kind::Double, classifier.device()));
        let order = (&order[..], parameters.batch);
        batches::in_order(classifier, labelled, order, &mut |images, rows| {
            let found = no_grad(|| features(classifier, &images, layers))?;
            let rows: Vec<i64> = rows.iter().map(|row| *row as i64).collect();
            let rows = Tensor::from_slice(&rows).to_device(classifier.device());
            let classes = classes.index_select(0, &rows);
            let losses = sub_models.iter().zip(&found.layers).map(|(sub_model, features)| {
                sub_model.logits(features).cross_entropy_for_logits(&classes)
            });
            let loss: Tensor = losses.sum();
            adam.backward_step(&loss);
            total += loss.detach().to_kind(Kind::Double);
            Ok(())
        })?;
        let total = total.double_value(&[]);
        if !total.is_finite() {
            return Err(Error::Material {
                baseline: NAME,
                expected: "activations whose loss is finite".into(),
                got: format!("a loss of {total} in epoch {}", epoch + 1),
            });
        }
    }
    let learnt = |tensor: &Tensor| tensor.detach().copy();
    let learnt = sub_models
        .iter()
        .map(|model| SubModel { weights: learnt(&model.weights), bias: learnt(&model.bias) });
    Ok(learnt.collect())
}
