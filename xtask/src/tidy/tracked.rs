//! The files of the repository.

use super::Source;
use crate::workspace;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A file of the repository.
pub(super) struct TrackedFile {
    /// From the root, with forward slashes.
    pub(super) path: String,
    pub(super) bytes: u64,
}

/// Every file that git tracks, or would by `git add --all`.
pub(super) fn files() -> Result<Vec<TrackedFile>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(workspace::root())
        .output()
        .context("cannot run git")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "git ls-files: {}", complaint.trim());
    let listing = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    let mut files = Vec::new();
    for path in listing.split_terminator('\0') {
        // A file that was removed, but is not yet for git, is listed and has no metadata.
        if let Ok(metadata) = fs::symlink_metadata(workspace::root().join(path)) {
            let bytes = metadata.len();
            files.push(TrackedFile { path: path.to_owned(), bytes });
        }
    }
    Ok(files)
}

/// The texts of the files whose path is `wanted`.
pub(super) fn sources(files: &[TrackedFile], wanted: fn(&Path) -> bool) -> Result<Vec<Source>> {
    files
        .iter()
        .map(|file| &file.path)
        .filter(|path| wanted(Path::new(path)))
        .map(|path| {
            let text = fs::read_to_string(workspace::root().join(path))
                .with_context(|| format!("cannot read {path}"))?;
            Ok(Source { path: path.clone(), text })
        })
        .collect()
}
