//! `cargo xtask site`: the documentation as a site.

use crate::say::say;
use crate::workspace;
use anyhow::{Context, Result, ensure};
use std::{fs, io};

/// Where the site is built.
const FOLDER: &str = "target/site";

/// Builds the site anew.
pub(crate) fn run() -> Result<()> {
    let folder = workspace::root().join(FOLDER);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
    .with_context(|| format!("cannot empty {FOLDER}"))?;
    let mut cargo = workspace::cargo();
    cargo.args(["run", "--quiet", "--package", "a2d-site", "--"]).arg(&folder);
    let status = cargo.status().context("cannot run cargo")?;
    ensure!(status.success(), "build the site: {status}");
    say(format_args!("The site is {FOLDER}/html/index.html"));
    Ok(())
}
