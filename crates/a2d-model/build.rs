//! Tells the crate which version of libtorch it is built against, for cards.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    let folder = env::var_os("LIBTORCH").map(PathBuf::from);
    let version = folder.as_deref().and_then(version).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=A2D_LIBTORCH={version}");
}

/// The version of the libtorch in this folder: a file of its own, or that of the Python package.
fn version(folder: &Path) -> Option<String> {
    let read = |name| {
        let path = folder.join(name);
        println!("cargo::rerun-if-changed={}", path.display());
        fs::read_to_string(path).ok()
    };
    let of_package = || {
        let module = read("version.py")?;
        let version = module.lines().find_map(|line| line.strip_prefix("__version__ = "))?;
        Some(version.trim_matches(['\'', '"']).to_owned())
    };
    let version = read("build-version").or_else(of_package)?;
    version.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
}
