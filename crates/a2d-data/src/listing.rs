//! What is in folders of images.

use crate::{Error, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The files `<class>/*` of a folder, in the order of class and name.
#[derive(Clone, Debug)]
pub(crate) struct Classes {
    pub(crate) names: Vec<String>,
    /// The number of the class of each file.
    pub(crate) labels: Vec<u32>,
    pub(crate) paths: Vec<PathBuf>,
}

impl Classes {
    /// Lists a folder; there may be no class.
    pub(crate) fn of(dir: &Path) -> Result<Self> {
        let mut classes = Self { names: vec![], labels: vec![], paths: vec![] };
        for name in names(dir)? {
            let class = dir.join(&name);
            if !class.is_dir() {
                continue;
            }
            let files = names(&class)?;
            if files.is_empty() {
                return Err(malformed(&class, "the folder of a class has no file"));
            }
            let number = classes.names.len() as u32;
            classes.labels.resize(classes.labels.len() + files.len(), number);
            classes.paths.extend(files.into_iter().map(|file| class.join(file)));
            let name = name.into_string();
            let name = name.map_err(|_| malformed(&class, "the name of a class is not UTF-8"))?;
            classes.names.push(name);
        }
        Ok(classes)
    }
}

/// The files of images in a folder: those in the folders of its classes, in the order of class and name, or,
/// where there is no folder in it, its own by name. Names that begin with a dot do not count.
///
/// # Errors
/// When a folder cannot be read, there is no file, one for a class has none, or the name of a class is not
/// UTF-8.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// for name in ["b.png", "a.png", ".hidden"] {
///     std::fs::write(dir.path().join(name), "")?;
/// }
/// let files = a2d_data::files_in(dir.path())?;
/// assert_eq!(files, [dir.path().join("a.png"), dir.path().join("b.png")]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn files_in(dir: &Path) -> Result<Vec<PathBuf>> {
    let of_classes = Classes::of(dir)?.paths;
    if !of_classes.is_empty() {
        return Ok(of_classes);
    }
    let files: Vec<PathBuf> = names(dir)?.into_iter().map(|name| dir.join(name)).collect();
    if files.is_empty() {
        return Err(malformed(
            dir,
            "expected images or a folder of images for each class, found none",
        ));
    }
    Ok(files)
}

/// Whether a folder has a folder for each class.
///
/// # Errors
/// As [`files_in`].
pub fn has_classes(dir: &Path) -> Result<bool> {
    Ok(!Classes::of(dir)?.names.is_empty())
}

pub(crate) fn malformed(dir: &Path, problem: &str) -> Error {
    Error::malformed(dir, "image folder", problem.to_owned())
}

/// The names in a folder, sorted, without those that begin with a dot.
fn names(dir: &Path) -> Result<Vec<OsString>> {
    let list = || -> io::Result<Vec<OsString>> {
        let mut names = fs::read_dir(dir)?
            .map(|entry| entry.map(|entry| entry.file_name()))
            .filter(|name| {
                !name.as_ref().is_ok_and(|name| name.as_encoded_bytes().starts_with(b"."))
            })
            .collect::<io::Result<Vec<_>>>()?;
        names.sort_unstable();
        Ok(names)
    };
    list().map_err(|cause| Error::Read { path: dir.to_owned(), cause })
}
