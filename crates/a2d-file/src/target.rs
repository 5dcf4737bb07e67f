//! Where an output goes, once links are followed.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::identity::Identity;
use crate::links::{folder, follow};

/// The place of an output: a regular file, or nothing yet, in a folder that is there.
#[derive(Debug)]
pub(crate) struct Target {
    /// Leads through no link in its last part.
    pub(crate) path: PathBuf,
    /// What is known of the file that is there.
    pub(crate) before: Option<Metadata>,
}

impl Target {
    /// Where the output at `path` goes.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(there) if there.is_file() => {
                let end = follow(path)?;
                // A link of /proc may lead to a file that has no name any more, or another one.
                if Identity::of(&end) != Identity::of(path) {
                    return Err(io::Error::other("expected a file with a name, found one without"));
                }
                Ok(Self { path: end, before: Some(there) })
            }
            Ok(there) => Err(other_than_file(&there)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let end = follow(path)?;
                if end.file_name().is_none() {
                    return Err(io::Error::other("expected the name of a file, found none"));
                }
                if !fs::metadata(folder(&end))?.is_dir() {
                    return Err(ErrorKind::NotADirectory.into());
                }
                Ok(Self { path: end, before: None })
            }
            Err(error) => Err(error),
        }
    }

    /// A hidden file beside it, with an extension that says for what.
    pub(crate) fn hidden(&self, extension: &str) -> PathBuf {
        hidden(&self.path, extension)
    }
}

/// The hidden file beside `path` with an extension that says for what.
pub(crate) fn hidden(path: &Path, extension: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".");
    name.push(extension);
    folder(path).join(name)
}

/// Refuses a path at which something other than a regular file is.
///
/// A file renamed to `/dev/null` would take the device's place, for every program on the machine. Links
/// are followed: what counts is what they lead to.
///
/// # Errors
/// If there is a folder, a device, a pipe or a socket, or if it cannot be told.
pub fn check_target(path: &Path) -> io::Result<()> {
    match Target::of(path) {
        // Only the system's word on an output that could be: it is refused when its folder is looked at.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Refuses a link: who put it there may mean to have another file written.
pub(crate) fn check_no_link(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_symlink() => Err(other_than_file(&there)),
        _ => Ok(()),
    }
}

/// What is said of something in the place of a file.
pub(crate) fn other_than_file(there: &Metadata) -> io::Error {
    let found = kind(there);
    io::Error::other(format!("expected a regular file or nothing there, found {found}"))
}

/// What is there, if not a regular file.
fn kind(there: &Metadata) -> &'static str {
    if there.is_dir() {
        "a folder"
    } else if there.is_symlink() {
        "a link"
    } else {
        "a device, pipe or socket"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_and_a_place_in_none_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = Target::of(folder.path()).unwrap_err().to_string();
        assert_eq!(error, "expected a regular file or nothing there, found a folder");
        let nowhere = folder.path().join("no/x");
        assert_eq!(Target::of(&nowhere).unwrap_err().kind(), ErrorKind::NotFound);
        assert!(check_target(&nowhere).is_ok());
        fs::write(folder.path().join("file"), "").unwrap();
        let error = Target::of(&folder.path().join("file/x")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotADirectory);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_to_their_end() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("sub")).unwrap();
        symlink("sub/new", at("one")).unwrap();
        symlink("one", at("two")).unwrap();
        assert_eq!(Target::of(&at("two")).unwrap().path, at("sub/new"));
        symlink("ring", at("ring")).unwrap();
        assert!(Target::of(&at("ring")).is_err());
        symlink("/dev/null", at("null")).unwrap();
        let error = Target::of(&at("null")).unwrap_err().to_string();
        assert!(error.ends_with("found a device, pipe or socket"), "{error}");
    }
}
