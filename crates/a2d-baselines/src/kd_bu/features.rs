//! The features whose density is estimated: what a layer gives.

use a2d_data::{Labelled, read_ahead};
use a2d_model::Classifier;
use tch::{Device, Kind, Tensor};

use super::{BATCH, KdBuParameters};
use crate::{Error, Parameters as _, Result, activations, batches};

/// The layer of this name, or the one before the logits.
///
/// # Errors
/// [`Error::Parameter`] if there is none of the name; [`Error::Material`] if the network has the logits alone to look at.
pub(super) fn layer(classifier: &Classifier, image: &Tensor, name: Option<&str>) -> Result<String> {
    let layers = tch::no_grad(|| classifier.activations(image))?;
    let names: Vec<_> = layers.into_iter().map(|(layer, _)| layer).collect();
    match (name, &names[..]) {
        (Some(name), _) if names.iter().any(|layer| layer == name) => Ok(name.to_owned()),
        (Some(name), _) => {
            let expected = format!("a layer of {}", names.join(", "));
            Err(Error::Parameter {
                baseline: KdBuParameters::NAME,
                expected,
                got: format!("{name:?}"),
            })
        }
        (None, [.., before, _]) => Ok(before.clone()),
        (None, _) => Err(Error::Material {
            baseline: KdBuParameters::NAME,
            expected: "a network with a layer before its logits to look at".into(),
            got: classifier.name().to_owned(),
        }),
    }
}

/// The features, \[N, D\], float64, and the logits, \[N, K\], of images.
pub(super) fn with_logits(
    classifier: &Classifier,
    images: &Tensor,
    layer: &str,
) -> Result<(Tensor, Tensor)> {
    let layers = activations::of(KdBuParameters::NAME, classifier, images)?;
    let features = layers.iter().rfind(|(name, _)| name == layer);
    let Some(((_, features), (_, logits))) = features.zip(layers.last()) else {
        return Err(Error::state(format_args!("a network with a layer {layer:?}"), "none"));
    };
    Ok((features.to_kind(Kind::Double), logits.shallow_clone()))
}

/// The features of labelled images, \[n, D\] for each class, float32, on the CPU.
///
/// # Errors
/// [`Error::Material`] with a class that has no images.
pub(super) fn by_class(
    classifier: &Classifier,
    labelled: &dyn Labelled,
    layer: &str,
) -> Result<Vec<Tensor>> {
    classifier.check_shape(labelled.shape())?;
    let shape = labelled.shape().map(|side| side as i64);
    let of_batch = &|classifier: &Classifier, images: &Tensor| {
        let (features, _) = with_logits(classifier, images, layer)?;
        let features = features.to_kind(Kind::Float).to_device(Device::Cpu);
        Ok(features.unbind(0))
    };
    let features = read_ahead(labelled, 0..labelled.len(), 1, |images| {
        let images =
            images.map(|(row, pixels)| Ok((row, Tensor::from_slice(&pixels?).view(shape))));
        batches::each_of(classifier, images, BATCH, of_batch)
    })?;
    (0..classifier.classes())
        .map(|class| {
            let labels = labelled.labels().iter().zip(&features);
            let of_class: Vec<_> =
                labels.filter(|(label, _)| **label as usize == class).map(|of| of.1).collect();
            if of_class.is_empty() {
                let name = classifier.class_name(class).map(|name| format!(" ({name})"));
                let got = format!("none of class {class}{}", name.unwrap_or_default());
                let expected = "labelled images of every class".into();
                return Err(Error::Material { baseline: KdBuParameters::NAME, expected, got });
            }
            Ok(Tensor::stack(&of_class, 0))
        })
        .collect()
}
