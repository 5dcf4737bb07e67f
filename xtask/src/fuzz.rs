//! `cargo xtask fuzz`: feeds damaged files and numbers to every parser.

use crate::workspace;
use anyhow::{Context, Result, ensure};
use clap::Args;

/// Where files at fault are kept.
const FOLDER: &str = "target/fuzz";

/// How long, and what is drawn.
#[derive(Args)]
pub(crate) struct Fuzz {
    /// Minutes for all parsers together
    #[arg(default_value_t = 10.0)]
    minutes: f64,
    /// Seed of the damage
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl Fuzz {
    pub(crate) fn run(&self) -> Result<()> {
        let root = workspace::root();
        let status = workspace::cargo()
            .args(["run", "--quiet", "--package", "a2d-fuzz", "--"])
            .arg(self.minutes.to_string())
            .arg(root.join(FOLDER))
            .arg(self.seed.to_string())
            .status()
            .context("cannot run cargo")?;
        ensure!(status.success(), "fuzz: {status}; the files at fault are below {FOLDER}");
        Ok(())
    }
}
