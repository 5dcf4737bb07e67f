//! What links lead to.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// As many links may lead to each other as the system follows.
const LINKS: usize = 40;

/// The end of the links that `path` begins, be there a file or not.
pub(crate) fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut end = path.to_owned();
    for _ in 0..LINKS {
        match fs::symlink_metadata(&end) {
            Ok(there) if there.is_symlink() => end = folder(&end).join(fs::read_link(&end)?),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => return Ok(end),
        }
    }
    Err(io::Error::other(format!("expected at most {LINKS} links, found more")))
}

/// The folder that a file is in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
