//! Copies of a classifier: on the same weights, for another thread, or with changed ones.

use std::collections::BTreeMap;

use tch::{Tensor, nn, no_grad};

use crate::classifier::initial;
use crate::origin::Origin;
use crate::{Classifier, Error, Network, Normalisation, Result, weights};

impl Classifier {
    /// A further handle on the same weights, for another thread: it has the same fingerprint and takes no memory but
    /// for convolutions that batch normalisation is folded into.
    ///
    /// # Errors
    /// [`Error::Network`] if the classifier is [of a function](Self::of_module), which cannot be built anew.
    pub fn handle(&self) -> Result<Self> {
        let (network, variables) = match self.network.handle() {
            Some(network) => (network, nn::VarStore::new(self.device())),
            None => self.built_anew("share weights")?,
        };
        let own = self.variables.variables();
        for (name, mut variable) in variables.variables() {
            variable.set_data(&own[&name]);
        }
        let fingerprint = Some(self.fingerprint().to_owned());
        Ok(Self::with_fingerprint(
            self.origin.clone(),
            network,
            variables,
            self.precision,
            fingerprint,
        ))
    }

    /// A handle that takes images on another scale: 0 and 1 stand for these values of each channel, which may lie
    /// beyond \[0, 1\]. An attack on it that keeps to \[0, 1\] goes as far as they do.
    ///
    /// ```
    /// use a2d_model::{Architecture, Classifier};
    /// use tch::{Device, Kind, Tensor};
    ///
    /// let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
    /// let wide = classifier.over(&[-1.0], &[3.0])?;
    /// let image = |pixel: f64| Tensor::full([1, 1, 28, 28], pixel, (Kind::Float, Device::Cpu));
    /// assert!(wide.logits(&image(0.375))?.allclose(&classifier.logits(&image(0.5))?, 1e-5, 1e-6, false));
    /// # Ok::<(), a2d_model::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Blueprint`] if there are not as many values as channels, or not each white above its black; as
    /// [`handle`](Self::handle).
    pub fn over(&self, black: &[f64], white: &[f64]) -> Result<Self> {
        let channels = self.input_shape()[0];
        let rises = black.iter().zip(white).all(|(black, white)| black < white);
        if [black.len(), white.len()] != [channels; 2] || !rises {
            return Err(Error::Blueprint {
                part: "range",
                expected: format!("{channels} values of black, each below its white"),
                got: format!("{black:?} and {white:?}"),
            });
        }
        let as_they_are = || Normalisation { mean: vec![0.0], std: vec![1.0] };
        let own = self.normalisation().cloned().unwrap_or_else(as_they_are);
        let Self { origin, network, variables, precision, .. } = self.handle()?;
        let origin = origin.normalised(own.after(black, white))?;
        let wide = Self::with_fingerprint(origin, network, variables, precision, None);
        Ok(wide.with_workers(self.workers))
    }

    /// A copy with changed weights, which has another fingerprint if the change is one.
    ///
    /// `change` gets copies of all weights and buffers (such as running statistics) by their names in the weights
    /// file, and may change them in place or put others of the same size there.
    ///
    /// ```
    /// use a2d_model::{Architecture, Classifier};
    /// use tch::Device;
    ///
    /// let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
    /// let mutant = classifier.mutated(|weights| {
    ///     if let Some(bias) = weights.get_mut("fc3.bias") {
    ///         *bias *= -1.0;
    ///     }
    /// })?;
    /// assert_ne!(mutant.fingerprint(), classifier.fingerprint());
    /// # Ok::<(), a2d_model::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Network`] if the classifier is [of a function](Self::of_module), which cannot be built anew, or a
    /// changed tensor is missing, has another size or a value that is not finite.
    pub fn mutated(&self, change: impl FnOnce(&mut BTreeMap<String, Tensor>)) -> Result<Self> {
        let (network, mut variables) = self.built_anew("change weights")?;
        let own = self.variables.variables().into_iter();
        let mut changed = no_grad(|| own.map(|(name, own)| (name, copied(&own))).collect());
        no_grad(|| change(&mut changed));

        self.precision.round(&mut variables);
        for (name, mut variable) in variables.variables() {
            let size = variable.size();
            let sound = |changed: &&Tensor| changed.size() == size && weights::are_finite(changed);
            match changed.get(&name).filter(sound) {
                Some(weights) => no_grad(|| variable.copy_(weights)),
                None => {
                    return Err(Error::Network {
                        operation: "change weights",
                        expected: format!("finite values for {name:?} of size {size:?}"),
                        got: changed.get(&name).map_or("none".into(), |got| format!("{got:?}")),
                    });
                }
            }
        }
        Ok(Self::with_fingerprint(self.origin.clone(), network, variables, self.precision, None))
    }

    fn built_anew(&self, operation: &'static str) -> Result<(Box<dyn Network>, nn::VarStore)> {
        match &self.origin {
            Origin::Blueprint(blueprint) => Ok(initial(blueprint, 0, self.device())),
            Origin::Foreign { about, .. } => Err(Error::Network {
                operation,
                expected: "a network of an architecture".into(),
                got: format!("{}, a function", about.name),
            }),
        }
    }
}

/// The same values in memory of their own, laid out as the size says.
fn copied(weights: &Tensor) -> Tensor {
    let mut copy = Tensor::empty(weights.size(), (weights.kind(), weights.device()));
    copy.copy_(weights);
    copy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Architecture, Blueprint};
    use tch::{Device, Kind};

    fn classifier() -> Classifier {
        Classifier::untrained(Architecture::LENET5, 0, Device::Cpu)
    }

    fn images() -> Tensor {
        Tensor::arange(2 * 784, (Kind::Float, Device::Cpu)).sin().abs().view([2, 1, 28, 28])
    }

    #[test]
    fn a_handle_is_on_the_same_weights() {
        let classifier = classifier();
        let handle = classifier.handle().unwrap();
        assert_eq!(handle.fingerprint(), classifier.fingerprint());
        let places = |classifier: &Classifier| {
            let weights = classifier.variables.variables();
            let mut places: Vec<_> = weights
                .iter()
                .map(|(name, tensor)| (name.clone(), tensor.data_ptr() as usize))
                .collect();
            places.sort();
            places
        };
        assert_eq!(places(&handle), places(&classifier));
        let expected = classifier.logits(&images()).unwrap();
        let thread = std::thread::spawn(move || handle.logits(&images()).unwrap());
        assert_eq!(thread.join().unwrap(), expected);
    }

    #[test]
    fn black_and_white_may_be_any_values() {
        let normalisation = Normalisation { mean: vec![0.5], std: vec![0.25] };
        let blueprint = Blueprint::from(Architecture::LENET5).with_normalisation(normalisation);
        let images = images();
        for classifier in [classifier(), Classifier::untrained(blueprint.unwrap(), 0, Device::Cpu)]
        {
            let wide = classifier.over(&[-2.0], &[6.0]).unwrap();
            assert_ne!(wide.fingerprint(), classifier.fingerprint());
            let (expected, got) =
                (classifier.logits(&images), wide.logits(&((&images + 2.0) / 8.0)));
            assert!(got.unwrap().allclose(&expected.unwrap(), 1e-4, 1e-4, false));
            let again = wide.over(&[0.25], &[0.375]).unwrap();
            let got = again.logits(&images).unwrap();
            assert!(got.allclose(&classifier.logits(&images).unwrap(), 1e-4, 1e-4, false));
        }
        for (black, white) in
            [(&[0.0][..], &[0.0][..]), (&[0.0, 0.0], &[1.0, 1.0]), (&[f64::NAN], &[1.0])]
        {
            let message = classifier().over(black, white).unwrap_err().to_string();
            assert!(message.contains("1 values of black, each below its white"), "{message}");
        }
    }

    #[test]
    fn a_changed_copy_leaves_the_original_as_it_was() {
        let (classifier, images) = (classifier(), images());
        let before = (classifier.fingerprint().to_owned(), classifier.logits(&images).unwrap());
        let same = classifier.mutated(|_| ()).unwrap();
        assert_eq!((same.fingerprint().to_owned(), same.logits(&images).unwrap()), before);
        let shifted = classifier
            .mutated(|weights| {
                if let Some(bias) = weights.get_mut("fc3.bias") {
                    *bias += 1.0;
                }
            })
            .unwrap();
        assert!(shifted.logits(&images).unwrap().allclose(&(&before.1 + 1.0), 1e-5, 1e-5, false));
        assert_eq!(
            (classifier.fingerprint().to_owned(), classifier.logits(&images).unwrap()),
            before
        );
    }

    #[test]
    fn changes_that_do_not_fit_are_refused() {
        let put = |tensor: Option<Tensor>| {
            let changed = classifier().mutated(|weights| {
                weights.remove("fc3.bias");
                weights.extend(tensor.map(|tensor| ("fc3.bias".to_owned(), tensor)));
            });
            changed.map(|_| ()).unwrap_err().to_string()
        };
        let whole = (Kind::Float, Device::Cpu);
        for message in [
            put(None),
            put(Some(Tensor::zeros([9], whole))),
            put(Some(Tensor::full([10], f64::NAN, whole))),
        ] {
            assert!(message.contains("finite values for \"fc3.bias\" of size [10]"), "{message}");
        }
    }

    #[test]
    fn a_function_cannot_be_copied() {
        let variables = nn::VarStore::new(Device::Cpu);
        let logits = |images: &Tensor| images.flatten(1, -1);
        let classifier = Classifier::of_module("pixels", logits, variables, [1, 1, 2], 2, "");
        for error in [classifier.handle(), classifier.mutated(|_| ())] {
            let message = error.map(|_| ()).unwrap_err().to_string();
            assert!(message.contains("got pixels, a function"), "{message}");
        }
    }
}
