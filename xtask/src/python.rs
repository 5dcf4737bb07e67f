//! `cargo xtask python`: the Python packages, built, installed, tested, and used by the notebooks.

mod environment;
mod program;

use crate::say::say;
use crate::{setup, workspace};
use anyhow::{Context, Result, ensure};
use clap::Args;
use environment::Environment;
pub(crate) use environment::with_packages;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package, in the order in which they need each other.
const PACKAGES: [&str; 2] = ["a2d-detect-py", "a2d-py"];

/// Where wheels go, and what they are installed into: a folder of the checkout, since the environment in the cache
/// serves all of them.
const WHEELS: &str = "target/wheels";
const INSTALLED: &str = "target/python";

#[derive(Args, Default)]
pub(crate) struct Python {
    /// Build wheels to give away, optimised, in place of those that the tests take, and that of the program
    #[arg(long)]
    release: bool,
}

impl Python {
    /// Runs all steps and stops at the first that fails.
    pub(crate) fn run(&self) -> Result<()> {
        setup::run()?;
        let environment = Environment::ready()?;
        say(format_args!("Python is {}", environment.folder().display()));
        clippy(&environment)?;
        let root = workspace::root();
        empty(&root.join(WHEELS))?;
        empty(&root.join(INSTALLED))?;
        let profile = if self.release { "release" } else { "dev" };
        for package in PACKAGES {
            let mut maturin = maturin(&environment, package, profile);
            succeed(
                maturin.arg("--interpreter").arg(environment.interpreter()),
                &format!("build {package}"),
            )?;
        }
        install(&environment, &root)?;
        test(&environment)?;
        // The program has its own tests; its wheel is to give away.
        if self.release { program::pack(&environment) } else { Ok(()) }
    }
}

/// The command that builds the wheel of a crate.
fn maturin(environment: &Environment, package: &str, profile: &str) -> Command {
    let manifest = format!("crates/{package}/Cargo.toml");
    let mut maturin = environment.python();
    maturin.args(["-m", "maturin", "build", "--manifest-path", &manifest]);
    maturin.args(["--profile", profile, "--out", WHEELS]);
    maturin
}

/// The lints of what is not compiled with the workspace.
fn clippy(environment: &Environment) -> Result<()> {
    for package in PACKAGES {
        let mut cargo = workspace::cargo();
        cargo.args(["clippy", "--no-deps", "--package", package]);
        cargo.args(["--features", "extension-module"]);
        environment.enter(cargo.args(["--", "-D", "warnings"]));
        succeed(&mut cargo, &format!("clippy of {package}"))?;
    }
    Ok(())
}

fn install(environment: &Environment, root: &Path) -> Result<()> {
    let wheels = fs::read_dir(root.join(WHEELS)).context("list the wheels")?;
    let wheels: Vec<PathBuf> =
        wheels.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    succeed(pip_install(environment, Path::new(INSTALLED)).args(wheels), "install the wheels")
}

/// The command that installs wheels into a folder, without what they need.
fn pip_install(environment: &Environment, folder: &Path) -> Command {
    let mut pip = environment.python();
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    pip.args(["--no-index", "--target"]).arg(folder);
    pip
}

/// All tests, among which are the notebooks.
fn test(environment: &Environment) -> Result<()> {
    let mut pytest = environment.python();
    pytest.env("PYTHONPATH", workspace::root().join(INSTALLED));
    // Their tests may have the same names.
    pytest.args([
        "-m",
        "pytest",
        "--quiet",
        "--import-mode",
        "importlib",
        "-p",
        "no:cacheprovider",
    ]);
    pytest.args(PACKAGES.map(|package| format!("crates/{package}/tests")));
    succeed(&mut pytest, "pytest")
}

/// Makes this an empty folder.
fn empty(folder: &Path) -> Result<()> {
    let shown = folder.display();
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {shown}"))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {shown}"))
}

fn succeed(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("{what}: cannot run"))?;
    ensure!(status.success(), "{what}: {status}");
    Ok(())
}
