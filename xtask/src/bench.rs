//! `cargo xtask bench`: runs the benchmarks and writes what they measured to `benches/RESULTS.md`.

mod machine;
mod measurement;
mod table;

use crate::say::show;
use crate::{setup, workspace};
use anyhow::{Context, Result, ensure};
use clap::Args;
use machine::Machine;
use std::path::Path;
use std::time::SystemTime;

/// Where criterion keeps its measurements, whatever cargo's target folder.
const MEASUREMENTS: &str = "target/criterion";

const RESULTS: &str = "benches/RESULTS.md";

/// Benchmarks to run, all by default; the table goes to `benches/RESULTS.md`.
///
/// All benchmarks make the table anew. With a filter, the others keep what was last measured of them, and
/// every row has a date of its own.
#[derive(Args)]
pub(crate) struct Bench {
    /// Regular expression that names benchmarks by `group/benchmark`
    filter: Option<String>,
}

impl Bench {
    /// Runs, then writes the table.
    pub(crate) fn run(&self) -> Result<()> {
        setup::run()?;
        let root = workspace::root();
        let folder = root.join(MEASUREMENTS);
        let start = SystemTime::now();
        self.measure(&folder)?;
        let since = if self.filter.is_some() { SystemTime::UNIX_EPOCH } else { start };
        let rows = measurement::read(&folder, since)?;
        ensure!(rows.iter().any(|row| row.taken >= start), "bench: no benchmark has such a name");
        let command = self.command();
        a2d_file::write_text(
            &root.join(RESULTS),
            &table::page(&Machine::this(), start, &command, &rows),
        )?;
        show(format_args!("Results: {RESULTS}"))?;
        Ok(())
    }

    fn measure(&self, folder: &Path) -> Result<()> {
        let mut cargo = workspace::cargo();
        cargo.args(["bench", "--package", "a2d-benches", "--bench", "benches", "--"]);
        let status = cargo.args(&self.filter).env("CRITERION_HOME", folder).status();
        let status = status.context("cannot run cargo bench")?;
        ensure!(status.success(), "cargo bench failed: {status}");
        Ok(())
    }

    /// What was run.
    fn command(&self) -> String {
        match &self.filter {
            Some(filter) => format!("cargo xtask bench '{filter}'"),
            None => "cargo xtask bench".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_names_the_filter() {
        let command = |filter: Option<&str>| Bench { filter: filter.map(str::to_owned) }.command();
        assert_eq!(command(None), "cargo xtask bench");
        assert_eq!(command(Some("attacks/bim")), "cargo xtask bench 'attacks/bim'");
    }
}
