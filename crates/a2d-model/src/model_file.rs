//! Models out of files of any kind that is known by content.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use a2d_file::Error as FileError;
use tch::Device;

use crate::foreign::Probed;
use crate::{Classifier, Description, Result, torchscript};

/// What a model file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelFile {
    /// Weights alone: what network they are of must be known.
    Weights,
    /// A network with its weights, as `torch.jit.save` writes it.
    TorchScript,
}

/// What to do where a file has no network in it.
const EXPORT: &str = "export one by `torch.jit.trace(model.eval(), images).save(\"net.ts\")`";

impl ModelFile {
    /// What the file holds, by its content.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if it cannot be read, or is of a kind that has no network and no
    /// weights to read.
    pub fn of(path: &Path) -> Result<Self> {
        let mut file = a2d_file::open(path).map_err(FileError::read(path))?;
        let mut start = Vec::new();
        (&mut file).take(4).read_to_end(&mut start).map_err(FileError::read(path))?;
        let found = match start[..] {
            [b'P', b'K', ..] => match in_archive(file) {
                Ok(Archive::TorchScript) => return Ok(Self::TorchScript),
                Ok(Archive::Tensors) => format!(
                    "a state dict or tensors of PyTorch, which have no network in them; {EXPORT}"
                ),
                Ok(Archive::Program) => {
                    format!("a program of torch.export, which libtorch does not run; {EXPORT}")
                }
                Ok(Archive::Other) => "an archive of another kind".into(),
                Err(error) => format!("a broken archive ({error})"),
            },
            [0x80, 2..=5, ..] => {
                format!("a state dict or object of Python, which has no network in it; {EXPORT}")
            }
            _ => return Ok(Self::Weights),
        };
        Err(FileError::malformed(path, "safetensors weights or a TorchScript network", &found)
            .into())
    }
}

/// Kinds of archives.
enum Archive {
    TorchScript,
    Tensors,
    Program,
    Other,
}

fn in_archive(file: File) -> zip::result::ZipResult<Archive> {
    let archive = zip::ZipArchive::new(BufReader::new(file))?;
    // All lie in a folder of the archive's name.
    let has = |part: &str| {
        archive
            .file_names()
            .flatten()
            .any(|name| name.split_once('/').is_some_and(|(_, rest)| rest.starts_with(part)))
    };
    Ok(if has("constants.pkl") || has("code/") {
        Archive::TorchScript
    } else if has("models/") || has("serialized_exported_program") || has("archive_format") {
        Archive::Program
    } else if has("data.pkl") {
        Archive::Tensors
    } else {
        Archive::Other
    })
}

impl Classifier {
    /// Opens a model file of any kind: weights, as [`load`](Self::load) does, or a network in TorchScript.
    ///
    /// TorchScript is code: it runs in this process whenever the network is asked. Open what you trust, and pin it by
    /// its digest.
    ///
    /// # Errors
    /// [`Error::File`](crate::Error::File) if the file cannot be used, or has another digest than was said; those of
    /// [`load`](Self::load) for weights, and of [`of_network`](Self::of_network) for a network;
    /// [`Error::Undescribed`](crate::Error::Undescribed) if nobody says which images a network takes.
    pub fn open(path: &Path, said: &Description, device: Device) -> Result<Probed> {
        match ModelFile::of(path)? {
            ModelFile::TorchScript => torchscript::open(path, said, device),
            ModelFile::Weights => {
                if let Some(expected) = &said.sha256 {
                    let found = a2d_file::sha256(path).map_err(FileError::read(path))?;
                    check_digest(path, expected, &found)?;
                }
                let classifier = Self::load_described(path, said, device)?;
                Ok(Probed { classifier, findings: vec![] })
            }
        }
    }
}

/// Refuses a file with another digest than was said.
pub(crate) fn check_digest(path: &Path, said: &str, found: &str) -> Result<()> {
    if said.eq_ignore_ascii_case(found) {
        return Ok(());
    }
    Err(FileError::malformed(path, format!("a file with SHA-256 {said}"), &found).into())
}
