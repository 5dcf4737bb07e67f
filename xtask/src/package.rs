//! `cargo xtask package`: packages of the crates as they are published, and a look into each.
//!
//! Nothing is built from them: that takes as long as the workspace, and what is missing is told by names alone.

mod contents;

use crate::say::say;
use crate::workspace;
use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand, Package};

/// Makes the packages, and prints all that is wrong with them before it fails.
pub(crate) fn run() -> Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cannot read the workspace's metadata")?;
    make(&metadata)?;
    let folder = metadata.target_directory.join("package");
    let (mut violations, mut packages) = (Vec::new(), 0);
    for package in metadata.packages.iter().filter(|package| is_published(package)) {
        let name = format!("{}-{}", package.name, package.version);
        let files = contents::read(folder.join(format!("{name}.crate")).as_std_path())?;
        violations.extend(contents::violations(&name, &files));
        packages += 1;
    }
    for violation in &violations {
        say(format_args!("{violation}"));
    }
    ensure!(violations.is_empty(), "{} to mend in the packages", violations.len());
    say(format_args!("{packages} packages are in {folder}"));
    Ok(())
}

fn make(metadata: &Metadata) -> Result<()> {
    let mut cargo = workspace::cargo();
    cargo.args(["package", "--workspace", "--no-verify", "--allow-dirty"]);
    // To make lock files, cargo asks the registry about all crates, and nothing here looks at them.
    cargo.arg("--exclude-lockfile");
    for package in metadata.packages.iter().filter(|package| !is_published(package)) {
        cargo.args(["--exclude", &package.name]);
    }
    let status = cargo.status().context("cannot run cargo")?;
    ensure!(status.success(), "cargo package: {status}");
    Ok(())
}

/// `publish = false` is a list of no registries.
fn is_published(package: &Package) -> bool {
    package.publish.as_ref().is_none_or(|registries| !registries.is_empty())
}
