//! Tensors of PyTorch, as `torch.save(images, path)` writes them.

use crate::Axes;
use crate::array::Array;
use crate::input_file::InputFile;
use crate::layout::{Encoding, Layout};
use crate::pickle::{self, Tensor};
use crate::problem::Problem;
use crate::zip::Member;

/// What files are read as.
const FORMAT: &str = "tensor";

/// The longest description of a tensor; one takes some 200 bytes.
const MAX_PICKLE: usize = 4096;

/// The tensor in an archive with these members. It lies there as it is, so its rows stay on disk.
pub(crate) fn open(file: &InputFile, members: &[Member], axes: Axes) -> Result<Array, Problem> {
    let named = |name: &str| {
        let member = members.iter().find(|member| member.name == name);
        let member = member.ok_or_else(|| format!("expected a member {name}, found none"))?;
        if member.deflated {
            return Err(format!("{name}: expected a stored member, found a deflated one"));
        }
        Ok(member)
    };
    let root = members.iter().find_map(|member| member.name.strip_suffix("/data.pkl"));
    let root = root.unwrap_or_default();
    if members.iter().any(|member| member.name.starts_with(&format!("{root}/code/"))) {
        return Err("expected a tensor of images, found a network (TorchScript)".into());
    }
    let byteorder = format!("{root}/byteorder");
    if members.iter().any(|member| member.name == byteorder) {
        let order = file.part(named(&byteorder)?.place.clone(), MAX_PICKLE)?;
        if order != b"little" {
            return Err("expected a tensor in little-endian order, found another".into());
        }
    }
    let description = named(&format!("{root}/data.pkl"))?;
    let tensor = pickle::tensor(&file.part(description.place.clone(), MAX_PICKLE)?)?;
    let storage = named(&format!("{root}/data/{}", tensor.key))?;
    Ok(Array::on_disk(FORMAT, layout(&tensor, storage, axes)?))
}

/// Where the values of a tensor lie in the member that holds its storage.
fn layout(tensor: &Tensor, storage: &Member, axes: Axes) -> Result<Layout, String> {
    let encoding = match &*tensor.storage {
        "torch ByteStorage" => Some(Encoding::Byte),
        "torch HalfStorage" => Some(Encoding::HalfLittleEndian),
        "torch FloatStorage" => Some(Encoding::SingleLittleEndian),
        "torch DoubleStorage" => Some(Encoding::DoubleLittleEndian),
        _ => None,
    };
    let (Some(encoding), Some(dims)) = (encoding, axes.dims(&tensor.shape)) else {
        let (storage, shape) = (&tensor.storage, &tensor.shape);
        let expected = Encoding::EXPECTED;
        return Err(format!(
            "the tensor is {storage} of shape {shape:?}, expected {expected} {axes}"
        ));
    };
    if !tensor.is_contiguous() {
        return Err(format!(
            "the tensor has strides {:?} with shape {:?}, expected those of a contiguous one: save \
             images.contiguous()",
            tensor.strides, tensor.shape
        ));
    }
    let width = encoding.width() as u64;
    let claimed = crate::file::claimed_bytes(&tensor.shape, encoding.width())?;
    let first = tensor.offset.checked_mul(width);
    let end = first.and_then(|first| first.checked_add(claimed));
    let stored = tensor.elements.checked_mul(width);
    match (first, end) {
        (Some(first), Some(end)) if stored == Some(storage.len) && end <= storage.len => {
            let start = storage.place.start + first;
            Layout::new((dims, axes), start, encoding, start + claimed)
        }
        _ => Err(format!(
            "the tensor claims {} elements from number {} on, of {} in its storage, which has {} bytes",
            claimed / width,
            tensor.offset,
            tensor.elements,
            storage.len
        )),
    }
}
