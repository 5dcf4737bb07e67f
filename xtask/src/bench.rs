//! `cargo xtask bench`: runs the benchmarks and writes what they measured to `benches/RESULTS.md`.

mod machine;
mod measurement;
mod table;

use crate::{setup, workspace};
use anyhow::{Context, Result, ensure};
use clap::Args;
use machine::Machine;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::SystemTime;
use tempfile::NamedTempFile;

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
        write(&root.join(RESULTS), &table::page(&Machine::this(), start, &command, &rows))?;
        println!("Results: {RESULTS}");
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

/// Writes a file such that it is there in whole or as it was.
fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || {
        fs::create_dir_all(folder)?;
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(path)?;
        Ok::<(), std::io::Error>(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
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

    #[test]
    fn a_page_takes_the_place_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("RESULTS.md");
        for text in ["a longer page\n", "a page\n"] {
            write(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write(folder.path(), "").is_err());
    }
}
