//! Weights of PyTorch by name, as `torch.save(model.state_dict(), path)` wrote them before PyTorch 1.6.

use crate::pickle::{self, Tensor, Value};
use crate::{Error, Result};
use std::collections::HashMap;
use std::path::Path;

/// A tensor of floats and its name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// What the model calls it, such as `fc.weight`.
    pub name: String,
    /// Its lengths.
    pub shape: Vec<usize>,
    /// Its values, the last index fastest.
    pub values: Vec<f32>,
}

/// What a part of a file says, or in words why it says nothing.
type Parsed<T> = std::result::Result<T, String>;

/// What a file begins with: a pickled number, and the version of the layout.
const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.";

/// The tensors of float32 in the bytes of the file at `path`, in its order. Tensors of other types, such as counters of
/// batch normalisation, are passed over; nothing in the file is run.
///
/// # Errors
/// [`Error::Malformed`] if the bytes are of another layout, cut, or not of tensors alone.
pub fn state_dict(path: &Path, bytes: &[u8]) -> Result<Vec<NamedTensor>> {
    parse(bytes).map_err(|problem| Error::malformed(path, "state dict", problem))
}

fn parse(bytes: &[u8]) -> Parsed<Vec<NamedTensor>> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("expected a state dict as before PyTorch 1.6")?;
    let (system, rest) = pickle::value(rest)?;
    let is_little_endian = |item: &[Value]| matches!(item, [Value::Text(name), Value::Truth(true)] if &**name == "little_endian");
    match system {
        Value::Dictionary(system) if system.chunks(2).any(is_little_endian) => (),
        _ => return Err("expected values in little-endian order, found others".into()),
    }
    let (Value::Dictionary(items), rest) = pickle::value(rest)? else {
        return Err("expected a dictionary of tensors, found something else".into());
    };
    let (Value::List(keys), mut rest) = pickle::value(rest)? else {
        return Err("expected the names of the storages, found something else".into());
    };
    let mut tensors = vec![];
    for item in items.chunks(2) {
        let [Value::Text(name), Value::Tensor(tensor)] = item else {
            return Err("expected tensors by name, found something else".into());
        };
        tensors.push((name, tensor));
    }
    let mut storages = HashMap::new();
    for key in &keys {
        let Value::Text(key) = key else {
            return Err("expected the names of the storages, found something else".into());
        };
        let of = tensors.iter().find(|(_, tensor)| tensor.key == **key);
        let (_, tensor) = of.ok_or_else(|| format!("storage {key} is of no tensor"))?;
        let (count, values) = rest.split_first_chunk().ok_or_else(|| cut(key))?;
        let count = u64::from_le_bytes(*count);
        if count != tensor.elements {
            return Err(format!(
                "storage {key}: expected {} values, found {count}",
                tensor.elements
            ));
        }
        let len = count.checked_mul(width(tensor)?).and_then(|len| usize::try_from(len).ok());
        let split = len.and_then(|len| values.split_at_checked(len));
        let (values, behind) = split.ok_or_else(|| cut(key))?;
        storages.insert(&**key, values);
        rest = behind;
    }
    if !rest.is_empty() {
        return Err(format!("expected its end, found {} bytes more", rest.len()));
    }
    let floats = tensors.into_iter().filter(|(_, tensor)| tensor.storage == FLOAT);
    floats.map(|(name, tensor)| named(name, tensor, &storages)).collect()
}

const FLOAT: &str = "torch FloatStorage";

/// Bytes of a value in a tensor's storage.
fn width(tensor: &Tensor) -> Parsed<u64> {
    Ok(match &*tensor.storage {
        "torch ByteStorage" | "torch CharStorage" | "torch BoolStorage" => 1,
        "torch HalfStorage" | "torch ShortStorage" => 2,
        FLOAT | "torch IntStorage" => 4,
        "torch DoubleStorage" | "torch LongStorage" => 8,
        other => return Err(format!("expected floats or integers, found {other}")),
    })
}

fn named(name: &str, tensor: &Tensor, storages: &HashMap<&str, &[u8]>) -> Parsed<NamedTensor> {
    let storage = storages.get(&*tensor.key).ok_or_else(|| cut(&tensor.key))?;
    let (values, _) = storage.as_chunks();
    let places = places(tensor, values.len()).ok_or_else(|| {
        format!("{name}: expected a tensor within its storage of {} values", values.len())
    })?;
    let values = places.into_iter().map(|place| f32::from_le_bytes(values[place])).collect();
    Ok(NamedTensor { name: name.to_owned(), shape: tensor.shape.clone(), values })
}

/// Where the values of a tensor lie in its storage, the last index fastest; none unless each is below `len` and they
/// are no more.
fn places(tensor: &Tensor, len: usize) -> Option<Vec<usize>> {
    let Tensor { offset, shape, strides, .. } = tensor;
    if shape.len() != strides.len() {
        return None;
    }
    let count = shape.iter().try_fold(1usize, |count, length| count.checked_mul(*length))?;
    let mut places = vec![usize::try_from(*offset).ok()?];
    if count > len {
        return None;
    }
    for (length, stride) in shape.iter().zip(strides) {
        let last = length.saturating_sub(1).checked_mul(*stride)?;
        let _ = places.last().map_or(Some(0), |place| place.checked_add(last))?;
        places = places
            .iter()
            .flat_map(|place| (0..*length).map(move |index| place + index * stride))
            .collect();
    }
    places.iter().all(|place| *place < len).then_some(places)
}

fn cut(key: &str) -> String {
    format!("storage {key} is cut")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As PyTorch 2.13 writes `OrderedDict(a=arange(6.).view(2, 3), n=tensor(7), b=tensor([1.5]))` with
    /// `_use_new_zipfile_serialization=False`.
    const FILE: &[u8] = include_bytes!("../tests/state_dict/legacy.pth");
    /// The same of a convolution and batch norm, which note a version beside the weights.
    const MODULES: &[u8] = include_bytes!("../tests/state_dict/modules.pth");

    #[test]
    fn floats_have_names_shapes_and_values() {
        let named = |name: &str, shape: &[usize], values: &[f32]| NamedTensor {
            name: name.into(),
            shape: shape.into(),
            values: values.into(),
        };
        let expected = [named("a", &[2, 3], &[0., 1., 2., 3., 4., 5.]), named("b", &[1], &[1.5])];
        assert_eq!(parse(FILE).unwrap(), expected);
        let names: Vec<_> = parse(MODULES).unwrap().into_iter().map(|t| t.name).collect();
        let expected =
            ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"];
        assert_eq!(names, expected);
    }

    #[test]
    fn values_may_lie_in_another_order_and_never_beyond_their_storage() {
        let tensor = |offset, shape: &[usize], strides: &[usize]| Tensor {
            storage: FLOAT.into(),
            key: "0".into(),
            elements: 6,
            offset,
            shape: shape.into(),
            strides: strides.into(),
        };
        assert_eq!(places(&tensor(0, &[3, 2], &[1, 3]), 6).unwrap(), [0, 3, 1, 4, 2, 5]);
        assert_eq!(places(&tensor(2, &[], &[]), 6).unwrap(), [2]);
        for (offset, shape, strides) in [
            (1, &[3, 2][..], &[1, 3][..]),
            (6, &[], &[]),
            (0, &[7], &[0]),
            (0, &[2, 2], &[1, usize::MAX]),
            (u64::MAX, &[2], &[1]),
            (0, &[usize::MAX, 2], &[1, 1]),
            (0, &[2], &[]),
        ] {
            assert_eq!(places(&tensor(offset, shape, strides), 6), None, "{shape:?}");
        }
    }

    #[test]
    fn damage_is_an_error() {
        for len in 0..FILE.len() {
            assert!(parse(&FILE[..len]).is_err(), "{len}");
        }
        let message = parse(&[FILE, b"x"].concat()).unwrap_err();
        assert_eq!(message, "expected its end, found 1 bytes more");
        let name = FILE.windows(13).position(|part| part == b"little_endian").unwrap();
        let truth = name + FILE[name..].iter().position(|byte| *byte == 0x88).unwrap();
        let mut other = FILE.to_vec();
        other[truth] = 0x89;
        let message = parse(&other).unwrap_err();
        assert_eq!(message, "expected values in little-endian order, found others");
        let message = state_dict(Path::new("a.pth"), b"").unwrap_err().to_string();
        assert!(message.starts_with("cannot read a.pth as state dict: expected"), "{message}");
    }

    proptest! {
        #[test]
        fn no_bytes_panic(at in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..8)) {
            let mut damaged = MODULES.to_vec();
            let at = at.index(damaged.len());
            damaged.splice(at..damaged.len().min(at + bytes.len()), bytes);
            let _ = parse(&damaged);
        }
    }
}
