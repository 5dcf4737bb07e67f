//! The link `.libtorch` in the root of the workspace.

use anyhow::{Context, Result, ensure};
use std::io;
use std::path::Path;

/// Makes `link` point to `target`: replaced in one step, and left alone when it does already.
pub(super) fn point(link: &Path, target: &Path) -> Result<()> {
    if link.read_link().is_ok_and(|current| current == target) {
        return Ok(());
    }
    let shown = link.display();
    ensure!(
        link.is_symlink() || !link.exists(),
        "{shown} is not a link; move it away, or set LIBTORCH to it"
    );
    let parent = link.parent().context("the link has no parent folder")?;
    tempfile::Builder::new()
        .prefix(".libtorch-")
        .make_in(parent, |path| symlink(target, path))
        .and_then(|new| Ok(new.into_temp_path().persist(link)?))
        .with_context(|| format!("cannot make {shown} a link to {}", target.display()))
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_dir(target, link)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_link_is_made_then_kept_then_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join(".libtorch");
        let modified = || fs::symlink_metadata(&link).unwrap().modified().unwrap();

        point(&link, Path::new("/first")).unwrap();
        assert_eq!(link.read_link().unwrap(), Path::new("/first"));
        let before = modified();
        point(&link, Path::new("/first")).unwrap();
        assert_eq!(modified(), before);

        point(&link, Path::new("/second")).unwrap();
        assert_eq!(link.read_link().unwrap(), Path::new("/second"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_in_its_place_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join(".libtorch");
        fs::create_dir(&link).unwrap();
        let error = point(&link, Path::new("/first")).unwrap_err().to_string();
        assert!(error.contains("is not a link"), "{error}");
        assert!(link.is_dir());
    }
}
