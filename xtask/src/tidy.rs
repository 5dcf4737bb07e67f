//! `cargo xtask tidy`: the rules that no compiler checks. One file a rule; each returns what breaks it.

mod layers;
mod leftovers;
mod lengths;
mod openings;
mod reasons;
mod sizes;
mod torch_free;
mod tracked;

use crate::say::say;
use anyhow::{Result, ensure};
use std::path::Path;

/// A text file of the workspace, by its path from the root.
struct Source {
    path: String,
    text: String,
}

/// Checks every rule, and prints all that breaks one before it fails.
pub(crate) fn run() -> Result<()> {
    let files = tracked::files()?;
    let rust = tracked::sources(&files, is_rust)?;
    let manifests = tracked::sources(&files, is_manifest)?;
    let violations = [
        layers::violations(&layers::members()?),
        torch_free::violations(torch_free::cargo_tree)?,
        sizes::violations(&files),
        lengths::violations(&rust),
        openings::violations(&rust),
        leftovers::violations(&rust),
        reasons::violations(&manifests),
    ]
    .concat();
    for violation in &violations {
        say(format_args!("{violation}"));
    }
    ensure!(violations.is_empty(), "{} to tidy up", violations.len());
    Ok(())
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "Cargo.toml")
}
