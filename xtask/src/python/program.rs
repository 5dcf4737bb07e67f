//! The wheel of the program `a2d`, which runs on the libtorch of the torch that it is installed beside.

use super::environment::Environment;
use super::{WHEELS, maturin, pip_install, succeed};
use crate::workspace;
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const PACKAGE: &str = "a2d-cli";

/// What its build script asks for.
const WHEEL: &str = "A2D_WHEEL";

/// Builds the wheel, and runs what it installs.
pub(super) fn pack(environment: &Environment) -> Result<()> {
    let mut maturin = maturin(environment, PACKAGE, "release");
    succeed(maturin.env(WHEEL, "1"), &format!("build {PACKAGE}"))?;
    let folder = tempfile::tempdir().context("make a folder to install the program into")?;
    let mut pip = pip_install(environment, folder.path());
    succeed(pip.arg(built()?), "install the program")?;
    link(environment.torch(), folder.path().join("torch")).context("put torch beside it")?;
    let mut program = Command::new(folder.path().join("bin/a2d"));
    // Nothing but its own path leads it there.
    program.env_remove("LD_LIBRARY_PATH").args(["attacks", "bim"]);
    succeed(&mut program, "run the installed program")
}

fn built() -> Result<PathBuf> {
    let folder = workspace::root().join(WHEELS);
    let mut wheels = fs::read_dir(&folder).context("list the wheels")?;
    let is_of_program = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("a2d_cli-"))
    };
    wheels
        .find_map(|entry| entry.ok().map(|entry| entry.path()).filter(is_of_program))
        .with_context(|| format!("no wheel of {PACKAGE} in {}", folder.display()))
}

#[cfg(unix)]
use std::os::unix::fs::symlink as link;
#[cfg(windows)]
use std::os::windows::fs::symlink_dir as link;
