//! Fitted baselines in files.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use a2d_cost::InputSet;
use a2d_file::Card;
use a2d_model::Classifier;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tch::{Device, Kind as Numbers, Tensor};

use crate::{Baseline, Error, Kind, Protocol, Result, State, kind};

/// The most bytes that a file of a baseline may have.
const MOST_BYTES: u64 = 4 << 30;

/// A fitted baseline, and what it was fitted on. Its file has the tensors (safetensors), the card beside it the rest.
#[derive(Clone, Debug)]
pub struct SavedBaseline {
    /// The baseline.
    pub baseline: Arc<dyn Baseline>,
    /// Its parameters, all of them.
    pub parameters: Map<String, Value>,
    /// What it may have seen of the inputs that it scores.
    pub protocol: Protocol,
    /// The fingerprint of the model that it was fitted for.
    pub model: String,
    /// Seed of all that was random.
    pub seed: u64,
    /// The inputs that it was fitted on: benign and adversarial ones.
    pub inputs: Vec<InputSet>,
}

#[derive(Serialize, Deserialize)]
struct BaselineCard {
    baseline: String,
    parameters: Map<String, Value>,
    protocol: Protocol,
    model: String,
    seed: u64,
    inputs: Vec<InputSet>,
    state: Value,
}

impl Card for BaselineCard {
    const FORMAT: &'static str = "a2d-baseline";
    const VERSION: u32 = 1;
    const NAME: &'static str = "a card of a baseline";
}

impl SavedBaseline {
    /// Its kind.
    ///
    /// # Errors
    /// [`Error::Unknown`] if it is none of [`BASELINES`](crate::BASELINES).
    pub fn kind(&self) -> Result<&'static Kind> {
        kind(self.baseline.name())
    }

    /// Refuses another classifier than the one that it was fitted for.
    ///
    /// # Errors
    /// [`Error::OtherModel`] with both fingerprints.
    pub fn check_for(&self, classifier: &Classifier) -> Result<()> {
        if self.model == classifier.fingerprint() {
            return Ok(());
        }
        let baseline = self.baseline.name().to_owned();
        let (expected, got) = (self.model.clone(), classifier.fingerprint().to_owned());
        Err(Error::OtherModel { baseline, expected, got })
    }

    /// Reads a file and its card.
    ///
    /// # Errors
    /// [`Error::File`] if one cannot be read or is none of a baseline; [`Error::Unknown`], [`Error::Parameter`] or
    /// [`Error::State`] if it is one that is not known here.
    pub fn read(path: &Path) -> Result<Self> {
        let card = BaselineCard::read(path)?.ok_or_else(|| {
            a2d_file::Error::malformed(path, "a baseline with its card beside it", &"no card")
        })?;
        let bytes = a2d_file::read(path, MOST_BYTES).map_err(a2d_file::Error::read(path))?;
        let tensors = tensors(path, &bytes)?;
        let state = State { tensors, values: card.state };
        let baseline = kind(&card.baseline)?.restore(&card.parameters, state)?;
        let BaselineCard { parameters, protocol, model, seed, inputs, .. } = card;
        Ok(Self { baseline, parameters, protocol, model, seed, inputs })
    }

    /// Writes the file and its card, whole or not at all.
    ///
    /// # Errors
    /// [`Error::File`] if one cannot be written; [`Error::State`] if a tensor has no form in a file.
    pub fn write(&self, path: &Path) -> Result<()> {
        let state = self.baseline.state()?;
        let named = state.tensors.iter().map(|(name, tensor)| Ok((name, raw(name, tensor)?)));
        let named = named.collect::<Result<Vec<_>>>()?;
        let views = named.iter().filter_map(|(name, (dtype, shape, bytes))| {
            Some((name, TensorView::new(*dtype, shape.clone(), bytes).ok()?))
        });
        let bytes = serialize(views, None).map_err(|error| Error::state("tensors", error))?;
        let card = BaselineCard {
            baseline: self.baseline.name().to_owned(),
            parameters: self.parameters.clone(),
            protocol: self.protocol,
            model: self.model.clone(),
            seed: self.seed,
            inputs: self.inputs.clone(),
            state: state.values,
        };
        Ok(card.write_with(path, |file| file.write_all(&bytes))?)
    }
}

/// The kinds of numbers that files keep.
const KINDS: [(Numbers, Dtype); 3] =
    [(Numbers::Float, Dtype::F32), (Numbers::Double, Dtype::F64), (Numbers::Int64, Dtype::I64)];

/// The bytes of a tensor, and what they are.
fn raw(name: &str, tensor: &Tensor) -> Result<(Dtype, Vec<usize>, Vec<u8>)> {
    let found = KINDS.iter().find(|(kind, _)| *kind == tensor.kind());
    let (_, dtype) = found.ok_or_else(|| {
        Error::state(format_args!("floats or integers in {name:?}"), format!("{:?}", tensor.kind()))
    })?;
    let shape: Vec<usize> = tensor.size().iter().map(|side| *side as usize).collect();
    let tensor = tensor.to_device(Device::Cpu).contiguous();
    let mut bytes = vec![0; tensor.numel() * tensor.kind().elt_size_in_bytes()];
    tensor.f_copy_data_u8(&mut bytes, tensor.numel()).map_err(Error::tensor("read a tensor"))?;
    Ok((*dtype, shape, bytes))
}

fn tensors(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, Tensor>> {
    let malformed =
        |found: String| a2d_file::Error::malformed(path, "tensors of a baseline", &found);
    let file = SafeTensors::deserialize(bytes).map_err(|error| malformed(error.to_string()))?;
    let tensor = |(name, view): (String, TensorView<'_>)| {
        let found = KINDS.iter().find(|(_, dtype)| *dtype == view.dtype());
        let (kind, _) =
            found.ok_or_else(|| malformed(format!("{name:?} of {:?}", view.dtype())))?;
        let size: Vec<i64> = view.shape().iter().map(|side| *side as i64).collect();
        let tensor = Tensor::f_from_data_size(view.data(), &size, *kind);
        let tensor = tensor.map_err(Error::tensor("read a tensor"))?;
        if bool::try_from(tensor.isfinite().all()).unwrap_or(false) {
            Ok((name, tensor))
        } else {
            Err(malformed(format!("{name:?} with a value that is not finite")).into())
        }
    };
    file.tensors().into_iter().map(tensor).collect()
}
