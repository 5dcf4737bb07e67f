//! Weights files: safetensors with the layout and names of PyTorch.

use std::collections::HashMap;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use sha2::{Digest, Sha256};
use tch::{Kind, Tensor, nn};

use crate::{Error, Precision, Result};

/// Text that travels in the header of a weights file.
pub(crate) type Metadata = HashMap<String, String>;

/// Reads the text in the header of the weights file at `path`.
pub(crate) fn metadata(path: &Path) -> Result<Metadata> {
    let bytes = std::fs::read(path).map_err(Error::read(path))?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(not_safetensors(path))?;
    Ok(header.metadata().clone().unwrap_or_default())
}

/// Reads the weights at `path` into `variables`, which keep their device.
pub(crate) fn read(path: &Path, variables: &nn::VarStore) -> Result<()> {
    let bytes = std::fs::read(path).map_err(Error::read(path))?;
    let malformed = |expected: String, found: String| Error::Malformed {
        path: path.to_owned(),
        expected,
        found,
    };
    let tensors = SafeTensors::deserialize(&bytes).map_err(not_safetensors(path))?;

    let variables = variables.variables();
    if let Some(stranger) = tensors.names().into_iter().find(|name| !variables.contains_key(*name))
    {
        return Err(malformed(
            format!("the tensors {}", names(&variables)),
            format!("{stranger:?}"),
        ));
    }
    for (name, variable) in &variables {
        let expected = || format!("tensor {name:?} of finite float32, shape {:?}", variable.size());
        let view =
            tensors.tensor(name).map_err(|_| malformed(expected(), "no such tensor".into()))?;
        let shape: Vec<i64> = view.shape().iter().map(|n| *n as i64).collect();
        if view.dtype() != Dtype::F32 || shape != variable.size() {
            return Err(malformed(expected(), format!("{:?}, shape {shape:?}", view.dtype())));
        }
        let weights = Tensor::from_data_size(view.data(), &shape, Kind::Float);
        if !are_finite(&weights) {
            return Err(malformed(expected(), "a value that is not finite".into()));
        }
        tch::no_grad(|| variable.shallow_clone().copy_(&weights));
    }
    Ok(())
}

/// The name of a tensor with a value that is not finite, if there is one.
pub(crate) fn first_not_finite(variables: &nn::VarStore) -> Option<String> {
    let mut broken: Vec<_> = variables.variables().into_iter().collect();
    broken.retain(|(_, weights)| !are_finite(weights));
    broken.into_iter().map(|(name, _)| name).min()
}

fn are_finite(weights: &Tensor) -> bool {
    bool::try_from(weights.isfinite().all()).unwrap_or(false)
}

/// Writes `variables` to `path`. The file is whole or not there.
pub(crate) fn write(path: &Path, variables: &nn::VarStore, metadata: Metadata) -> Result<()> {
    let named = sorted_bytes(variables);
    let views = named.iter().filter_map(|(name, shape, bytes)| {
        Some((name, TensorView::new(Dtype::F32, shape.clone(), bytes).ok()?))
    });
    let metadata = (!metadata.is_empty()).then_some(metadata);
    let text = safetensors::serialize(views, metadata)
        .map_err(|error| Error::write(path)(std::io::Error::other(error)))?;
    a2d_file::write(path, |file| file.write_all(&text)).map_err(Error::write(path))
}

/// Lays out the weights of convolutions channel by channel within each pixel, and with them all that is
/// computed from them: libtorch's convolutions and pools are faster so.
pub(crate) fn lay_out(variables: &nn::VarStore) {
    for mut weights in variables.variables().into_values() {
        if let Ok((_, channels, height, width)) = weights.size4() {
            // Strides given one by one, since `contiguous` takes a single channel for last as it is.
            let row = width * channels;
            let strides = [height * row, 1, row, channels];
            let mut channels_last =
                Tensor::empty_strided(weights.size(), strides, (weights.kind(), weights.device()));
            channels_last.copy_(&weights);
            weights.set_data(&channels_last);
        }
    }
}

/// Hex SHA-256 of an architecture and its weights, whatever file they came from, and the precision that
/// is computed with, unless that is the one of the file.
pub(crate) fn fingerprint(name: &str, variables: &nn::VarStore, precision: Precision) -> String {
    let mut hash = Sha256::new();
    hash.update(name);
    for (name, _, bytes) in sorted_bytes(variables) {
        hash.update(name);
        hash.update(bytes);
    }
    let weights = hex::encode(hash.finalize());
    match precision {
        Precision::Float32 => weights,
        other => format!("{weights}-{other}"),
    }
}

fn not_safetensors(path: &Path) -> impl Fn(safetensors::SafeTensorError) -> Error {
    move |error| Error::Malformed {
        path: path.to_owned(),
        expected: "a safetensors file".into(),
        found: error.to_string().replace('\n', " "),
    }
}

fn sorted_bytes(variables: &nn::VarStore) -> Vec<(String, Vec<usize>, Vec<u8>)> {
    let mut named: Vec<_> = variables
        .variables()
        .into_iter()
        .map(|(name, weights)| {
            let shape = weights.size().iter().map(|n| *n as usize).collect();
            let weights = weights.detach().to_kind(Kind::Float).contiguous();
            let mut values = vec![0f32; weights.numel()];
            weights.to_device(tch::Device::Cpu).copy_data(&mut values, weights.numel());
            (name, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
        })
        .collect();
    named.sort();
    named
}

fn names(variables: &HashMap<String, Tensor>) -> String {
    let mut names: Vec<_> = variables.keys().map(String::as_str).collect();
    names.sort_unstable();
    names.join(", ")
}
