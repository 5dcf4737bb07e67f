//! What layers give, as rows of numbers that are all finite.

use a2d_model::Classifier;
use tch::Tensor;

use crate::{Error, Result};

/// The outputs of the layers for images, \[N, C, H, W\], in the order of the pass, the logits last; each as \[N, D\].
///
/// # Errors
/// [`Error::NotFinite`] if a layer gives NaN or infinity; [`Error::Model`] if the network fails.
pub(crate) fn of(
    baseline: &'static str,
    classifier: &Classifier,
    images: &Tensor,
) -> Result<Vec<(String, Tensor)>> {
    let flat = |(layer, output): (String, Tensor)| {
        let output = output.flatten(1, -1);
        check(baseline, &layer, &output)?;
        Ok((layer, output))
    };
    classifier.activations(images)?.into_iter().map(flat).collect()
}

/// Refuses numbers that are not finite.
///
/// # Errors
/// [`Error::NotFinite`] with what they are called.
pub(crate) fn check(baseline: &'static str, layer: &str, output: &Tensor) -> Result<()> {
    if output.isfinite().all().int64_value(&[]) == 1 {
        return Ok(());
    }
    Err(Error::NotFinite { baseline, layer: layer.to_owned() })
}
