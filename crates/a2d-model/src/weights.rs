//! Weights files: safetensors with the layout and names of PyTorch.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use a2d_file::Error;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use sha2::{Digest, Sha256};
use tch::{Kind, Tensor, nn};

use crate::Result;

/// The most bytes of a weights file: 64 GiB.
const MAX_BYTES: u64 = 64 << 30;

/// Reads the weights at `path` into `variables`, which keep their device.
pub(crate) fn read(path: &Path, variables: &nn::VarStore) -> Result<()> {
    parse(path, &a2d_file::read(path, MAX_BYTES).map_err(Error::read(path))?, variables)
}

/// Reads the weights that these bytes of `path` are into `variables`.
pub(crate) fn parse(path: &Path, bytes: &[u8], variables: &nn::VarStore) -> Result<()> {
    let malformed = |expected: String, found: String| Error::malformed(path, expected, &found);
    let tensors = SafeTensors::deserialize(bytes).map_err(not_safetensors(path))?;

    let variables = variables.variables();
    if let Some(stranger) = tensors.names().into_iter().find(|name| !variables.contains_key(*name))
    {
        return Err(malformed(
            format!("the tensors {}", names(&variables)),
            format!("{stranger:?}"),
        )
        .into());
    }
    for (name, variable) in &variables {
        let expected = || format!("tensor {name:?} of finite float32, shape {:?}", variable.size());
        let view =
            tensors.tensor(name).map_err(|_| malformed(expected(), "no such tensor".into()))?;
        let shape: Vec<i64> = view.shape().iter().map(|n| *n as i64).collect();
        if view.dtype() != Dtype::F32 || shape != variable.size() {
            return Err(
                malformed(expected(), format!("{:?}, shape {shape:?}", view.dtype())).into()
            );
        }
        let weights = Tensor::from_data_size(view.data(), &shape, Kind::Float);
        if !are_finite(&weights) {
            return Err(malformed(expected(), "a value that is not finite".into()).into());
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
pub(crate) fn write(path: &Path, variables: &nn::VarStore) -> Result<()> {
    let bytes = bytes(variables).map_err(Error::write(path))?;
    Ok(a2d_file::write(path, |file| file.write_all(&bytes))?)
}

/// The bytes of a weights file.
pub(crate) fn bytes(variables: &nn::VarStore) -> io::Result<Vec<u8>> {
    let named = sorted_bytes(variables);
    let views = named.iter().filter_map(|(name, shape, bytes)| {
        Some((name, TensorView::new(Dtype::F32, shape.clone(), bytes).ok()?))
    });
    safetensors::serialize(views, None).map_err(io::Error::other)
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

/// Hex SHA-256 of an architecture and its weights, whatever file they came from.
pub(crate) fn fingerprint(name: &str, variables: &nn::VarStore) -> String {
    let mut hash = Sha256::new();
    hash.update(name);
    for (name, _, bytes) in sorted_bytes(variables) {
        hash.update(name);
        hash.update(bytes);
    }
    hex::encode(hash.finalize())
}

fn not_safetensors(path: &Path) -> impl Fn(safetensors::SafeTensorError) -> Error {
    move |error| Error::malformed(path, "a safetensors file", &error)
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
