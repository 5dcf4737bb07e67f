//! What a network from elsewhere turns out to be when it is asked for the logits of a few images.

use std::fmt;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Tensor, no_grad, with_grad};

use crate::normalisation::{Normaliser, for_foreign};
use crate::{Error, Foreign, Forward, Network, Result};

/// Images in the batch that is asked for.
const IMAGES: usize = 4;

/// How far logits may move with batch or call, as a share of the largest: float32 summed in another order moves
/// them by less.
pub(crate) const TOLERANCE: f64 = 1e-3;

/// Something about a network that its user had better know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// It was saved in training mode, in which it acts otherwise.
    TrainingMode,
    /// It gives probabilities where logits are wanted.
    Probabilities,
    /// No gradient goes from its logits to its images.
    NoGradient,
    /// The gradient was 0 at every image that it was asked for.
    ZeroGradient,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TrainingMode => {
                "it was saved in training mode, in which it gives other logits; it is used in evaluation mode"
            }
            Self::Probabilities => {
                "it gives probabilities, not logits: their gradient vanishes where it is sure, so costs say \
                 less; export it without its last softmax"
            }
            Self::NoGradient => {
                "no gradient goes through it (frozen or quantised?): only attacks that ask for no gradient run \
                 on it"
            }
            Self::ZeroGradient => {
                "its gradient was 0 at every image of noise that it was asked for: attacks may have no hold on it"
            }
        })
    }
}

/// What was found.
pub(crate) struct Found {
    pub(crate) classes: usize,
    /// Whether a gradient goes from the logits to the images.
    pub(crate) gradients: bool,
    pub(crate) findings: Vec<Finding>,
}

/// Asks the network for logits of noise.
pub(crate) fn probe(about: &Foreign, network: &dyn Network, device: Device) -> Result<Found> {
    let normaliser = about.normalisation.as_ref().map(|values| Normaliser::new(values, device));
    let asked = Asked { about, network, normaliser };
    let images = noise(about.input_shape).to_device(device);
    let logits = no_grad(|| asked.logits(&images)).map_err(|error| match error {
        // A batch of one is what is traced most often.
        Error::Forward { reason, .. } if asked.takes_one(&images) => asked.unusable(
            "a network that takes batches of any size",
            format!("one that takes an image, and fails with {IMAGES}: {reason}"),
        ),
        error => error,
    })?;
    let size = logits.size();
    let classes = match size[..] {
        [rows, classes] if rows == IMAGES as i64 && classes >= 2 => classes as usize,
        _ => {
            let expected = format!("logits, [{IMAGES}, classes], of {IMAGES} images");
            return Err(asked.unusable(&expected, format!("a tensor of shape {size:?}")));
        }
    };
    let values = values(&logits);
    if let Some(got) = values.iter().find(|logit| !logit.is_finite()) {
        return Err(asked.unusable("finite logits of noise in [0, 1]", got.to_string()));
    }
    asked.check_repeats(&images, &logits)?;
    let mut findings = vec![];
    if are_probabilities(&values, classes) {
        findings.push(Finding::Probabilities);
    }
    let slope = asked.slope(&images);
    match &slope {
        None => findings.push(Finding::NoGradient),
        Some(slope) if *slope == 0.0 => findings.push(Finding::ZeroGradient),
        Some(_) => (),
    }
    Ok(Found { classes, gradients: slope.is_some(), findings })
}

/// A network that is asked.
struct Asked<'a> {
    about: &'a Foreign,
    network: &'a dyn Network,
    normaliser: Option<Normaliser>,
}

impl Asked<'_> {
    fn logits(&self, images: &Tensor) -> Result<Tensor> {
        let images = for_foreign(self.normaliser.as_ref(), images);
        self.network.logits(&images, &mut Forward::evaluation())
    }

    fn takes_one(&self, images: &Tensor) -> bool {
        no_grad(|| self.logits(&images.narrow(0, 0, 1))).is_ok()
    }

    /// Refuses a network whose answer changes from call to call, or with the other images of the batch.
    fn check_repeats(&self, images: &Tensor, logits: &Tensor) -> Result<()> {
        let scale = logits.abs().max().double_value(&[]).max(1e-3);
        let apart = |other: &Tensor, logits: &Tensor| {
            let distance = (other - logits).abs().max().double_value(&[]) / scale;
            (distance.is_nan() || distance > TOLERANCE).then_some(distance)
        };
        let percent = |distance: f64| format!("{:.1} % of the largest logit", 100.0 * distance);
        let again = no_grad(|| self.logits(images))?;
        if let Some(distance) = apart(&again, logits) {
            return Err(self.unusable(
                "the same logits in every call",
                format!(
                    "logits that differ by {} (dropout at work? export it after model.eval())",
                    percent(distance)
                ),
            ));
        }
        let alone = no_grad(|| self.logits(&images.narrow(0, 1, 1)))?;
        if alone.size() != [1, logits.size()[1]] {
            return Err(self.unusable(
                "a network that takes batches of any size",
                format!("logits of shape {:?} for an image", alone.size()),
            ));
        }
        match apart(&alone, &logits.narrow(0, 1, 1)) {
            Some(distance) => Err(self.unusable(
                "logits that depend on their image alone",
                format!(
                    "logits that differ by {} with the other images of the batch (batch normalisation in \
                     training mode or dynamic quantisation? export it as it is after model.eval())",
                    percent(distance)
                ),
            )),
            None => Ok(()),
        }
    }

    /// The largest slope of the logits' squares at these images; none if no gradient arrives.
    fn slope(&self, images: &Tensor) -> Option<f64> {
        with_grad(|| {
            let leaf = images.detach().set_requires_grad(true);
            let logits = self.logits(&leaf).ok().filter(Tensor::requires_grad)?;
            let loss = logits.square().sum(Kind::Double);
            let gradient = Tensor::f_run_backward(&[loss], &[&leaf], false, false).ok()?;
            let gradient = gradient.first().filter(|gradient| gradient.defined())?;
            Some(gradient.abs().max().double_value(&[]))
        })
    }

    fn unusable(&self, expected: &str, got: String) -> Error {
        Error::Unusable { name: self.about.name.clone(), expected: expected.into(), got }
    }
}

/// Images of noise, \[N, C, H, W\], the same each time.
pub(crate) fn noise(input_shape: [usize; 3]) -> Tensor {
    let mut stream = ChaCha8Rng::seed_from_u64(0);
    let elements = IMAGES * input_shape.iter().product::<usize>();
    let pixels: Vec<f32> = (0..elements).map(|_| stream.random()).collect();
    let [channels, height, width] = input_shape.map(|side| side as i64);
    Tensor::from_slice(&pixels).view([IMAGES as i64, channels, height, width])
}

fn values(logits: &Tensor) -> Vec<f64> {
    let host = logits.to_device(Device::Cpu).to_kind(Kind::Double).contiguous().view(-1);
    Vec::try_from(host).unwrap_or_default()
}

fn are_probabilities(values: &[f64], classes: usize) -> bool {
    values.chunks_exact(classes).all(|row| {
        let sum: f64 = row.iter().sum();
        row.iter().all(|value| *value >= 0.0) && (sum - 1.0).abs() < 1e-4
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Classes, Classifier, Normalisation};
    use std::cell::Cell;

    type Act = fn(&Tensor, usize) -> Result<Tensor>;

    struct Scripted(Act, Cell<usize>);

    impl fmt::Debug for Scripted {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("Scripted")
        }
    }

    impl Network for Scripted {
        fn logits(&self, images: &Tensor, _: &mut Forward<'_>) -> Result<Tensor> {
            self.1.set(self.1.get() + 1);
            (self.0)(images, self.1.get())
        }
    }

    fn about() -> Foreign {
        Foreign {
            name: "net".into(),
            input_shape: [3, 4, 5],
            classes: None,
            normalisation: None,
            decisive: vec![],
        }
    }

    fn of(act: Act) -> std::result::Result<(Classifier, Vec<Finding>), String> {
        let network = Box::new(Scripted(act, Cell::new(0)));
        Classifier::of_network(about(), network, Device::Cpu)
            .map(|probed| (probed.classifier, probed.findings))
            .map_err(|error| {
                assert!(error.is_bad_input());
                error.to_string()
            })
    }

    fn flat(images: &Tensor) -> Tensor {
        images.flatten(1, -1)
    }

    #[test]
    fn classes_and_gradient_are_found() {
        let (classifier, findings) = of(|images, _| Ok(flat(images) * 3.0)).unwrap();
        assert_eq!((classifier.classes(), classifier.input_shape()), (60, [3, 4, 5]));
        assert!(classifier.gives_gradients() && findings.is_empty());
        for (act, expected, gradients) in [
            (
                (|images, _| Ok(flat(images).softmax(-1, Kind::Float))) as Act,
                Finding::Probabilities,
                true,
            ),
            (|images, _| Ok(flat(images).detach()), Finding::NoGradient, false),
            (|images, _| Ok(flat(images).round()), Finding::ZeroGradient, true),
        ] {
            let (classifier, findings) = of(act).unwrap();
            assert_eq!((findings, classifier.gives_gradients()), (vec![expected], gradients));
        }
    }

    #[test]
    fn what_is_no_classifier_is_refused() {
        for (act, finding) in [
            ((|images, _| Ok(images.shallow_clone())) as Act, "got a tensor of shape [4, 3, 4, 5]"),
            (
                |images, _| {
                    Ok(images.mean_dim([1i64, 2, 3].as_slice(), true, Kind::Float).flatten(1, -1))
                },
                "[4, 1]",
            ),
            (|images, _| Ok(flat(images) * f64::NAN), "finite logits of noise in [0, 1], got NaN"),
            (
                |images, call| Ok(flat(images) + call as f64),
                "expected the same logits in every call",
            ),
            (
                |images, _| {
                    Ok(flat(images) - flat(images).mean_dim([0i64].as_slice(), true, Kind::Float))
                },
                "expected logits that depend on their image alone, got logits that differ by",
            ),
            (
                |images, _| match images.size()[0] {
                    1 => Ok(flat(images)),
                    _ => Err(Error::Forward { name: "net".into(), reason: "shape".into() }),
                },
                "takes batches of any size, got one that takes an image, and fails with 4: shape",
            ),
            (
                |_, _| Err(Error::Forward { name: "net".into(), reason: "no such layer".into() }),
                "no such layer",
            ),
        ] {
            let message = of(act).unwrap_err();
            assert!(message.contains(finding) && message.contains("net"), "{message}");
        }
    }

    #[test]
    fn a_network_may_write_into_its_images() {
        let halves: Act = |images, _| Ok(flat(&images.shallow_clone().g_mul_scalar_(0.5)));
        let (classifier, _) = of(halves).unwrap();
        assert!(classifier.gives_gradients());
        let images = noise([3, 4, 5]);
        let (kept, leaf) = (images.copy(), images.detach().set_requires_grad(true));
        let logits = no_grad(|| classifier.logits(&images)).unwrap();
        assert_eq!((&images, logits), (&kept, flat(&kept) * 0.5));
        let sum = classifier.logits(&leaf).unwrap().sum(Kind::Float);
        let slope = classifier.gradient(&sum, &leaf, false).unwrap();
        assert_eq!(slope, kept.full_like(0.5));
    }

    #[test]
    fn what_is_said_must_fit() {
        let classifier = |about| {
            let network = Box::new(Scripted(|images, _| Ok(flat(images)), Cell::new(0)));
            Classifier::of_network(about, network, Device::Cpu).map(|probed| probed.classifier)
        };
        let message = |about| classifier(about).unwrap_err().to_string();
        let classes = Some(Classes::Number(10));
        assert!(message(Foreign { classes, ..about() }).contains("the 60 of its logits, got 10"));
        let normalisation =
            |channels| Some(Normalisation { mean: vec![0.5; channels], std: vec![0.25; channels] });
        let two = Foreign { normalisation: normalisation(2), ..about() };
        assert!(message(two).contains("3 means and 3 deviations"));

        let plain = classifier(about()).unwrap();
        let normalised =
            classifier(Foreign { normalisation: normalisation(3), ..about() }).unwrap();
        assert_ne!(plain.fingerprint(), normalised.fingerprint());
        let images = noise([3, 4, 5]);
        let expected = (plain.logits(&images).unwrap() - 0.5) / 0.25;
        assert!(normalised.logits(&images).unwrap().allclose(&expected, 1e-6, 1e-6, false));
    }
}
