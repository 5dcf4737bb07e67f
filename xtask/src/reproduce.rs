//! `cargo xtask reproduce`: builds what it takes, and has `a2d-lab` do the paper's experiments.

use crate::{binary, setup, workspace};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;

/// All arguments are those of a2d-lab.
#[derive(Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Reproduce {
    /// Tables, environments and options: see `cargo xtask reproduce --help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

impl Reproduce {
    /// Builds the binaries and runs the laboratory.
    pub(crate) fn run(self) -> Result<()> {
        setup::run()?;
        let [a2d, lab] = binary::build()?;
        let a2d = env::var_os("A2D_BINARY").unwrap_or_else(|| a2d.into());
        run(&lab, Path::new(&a2d), &self.arguments)
    }
}

/// Runs the laboratory in the root of the workspace.
pub(crate) fn run<T: AsRef<OsStr>>(
    lab: &Path,
    a2d: &Path,
    arguments: impl IntoIterator<Item = T>,
) -> Result<()> {
    let status = command(lab, a2d).args(arguments).status();
    let status = status.with_context(|| format!("cannot run {}", lab.display()))?;
    ensure!(status.success(), "a2d-lab failed: {status}");
    Ok(())
}

/// The laboratory, to be run in the root of the workspace.
pub(crate) fn command(lab: &Path, a2d: &Path) -> Command {
    let mut command = Command::new(lab);
    command.current_dir(workspace::root()).env("A2D_BINARY", a2d);
    command
}
