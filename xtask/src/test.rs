//! `cargo xtask test`: every check, the quick ones first.

use crate::python::Python;
use crate::say::say;
use crate::{package, setup, smoke, tidy, workspace};
use anyhow::{Context, Result, ensure};
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::process::Command;
use std::time::Instant;

/// Where the crate lies that is no member of the workspace.
const DOWNSTREAM: &str = "examples/downstream";

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("format", format),
    ("tidy", tidy::run),
    ("setup", setup::run),
    ("clippy", clippy),
    ("tests", tests),
    ("packages", package::run),
    ("a crate from outside", downstream),
    ("smoke", smoke::run),
    ("doc tests", doc_tests),
    ("rustdoc", rustdoc),
    ("python", python),
];

#[derive(Args)]
pub(crate) struct Test {
    /// Only these steps, such as smoke
    #[arg(value_name = "STEP", value_parser = PossibleValuesParser::new(STEPS.iter().map(|(name, _)| *name)))]
    only: Vec<String>,
}

impl Test {
    /// Runs the steps in order and stops at the first that fails.
    pub(crate) fn run(&self) -> Result<()> {
        let is_wanted = |(name, _): &&Step| {
            self.only.is_empty() || self.only.iter().any(|wanted| wanted == name)
        };
        run_steps(&STEPS.iter().filter(is_wanted).copied().collect::<Vec<_>>())
    }
}

fn run_steps(steps: &[Step]) -> Result<()> {
    for (name, step) in steps {
        say(format_args!("== {name}"));
        let start = Instant::now();
        let outcome = step();
        let seconds = start.elapsed().as_secs_f64();
        let verdict = if outcome.is_ok() { "passed" } else { "failed" };
        say(format_args!("== {name} {verdict} after {seconds:.1} s\n"));
        outcome.with_context(|| format!("{name} failed"))?;
    }
    Ok(())
}

fn format() -> Result<()> {
    cargo("fmt --all --check")
}

fn clippy() -> Result<()> {
    cargo("clippy --workspace --all-targets -- -D warnings")
}

fn tests() -> Result<()> {
    let arguments = if has_nextest() {
        "nextest run --workspace"
    } else {
        "test --workspace --lib --bins --tests"
    };
    cargo(arguments)
}

/// A crate that is no member of the workspace, as its users have it: nothing is there for members alone.
fn downstream() -> Result<()> {
    let root = workspace::root();
    // The versions that are built already.
    std::fs::copy(root.join("Cargo.lock"), root.join(DOWNSTREAM).join("Cargo.lock"))
        .with_context(|| format!("copy Cargo.lock to {DOWNSTREAM}"))?;
    cargo(&format!("fmt --manifest-path {DOWNSTREAM}/Cargo.toml --check"))?;
    cargo(&format!("test --manifest-path {DOWNSTREAM}/Cargo.toml --target-dir target"))
}

fn has_nextest() -> bool {
    workspace::cargo()
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
}

fn doc_tests() -> Result<()> {
    cargo("test --workspace --doc")
}

fn rustdoc() -> Result<()> {
    let mut cargo = workspace::cargo();
    cargo.args(["doc", "--workspace", "--no-deps"]);
    succeed(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}

fn python() -> Result<()> {
    Python::default().run()
}

fn cargo(arguments: &str) -> Result<()> {
    succeed(workspace::cargo().args(arguments.split(' ')))
        .with_context(|| format!("cargo {arguments}"))
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().context("cannot run cargo")?;
    ensure!(status.success(), "{status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    #[test]
    fn the_first_failing_step_is_named_and_the_last() {
        let steps: &[Step] = &[
            ("good", || Ok(())),
            ("bad", || bail!("exit status: 1")),
            ("never", || panic!("a step ran after a failed one")),
        ];
        let error = run_steps(steps).unwrap_err();
        assert_eq!(format!("{error:#}"), "bad failed: exit status: 1");
    }
}
