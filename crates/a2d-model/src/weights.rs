//! Weights files: safetensors with the layout and names of PyTorch.

mod header;

use std::collections::HashMap;
use std::io;
use std::path::Path;

use a2d_file::Error;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, Metadata, TensorView};
use sha2::{Digest, Sha256};
use tch::{Kind, Tensor, nn};

use crate::Result;

/// Reads the weights at `path` into `variables`, which keep their device and kind.
///
/// Names may all begin with `module.`, as PyTorch's `DataParallel` writes them. Integers that no layer has, such
/// as `num_batches_tracked` of batch normalisation, are passed over.
pub(crate) fn read(path: &Path, variables: &nn::VarStore) -> Result<()> {
    let (header, len) = header::read(path)?;
    check(path, &header, variables)?;
    // Now that the header is known to be right, the file is as long as the network is large.
    parse(path, &a2d_file::read(path, len).map_err(Error::read(path))?, variables)
}

/// Reads the weights that these bytes of `path` are into `variables`.
pub(crate) fn parse(path: &Path, bytes: &[u8], variables: &nn::VarStore) -> Result<()> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(not_safetensors(path))?;
    let prefix = check(path, &header, variables)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(not_safetensors(path))?;
    for (name, variable) in variables.variables() {
        let name = format!("{prefix}{name}");
        let view = tensors.tensor(&name).map_err(not_safetensors(path))?;
        // Checked above.
        let kind = float_kind(view.dtype()).unwrap_or(Kind::Float);
        let weights =
            Tensor::from_data_size(view.data(), &variable.size(), kind).to_kind(Kind::Float);
        if !are_finite(&weights) {
            let found = "a value that is not finite";
            return Err(Error::malformed(path, expected(&name, &variable), &found).into());
        }
        tch::no_grad(|| variable.shallow_clone().copy_(&weights));
    }
    Ok(())
}

/// Refuses a file of weights with this header that are not those of `variables`. Returns what its names begin
/// with beside them.
fn check(path: &Path, header: &Metadata, variables: &nn::VarStore) -> Result<&'static str> {
    let malformed = |expected: String, found: String| Error::malformed(path, expected, &found);
    let tensors = header.tensors();
    let prefix = if tensors.keys().all(|name| name.starts_with(PREFIX)) { PREFIX } else { "" };
    let variables = variables.variables();
    let has_place = |name: &str| variables.contains_key(name.strip_prefix(prefix).unwrap_or(name));
    let strangers =
        tensors.iter().filter(|(name, info)| !has_place(name) && !is_integer(info.dtype));
    if let Some(stranger) = strangers.map(|(name, _)| name).min() {
        return Err(malformed(
            format!("the tensors {}", names(&variables)),
            format!("{stranger:?}"),
        )
        .into());
    }
    for (name, variable) in &variables {
        let found = match tensors.get(&format!("{prefix}{name}")) {
            Some(found)
                if float_kind(found.dtype).is_some() && is_shape(&found.shape, variable) =>
            {
                continue;
            }
            Some(found) => format!("{:?}, shape {:?}", found.dtype, found.shape),
            None => "no such tensor".into(),
        };
        return Err(malformed(expected(name, variable), found).into());
    }
    Ok(prefix)
}

fn expected(name: &str, variable: &Tensor) -> String {
    format!("tensor {name:?} of finite floats, shape {:?}", variable.size())
}

/// The name of a tensor with a value that is not finite, if there is one.
pub(crate) fn first_not_finite(variables: &nn::VarStore) -> Option<String> {
    let mut broken: Vec<_> = variables.variables().into_iter().collect();
    broken.retain(|(_, weights)| !are_finite(weights));
    broken.into_iter().map(|(name, _)| name).min()
}

pub(crate) fn are_finite(weights: &Tensor) -> bool {
    bool::try_from(weights.isfinite().all()).unwrap_or(false)
}

/// What names begin with if the network was wrapped for several devices.
const PREFIX: &str = "module.";

/// How libtorch calls these floats.
fn float_kind(dtype: Dtype) -> Option<Kind> {
    match dtype {
        Dtype::F16 => Some(Kind::Half),
        Dtype::BF16 => Some(Kind::BFloat16),
        Dtype::F32 => Some(Kind::Float),
        Dtype::F64 => Some(Kind::Double),
        _ => None,
    }
}

fn is_integer(dtype: Dtype) -> bool {
    use Dtype::{BOOL, I8, I16, I32, I64, U8, U16, U32, U64};
    matches!(dtype, BOOL | I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64)
}

fn is_shape(shape: &[usize], variable: &Tensor) -> bool {
    let expected = variable.size();
    shape.len() == expected.len() && shape.iter().zip(expected).all(|(n, m)| *n as i64 == m)
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

/// Lays out the weights of a convolution channel by channel within each pixel, and with them all that is
/// computed from them: libtorch's convolutions and pools are faster so. Other weights stay as they are.
pub(crate) fn lay_out(mut weights: Tensor) {
    let Ok((_, channels, height, width)) = weights.size4() else { return };
    // Strides given one by one, since `contiguous` takes a single channel for last as it is.
    let row = width * channels;
    let strides = [height * row, 1, row, channels];
    if weights.stride() != strides {
        let mut channels_last =
            Tensor::empty_strided(weights.size(), strides, (weights.kind(), weights.device()));
        tch::no_grad(|| channels_last.copy_(&weights));
        weights.set_data(&channels_last);
    }
}

/// Hex SHA-256 of an architecture, its weights and buffers, whatever file they came from, and whatever else is
/// `decisive`.
pub(crate) fn fingerprint(name: &str, variables: &nn::VarStore, decisive: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(name);
    for (name, _, bytes) in sorted_bytes(variables) {
        hash.update(name);
        hash.update(bytes);
    }
    if !decisive.is_empty() {
        hash.update([0]);
        hash.update(decisive);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Architecture, Classifier};
    use tch::Device;

    fn architecture() -> Architecture {
        "wrn-10-1".parse().unwrap()
    }

    fn classifier() -> Classifier {
        Classifier::untrained(architecture(), 1, Device::Cpu)
    }

    /// A file with the weights of the classifier as `dtype`, each name after `prefix`, and other tensors.
    fn load(
        dtype: Dtype,
        prefix: &str,
        others: &[(&str, Dtype)],
    ) -> std::result::Result<Classifier, String> {
        let kind = float_kind(dtype).unwrap();
        let variables = classifier().variables.variables();
        let named = variables.into_iter().map(|(name, weights)| {
            let shape: Vec<usize> = weights.size().iter().map(|n| *n as usize).collect();
            let weights = weights.detach().to_kind(kind).contiguous();
            let mut bytes = vec![0; weights.numel() * dtype.bitsize() / 8];
            weights.copy_data_u8(&mut bytes, weights.numel());
            (format!("{prefix}{name}"), dtype, shape, bytes)
        });
        let others = others.iter().map(|(name, dtype)| {
            ((*name).to_owned(), *dtype, vec![], vec![7; dtype.bitsize() / 8])
        });
        let tensors: Vec<_> = named.chain(others).collect();
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
        Classifier::load(&path, Some(architecture()), Device::Cpu)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn floats_of_any_size_are_computed_in_float32() {
        for dtype in [Dtype::F16, Dtype::BF16, Dtype::F32, Dtype::F64] {
            let loaded = load(dtype, "", &[]).unwrap();
            let kind = float_kind(dtype).unwrap();
            let rounded = classifier().mutated(|weights| {
                for weights in weights.values_mut() {
                    *weights = weights.to_kind(kind).to_kind(Kind::Float);
                }
            });
            assert_eq!(loaded.fingerprint(), rounded.unwrap().fingerprint(), "{dtype:?}");
            assert!(loaded.variables.variables().values().all(|w| w.kind() == Kind::Float));
        }
    }

    #[test]
    fn names_of_wrapped_networks_and_counters_are_understood() {
        let counters = [("bn.num_batches_tracked", Dtype::I64), ("mask", Dtype::BOOL)];
        let wrapped = ["module.bn.num_batches_tracked", "module.mask"];
        let wrapped = [(wrapped[0], Dtype::I64), (wrapped[1], Dtype::BOOL)];
        for loaded in [load(Dtype::F32, "", &counters), load(Dtype::F32, "module.", &wrapped)] {
            assert_eq!(loaded.unwrap().fingerprint(), classifier().fingerprint());
        }
    }

    #[test]
    fn names_that_no_layer_has_are_refused() {
        for (prefix, others, found) in [
            ("", &[("scale", Dtype::F32)][..], "found \"scale\""),
            ("module.", &[("bn.num_batches_tracked", Dtype::I64)], "found \"module.bn.bias\""),
            ("net.", &[], "found \"net.bn.bias\""),
        ] {
            let message = load(Dtype::F32, prefix, others).unwrap_err();
            assert!(message.ends_with(found), "{message}");
        }
    }
}
