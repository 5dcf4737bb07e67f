//! Arrays in zip archives: npz files of NumPy and tensors of PyTorch.

use crate::array::Array;
use crate::error::one_line;
use crate::input_file::InputFile;
use crate::npy::{Header, MAX_END};
use crate::packed::{Packed, Packing};
use crate::problem::Problem;
use crate::zip::{self, Member};
use crate::{Axes, tensor};
use flate2::bufread::DeflateDecoder;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What files of several arrays are read as.
pub(crate) const FORMAT: &str = "npz or tensor file";

/// The most names that a message lists.
const NAMED: usize = 8;

/// The file that a path names, and the array of it where the path goes on with that: `a.npz:x`. A file whose
/// name has a colon comes first.
pub(crate) fn split(path: &Path) -> (PathBuf, Option<String>) {
    let whole = || (path.to_owned(), None);
    if path.symlink_metadata().is_ok() {
        return whole();
    }
    let name = path.file_name().and_then(OsStr::to_str);
    match name.and_then(|name| name.rsplit_once(':')) {
        Some((file, array)) if !file.is_empty() && !array.is_empty() => {
            (path.with_file_name(file), Some(array.to_owned()))
        }
        _ => whole(),
    }
}

/// The array of this name, or the only one.
pub(crate) fn open(file: &InputFile, wanted: Option<&str>, axes: Axes) -> Result<Array, Problem> {
    let members = zip::members(file)?;
    if members.iter().any(|member| member.name.ends_with("/data.pkl")) {
        return match wanted {
            None => tensor::open(file, &members, axes),
            Some(name) => {
                Err(format!("expected an npz file, as {name:?} is to be in it, found a tensor")
                    .into())
            }
        };
    }
    let arrays: Vec<(&str, &Member)> = members
        .iter()
        .filter_map(|member| Some((member.name.strip_suffix(".npy")?, member)))
        .collect();
    let listed = || {
        let names: Vec<_> = arrays.iter().take(NAMED).map(|(name, _)| one_line(name)).collect();
        format!("{}{}", names.join(", "), if arrays.len() > NAMED { ", ..." } else { "" })
    };
    let found = match (wanted, &arrays[..]) {
        (_, []) => return Err("expected an array or a tensor, found neither".into()),
        (None, [(_, only)]) => only,
        (None, _) => {
            return Err(format!(
                "expected one array, found {}: {}; name one, as in a.npz:{}",
                arrays.len(),
                listed(),
                one_line(arrays[0].0)
            )
            .into());
        }
        (Some(wanted), _) => {
            let named = arrays.iter().find(|(name, _)| *name == wanted);
            let missing =
                || format!("expected an array {:?}, found {}", one_line(wanted), listed());
            named.ok_or_else(missing)?.1
        }
    };
    array(file, found, axes)
}

/// The array in a member that is an npy file.
fn array(file: &InputFile, member: &Member, axes: Axes) -> Result<Array, Problem> {
    let start = member.place.start;
    let header_end = member.place.end.min(start + MAX_END as u64);
    let mut head = file.part(start..header_end, MAX_END)?;
    if member.deflated {
        let mut inflated = vec![];
        // As far as it goes: a header that is cut is one that is missing.
        let _ = DeflateDecoder::new(&*head).take(MAX_END as u64).read_to_end(&mut inflated);
        head = inflated;
    }
    let header = Header::parse(&head)?;
    let mut layout = header.layout(axes, member.len)?;
    if !member.deflated && !header.fortran {
        layout.start += start;
        return Ok(Array::on_disk(FORMAT, layout));
    }
    let packing =
        if member.deflated { Packing::Deflate { crc: member.crc } } else { Packing::None };
    let packed = Packed { packing, bytes: member.place.clone(), fortran: header.fortran };
    Ok(Array::packed(FORMAT, layout, packed)?)
}
