//! The layers that a network is dissected at.

use a2d_model::Classifier;
use tch::{Kind, Tensor};

use super::NAME;
use crate::{Error, Result, logits};

/// What layers give for some images.
pub(super) struct Features {
    /// For each layer what its sub-model takes, \[N, features\], float32.
    pub(super) layers: Vec<Tensor>,
    /// The network's own output, \[N, classes\].
    pub(super) logits: Tensor,
}

/// The layers of these names, or those that a network is dissected at unless others are named: in the order of the pass,
/// those that end in `.pool`, those that end in `.relu` unless a pool comes after them, and the last block of each group
/// (`group1.3` beside `group1.2`) unless a ReLU comes right after it. The published layers are among these: of LeNet-4 the
/// pools and the hidden dense layer, of wide residual networks two groups and the last ReLU.
///
/// # Errors
/// [`Error::Material`] if there is no such layer.
pub(super) fn chosen(
    classifier: &Classifier,
    image: &Tensor,
    named: &[String],
) -> Result<Vec<String>> {
    let mut taps = classifier.activations(image)?;
    let _logits = taps.pop();
    let names: Vec<&str> = taps.iter().map(|(name, _)| name.as_str()).collect();
    let lacks = |expected: String| {
        let got = if names.is_empty() { "none".into() } else { names.join(", ") };
        Err(Error::Material { baseline: NAME, expected, got })
    };
    if let Some(missing) = named.iter().find(|name| !names.contains(&name.as_str())) {
        return lacks(format!("a layer {missing:?} before the logits"));
    }
    let chosen: Vec<String> = if named.is_empty() {
        (0..names.len())
            .filter(|place| is_usual(&names, *place))
            .map(|p| names[p].to_owned())
            .collect()
    } else {
        names
            .iter()
            .filter(|name| named.iter().any(|n| n == *name))
            .map(|n| (*n).to_owned())
            .collect()
    };
    if chosen.is_empty() {
        return lacks("a pool, ReLU or block before the logits".into());
    }
    Ok(chosen)
}

/// Whether a network is dissected at a layer unless others are named.
fn is_usual(names: &[&str], place: usize) -> bool {
    let (part, output) = parts(names[place]);
    let later = || names[place + 1..].iter().map(|name| parts(name));
    match output {
        "pool" => true,
        "relu" => !later().any(|other| other == (part, "pool")),
        _ => {
            let is_block = |output: &str| output.parse::<u32>().is_ok();
            is_block(output)
                && !later().any(|(other, output)| other == part && is_block(output))
                && later().next().is_none_or(|(_, output)| output != "relu")
        }
    }
}

/// The part of a network, and which of its outputs a name is: `conv1` and `pool`, `group1` and `3`.
fn parts(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or((name, ""))
}

/// What these layers give for images, \[N, C, H, W\]. Maps that no max-pool has made smaller go through an average pool of
/// 2 x 2, as published for wide residual networks.
///
/// # Errors
/// [`Error::Material`] if the network lacks one of them; what the classifier says.
pub(super) fn features(
    classifier: &Classifier,
    images: &Tensor,
    names: &[String],
) -> Result<Features> {
    let mut taps = classifier.activations(images)?;
    let of = |name: &String| {
        let tap = taps.iter().find(|(tap, _)| tap == name);
        let (_, output) = tap.ok_or_else(|| Error::Material {
            baseline: NAME,
            expected: format!("a layer {name:?}"),
            got: classifier.name().to_owned(),
        })?;
        let is_large = output.size4().is_ok_and(|(_, _, height, width)| height > 1 && width > 1);
        let pooled = if is_large && parts(name).1 != "pool" {
            output.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None)
        } else {
            output.shallow_clone()
        };
        Ok(pooled.flatten(1, -1).to_kind(Kind::Float))
    };
    let layers = names.iter().map(of).collect::<Result<_>>()?;
    let (_, logits) = taps.pop().ok_or_else(|| Error::Material {
        baseline: NAME,
        expected: "logits".into(),
        got: "none".into(),
    })?;
    logits::check(classifier, &logits)?;
    Ok(Features { layers, logits })
}

#[cfg(test)]
mod tests {
    use a2d_model::Architecture;
    use tch::{Device, nn, no_grad};

    use super::*;

    fn dissected(architecture: &str) -> Vec<(String, i64)> {
        let architecture: Architecture = architecture.parse().unwrap();
        let classifier = Classifier::untrained(architecture, 0, Device::Cpu);
        let [channels, height, width] = classifier.input_shape().map(|side| side as i64);
        let image = Tensor::zeros([1, channels, height, width], (Kind::Float, Device::Cpu));
        let names = chosen(&classifier, &image, &[]).unwrap();
        let found = no_grad(|| features(&classifier, &image, &names)).unwrap();
        let sizes = found.layers.iter().map(|layer| layer.size()[1]);
        names.iter().cloned().zip(sizes).collect()
    }

    #[test]
    fn the_published_layers_are_the_usual_ones() {
        let named = |layers: &[(&str, i64)]| -> Vec<(String, i64)> {
            layers.iter().map(|(name, size)| ((*name).to_owned(), *size)).collect()
        };
        let lenet4 = [("conv1.pool", 2880), ("conv2.pool", 800), ("fc1.relu", 500)];
        assert_eq!(dissected("lenet4"), named(&lenet4));
        // A tenth as wide as published: 160, 320 and 640 channels there.
        let wrn = [("group1.3", 4096), ("group2.3", 2048), ("bn.relu", 1024)];
        assert_eq!(dissected("wrn-28-1"), named(&wrn));
        let pools = [("a4.pool", 240 * 256), ("a5.pool", 416 * 64)];
        assert_eq!(dissected("googlenet-half"), named(&pools));
    }

    #[test]
    fn layers_that_are_not_there_are_refused() {
        let variables = nn::VarStore::new(Device::Cpu);
        let dense = |images: &Tensor| images.flatten(1, -1);
        let classifier = Classifier::of_module("dense", dense, variables, [1, 1, 3], 3, "");
        let image = Tensor::zeros([1, 1, 1, 3], (Kind::Float, Device::Cpu));
        let refusal =
            |named: &[String]| chosen(&classifier, &image, named).unwrap_err().to_string();
        let expected = "fit dissector: expected a pool, ReLU or block before the logits, got none";
        assert_eq!(refusal(&[]), expected);
        let message = refusal(&["fc1.relu".into()]);
        assert!(message.contains("expected a layer \"fc1.relu\" before the logits"), "{message}");
    }
}
