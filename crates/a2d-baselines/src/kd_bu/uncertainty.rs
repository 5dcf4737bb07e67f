//! How much the answers of passes with dropout differ.

use a2d_model::Classifier;
use tch::{Kind, Tensor};

use super::KdBuParameters;
use crate::{Error, Parameters as _, Result, activations, stream};

/// For each image the variance, over passes with dropout, of the probability of a class, mean over the classes.
///
/// # Errors
/// [`Error::Model`] if the network has no dropout; [`Error::NotFinite`] if a pass gives logits that are not finite.
pub(super) fn of(
    classifier: &Classifier,
    images: &Tensor,
    seed: u64,
    passes: u32,
) -> Result<Vec<f64>> {
    let mut streams = stream::of_images(seed, images)?;
    let logits = classifier.draws(images, &mut streams, passes)?;
    activations::check(KdBuParameters::NAME, "logits with dropout", &logits)?;
    let variances = logits.softmax(-1, Kind::Double).var_dim([0i64].as_slice(), false, false);
    let means = variances.mean_dim([1i64].as_slice(), false, Kind::Double);
    Vec::try_from(means).map_err(Error::tensor("read uncertainties"))
}
