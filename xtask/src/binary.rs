//! The binaries that tasks run.

use crate::say::say;
use crate::workspace;
use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;
use std::env;
use std::path::PathBuf;

/// The programs: a2d, and what does experiments with it.
const PROGRAMS: [&str; 2] = ["a2d", "a2d-lab"];

/// Builds the binaries and says where they are, in the order of [`PROGRAMS`].
pub(crate) fn build() -> Result<[PathBuf; 2]> {
    built("build --release --package a2d-cli --package a2d-lab --bins", "release")
}

/// The same as the tests of the workspace have them: with the features of all packages, so that nothing is built anew
/// after the tests.
pub(crate) fn of_tests() -> Result<[PathBuf; 2]> {
    built("test --workspace --lib --bins --tests --no-run", "debug")
}

fn built(arguments: &str, folder: &str) -> Result<[PathBuf; 2]> {
    say(format_args!("== build a2d"));
    let status = workspace::cargo().args(arguments.split(' ')).status();
    let status = status.context("cannot run cargo")?;
    ensure!(status.success(), "build a2d failed: {status}");
    let folder = target_directory()?.join(folder);
    Ok(PROGRAMS.map(|program| folder.join(format!("{program}{}", env::consts::EXE_SUFFIX))))
}

fn target_directory() -> Result<PathBuf> {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cannot read the workspace's metadata")?;
    Ok(metadata.target_directory.into())
}
