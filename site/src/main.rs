//! `a2d-site FOLDER` builds the site there.

use std::path::Path;

use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    let out = std::env::args_os().nth(1).context("expected a folder for the site, got none")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    a2d_site::build(&root, Path::new(&out))
}
