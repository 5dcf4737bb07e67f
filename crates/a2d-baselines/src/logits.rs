//! Finite logits, a chunk of images at a time.

use a2d_model::Classifier;
use tch::{Device, Kind, Tensor, no_grad};

use crate::{Error, Result};

/// Images of a forward pass: more are hardly faster, and deep networks take megabytes for each.
const CHUNK: i64 = 128;

/// Refuses logits, \[N, classes\], that are not all finite.
///
/// # Errors
/// [`Error::Model`] with the first that is not.
pub(crate) fn check(classifier: &Classifier, logits: &Tensor) -> Result<()> {
    if bool::try_from(logits.isfinite().all()).map_err(Error::tensor("check logits"))? {
        return Ok(());
    }
    let host = logits.detach().to_device(Device::Cpu).to_kind(Kind::Double).contiguous().view(-1);
    let values = Vec::<f64>::try_from(host).map_err(Error::tensor("read logits"))?;
    Ok(classifier.check_logits(&values, |row| row)?)
}

/// The predicted classes of images, \[N, C, H, W\], as a tensor \[N\], outside of any graph.
///
/// # Errors
/// [`Error::Model`] if the classifier fails, or its logits are not finite.
pub(crate) fn labels(classifier: &Classifier, images: &Tensor) -> Result<Tensor> {
    let chunks = images.split(CHUNK, 0).into_iter().map(|chunk| {
        let logits = no_grad(|| classifier.logits(&chunk))?;
        check(classifier, &logits)?;
        Ok(logits.argmax(1, false))
    });
    Ok(Tensor::cat(&chunks.collect::<Result<Vec<_>>>()?, 0))
}

/// Classes as a tensor on a device.
pub(crate) fn classes(labels: &[u32], device: Device) -> Tensor {
    let labels: Vec<i64> = labels.iter().map(|label| i64::from(*label)).collect();
    Tensor::from_slice(&labels).to_device(device)
}
