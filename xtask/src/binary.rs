//! The binary `a2d`, which tasks run.

use crate::say::say;
use crate::workspace;
use anyhow::{Context, Result, ensure};
use cargo_metadata::MetadataCommand;
use std::env;
use std::path::PathBuf;

/// Builds the binary and says where it is.
pub(crate) fn build() -> Result<PathBuf> {
    say(format_args!("== build a2d"));
    let build = workspace::cargo().args(["build", "--release", "--package", "a2d-cli"]).status();
    let status = build.context("cannot run cargo build")?;
    ensure!(status.success(), "build a2d failed: {status}");
    built_in("release")
}

/// Where the tests of the workspace built it: in their profile, so that nothing is built anew.
pub(crate) fn of_tests() -> Result<PathBuf> {
    built_in("debug")
}

fn built_in(folder: &str) -> Result<PathBuf> {
    let binary = format!("a2d{}", env::consts::EXE_SUFFIX);
    Ok(target_directory()?.join(folder).join(binary))
}

fn target_directory() -> Result<PathBuf> {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cannot read the workspace's metadata")?;
    Ok(metadata.target_directory.into())
}
