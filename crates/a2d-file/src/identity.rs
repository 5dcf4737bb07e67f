//! Which file a path leads to, whatever it is called.

use std::ffi::OsString;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use crate::links;

/// What a path leads to when links are followed: two that are equal are the same file, also where it does
/// not exist yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    /// A file or folder that is there.
    There(Place),
    /// A name in a folder that is there.
    Missing(Place, OsString),
    /// A path into nowhere.
    Nowhere(PathBuf),
}

impl Identity {
    pub(crate) fn of(path: &Path) -> Self {
        if let Some(place) = Place::of(path) {
            return Self::There(place);
        }
        let missing = || {
            let path = links::follow(path).ok()?;
            Some(Self::Missing(Place::of(links::folder(&path))?, path.file_name()?.to_owned()))
        };
        missing().unwrap_or_else(|| {
            Self::Nowhere(std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
        })
    }
}

/// Where a file is: on which device, under which number.
#[cfg(unix)]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place(u64, u64);

#[cfg(unix)]
impl Place {
    /// Of the file that `path` leads to.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|there| Self::from(&there))
    }

    /// Whether an open file, of which this is known, is still what is at `path`, and no link.
    pub(crate) fn is_at(open: &Metadata, path: &Path) -> bool {
        path.symlink_metadata().is_ok_and(|there| Self::from(&there) == Self::from(open))
    }
}

#[cfg(unix)]
impl From<&Metadata> for Place {
    fn from(there: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(there.dev(), there.ino())
    }
}

/// Where a file is, by the path that leads to it without links.
#[cfg(not(unix))]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place(PathBuf);

#[cfg(not(unix))]
impl Place {
    pub(crate) fn of(path: &Path) -> Option<Self> {
        path.canonicalize().ok().map(Self)
    }

    pub(crate) fn is_at(_open: &Metadata, path: &Path) -> bool {
        path.symlink_metadata().is_ok_and(|there| there.is_file())
    }
}

/// Where the process prints to, if that is a file: its output, and its errors.
#[cfg(unix)]
pub(crate) fn printed() -> impl Iterator<Item = Identity> {
    use std::fs::File;
    use std::os::fd::AsFd as _;
    let (output, errors) = (std::io::stdout(), std::io::stderr());
    let streams = [output.as_fd().try_clone_to_owned(), errors.as_fd().try_clone_to_owned()];
    streams.into_iter().filter_map(|stream| {
        let there = File::from(stream.ok()?).metadata().ok()?;
        there.is_file().then(|| Identity::There(Place::from(&there)))
    })
}

#[cfg(not(unix))]
pub(crate) fn printed() -> impl Iterator<Item = Identity> {
    std::iter::empty()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_is_the_same_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "").unwrap();
        fs::write(at("b"), "").unwrap();
        fs::create_dir(at("sub")).unwrap();
        fs::hard_link(at("a"), at("hard")).unwrap();
        symlink("a", at("soft")).unwrap();
        symlink("soft", at("soft2")).unwrap();
        symlink("sub/new", at("dangling")).unwrap();
        let id = |name: &str| Identity::of(&at(name));
        for same in ["hard", "soft", "soft2", "./a", "sub/../a"] {
            assert_eq!(id("a"), id(same), "{same}");
        }
        assert_ne!(id("a"), id("b"));
        assert_eq!(id("sub/new"), id("dangling"));
        assert_eq!(id("sub/new"), id("sub/../sub/./new"));
        assert_ne!(id("sub/new"), id("new"));
        assert_eq!(id("no/x"), id("no/x"));
        assert_ne!(id("no/x"), id("no/y"));
    }
}
