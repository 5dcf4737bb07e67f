//! What an installed libtorch looks like.

use super::VERSION;
use anyhow::{Result, bail, ensure};
use std::fs;
use std::path::Path;

/// The library with the operators, by which an installation is told from any other folder.
pub(super) const LIBRARY: &str = if cfg!(windows) {
    "lib/torch_cpu.dll"
} else if cfg!(target_os = "macos") {
    "lib/libtorch_cpu.dylib"
} else {
    "lib/libtorch_cpu.so"
};

/// The file that holds the version. Not every installation has one.
pub(super) const VERSION_FILE: &str = "build-version";

/// Checks that `folder` holds libtorch's library and headers, and the right version if it says which.
pub(super) fn check(folder: &Path) -> Result<()> {
    let shown = folder.display();
    for part in [LIBRARY, "include"] {
        ensure!(folder.join(part).exists(), "{shown} is no libtorch: it has no {part}");
    }
    match fs::read_to_string(folder.join(VERSION_FILE)) {
        Ok(version) => check_version(&version),
        Err(_) => Ok(()),
    }
}

/// Checks a version such as `2.13.0+cpu`.
pub(super) fn check_version(version: &str) -> Result<()> {
    let version = version.trim();
    match version.split('+').next() {
        Some(VERSION) => Ok(()),
        _ => bail!("expected libtorch {VERSION}, found {version:?}"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Makes `folder` pass [`check`].
    pub(in super::super) fn imitate(folder: &Path) {
        fs::create_dir_all(folder.join("lib")).unwrap();
        fs::create_dir_all(folder.join("include")).unwrap();
        fs::write(folder.join(LIBRARY), "").unwrap();
        fs::write(folder.join(VERSION_FILE), format!("{VERSION}+cpu\n")).unwrap();
    }

    #[test]
    fn a_whole_installation_passes_with_and_without_a_version_file() {
        let folder = tempfile::tempdir().unwrap();
        imitate(folder.path());
        check(folder.path()).unwrap();
        fs::remove_file(folder.path().join(VERSION_FILE)).unwrap();
        check(folder.path()).unwrap();
    }

    #[test]
    fn a_missing_part_is_named() {
        let folder = tempfile::tempdir().unwrap();
        imitate(folder.path());
        fs::remove_dir(folder.path().join("include")).unwrap();
        let error = check(folder.path()).unwrap_err().to_string();
        assert!(error.ends_with("it has no include"), "{error}");
        fs::remove_file(folder.path().join(LIBRARY)).unwrap();
        let error = check(folder.path()).unwrap_err().to_string();
        assert!(error.contains("torch_cpu"), "{error}");
    }

    #[test]
    fn another_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        imitate(folder.path());
        fs::write(folder.path().join(VERSION_FILE), "2.13.01\n").unwrap();
        let error = check(folder.path()).unwrap_err().to_string();
        assert_eq!(error, "expected libtorch 2.13.0, found \"2.13.01\"");
    }
}
