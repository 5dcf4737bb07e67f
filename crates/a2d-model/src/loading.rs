//! Classifiers out of weights files, and into them.

use std::path::Path;

use a2d_file::Card as _;
use tch::Device;

use crate::classifier::initial;
use crate::origin::Origin;
use crate::{Architecture, Blueprint, Classifier, Description, Error, ModelCard, Result, weights};

impl Classifier {
    /// Loads weights (safetensors, PyTorch's names and layout; float16, bfloat16, float32 or float64, computed in
    /// float32). What they are of is said by their card, or else is the architecture given.
    ///
    /// # Errors
    /// [`Error::NoArchitecture`] without card and architecture; [`Error::File`] if card or weights are
    /// missing, broken, or disagree with each other or with the architecture given.
    pub fn load(
        weights: &Path,
        architecture: Option<Architecture>,
        device: Device,
    ) -> Result<Self> {
        let said = Description { architecture, ..Description::default() };
        Self::load_described(weights, &said, device)
    }

    /// Loads weights that more is said of than their architecture, where no card says it.
    pub(crate) fn load_described(
        weights: &Path,
        said: &Description,
        device: Device,
    ) -> Result<Self> {
        let card = ModelCard::read(weights)?;
        let malformed = |path: &Path, expected: String, found: String| {
            Error::from(a2d_file::Error::malformed(path, expected, &found))
        };
        let blueprint = match (&card, said.architecture) {
            (Some(card), Some(given)) if card.model.architecture() != given => {
                let card_path = ModelCard::path(weights);
                return Err(malformed(
                    &card_path,
                    format!("the card of a {given}"),
                    format!("that of a {}", card.model.architecture()),
                ));
            }
            (Some(_), _) if said.describes_images() => {
                let expected = "its card to say shape, classes and normalisation";
                let found = "a card, and options beside it".into();
                return Err(malformed(weights, expected.into(), found));
            }
            (Some(card), _) => card.model.clone(),
            (None, Some(given)) => Blueprint::from(given).described(said)?,
            (None, None) => {
                a2d_file::open(weights).map_err(a2d_file::Error::read(weights))?;
                let (path, card) = (weights.to_owned(), ModelCard::path(weights));
                return Err(Error::NoArchitecture { path, card });
            }
        };
        let (network, variables) = initial(&blueprint, 0, device);
        weights::read(weights, &variables)?;
        let classifier = Self::new(Origin::Blueprint(blueprint), network, variables);
        match card.and_then(|card| card.fingerprint) {
            Some(fingerprint) if fingerprint != classifier.fingerprint() => Err(malformed(
                weights,
                format!("the weights of its card, fingerprint {fingerprint}"),
                format!("fingerprint {}", classifier.fingerprint()),
            )),
            _ => Ok(classifier),
        }
    }

    /// The classifier of a blueprint with the weights that these bytes of `path` are.
    pub(crate) fn from_weights(blueprint: Blueprint, path: &Path, bytes: &[u8]) -> Result<Self> {
        let (network, variables) = initial(&blueprint, 0, Device::Cpu);
        weights::parse(path, bytes, &variables)?;
        Ok(Self::new(Origin::Blueprint(blueprint), network, variables))
    }

    /// Writes the weights to `path`. The file is whole or not there.
    ///
    /// # Errors
    /// [`Error::File`] if the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        weights::write(path, &self.variables)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn saved(architecture: Architecture, name: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        Classifier::untrained(architecture, 1, Device::Cpu).save(&path).unwrap();
        (folder, path)
    }

    fn load_error(path: &Path, architecture: Option<Architecture>) -> String {
        let error = Classifier::load(path, architecture, Device::Cpu).unwrap_err();
        assert!(error.is_bad_input(), "{error}");
        error.to_string()
    }

    #[test]
    fn weights_survive_the_file() {
        let (_folder, path) = saved(Architecture::LENET5, "w.safetensors");
        let loaded = Classifier::load(&path, Some(Architecture::LENET5), Device::Cpu).unwrap();
        let original = Classifier::untrained(Architecture::LENET5, 1, Device::Cpu);
        assert_eq!(loaded.fingerprint(), original.fingerprint());
        let other = Classifier::untrained(Architecture::LENET5, 2, Device::Cpu);
        assert_ne!(loaded.fingerprint(), other.fingerprint());
    }

    #[test]
    fn weights_need_an_architecture_that_fits() {
        let (_folder, path) = saved(Architecture::LENET5, "w.safetensors");
        assert!(load_error(&path, None).contains("found neither"));
        let message = load_error(&path, Some(Architecture::MNIST_CNN));
        assert!(message.contains("w.safetensors") && message.contains("fc3"), "{message}");
        assert!(load_error(Path::new("no.safetensors"), None).contains("no.safetensors"));
    }

    #[test]
    fn truncated_weights_are_refused() {
        let (_folder, path) = saved(Architecture::LENET5, "w.safetensors");
        let bytes = std::fs::read(&path).unwrap();
        for length in [0, 4, 100, bytes.len() - 1] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            let message = load_error(&path, Some(Architecture::LENET5));
            assert!(message.contains("a safetensors file"), "{message}");
        }
    }

    #[test]
    fn weights_that_are_not_finite_are_refused() {
        let (_folder, path) = saved(Architecture::LENET5, "w.safetensors");
        let classifier = Classifier::untrained(Architecture::LENET5, 1, Device::Cpu);
        let bias = classifier.variables.variables()["fc3.bias"].shallow_clone();
        let _ = tch::no_grad(|| bias.get(3).fill_(f64::NAN));
        let broken = weights::first_not_finite(&classifier.variables);
        assert_eq!(broken.as_deref(), Some("fc3.bias"));
        classifier.save(&path).unwrap();
        let message = load_error(&path, Some(Architecture::LENET5));
        assert!(message.contains("fc3.bias") && message.contains("not finite"), "{message}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_bytes_are_loaded_or_refused(
            position in 0usize..240_000, byte: u8, bytes in prop::collection::vec(0u8.., 0..64),
        ) {
            let (_folder, path) = saved(Architecture::LENET5, "w.safetensors");
            let mut weights = std::fs::read(&path).unwrap();
            let end = weights.len().min(position + bytes.len());
            weights[position.min(end)..end].copy_from_slice(&bytes[..end - position.min(end)]);
            weights[usize::from(byte)] = byte;
            std::fs::write(&path, &weights).unwrap();
            let _ = Classifier::load(&path, Some(Architecture::LENET5), Device::Cpu);
            std::fs::write(&path, &bytes).unwrap();
            prop_assert!(Classifier::load(&path, Some(Architecture::LENET5), Device::Cpu).is_err());
        }
    }
}
