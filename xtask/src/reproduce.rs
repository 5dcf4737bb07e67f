//! `cargo xtask reproduce`: builds what it takes, and has `a2d-lab` do the paper's experiments.

use crate::{binary, setup, workspace};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::env;
use std::ffi::OsString;
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

/// Does the experiments of profile `smoke`, and fails if a finding does not hold.
pub(crate) fn smoke() -> Result<()> {
    let [a2d, lab] = binary::of_tests()?;
    run(&lab, &a2d, &["--profile", "smoke"].map(OsString::from))
}

fn run(lab: &Path, a2d: &Path, arguments: &[OsString]) -> Result<()> {
    let status = Command::new(lab)
        .current_dir(workspace::root())
        .args(arguments)
        .env("A2D_BINARY", a2d)
        .status()
        .with_context(|| format!("cannot run {}", lab.display()))?;
    ensure!(status.success(), "a2d-lab failed: {status}");
    Ok(())
}
