//! The paper's experiments in small, run by the laboratory itself and by Snakemake: both make the same tables.

use crate::python::with_packages;
use crate::{binary, reproduce, workspace};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// What Snakemake is installed from, in one version. One of its packages has no wheel.
const REQUIREMENTS: &str = "--no-binary connection-pool\nsnakemake==9.27.1\n";

/// Where Snakemake's run keeps its files and results.
const FOLDER: &str = "target/snakemake";

/// Steps that it does at a time.
const JOBS: usize = 2;

/// Where Linux lists processes.
const PROCESSES: &str = "/proc";

/// How long the run is waited for that is to be killed.
const PATIENCE: Duration = Duration::from_secs(300);

/// Does profile `smoke` both ways, and fails if a finding does not hold or a table differs.
pub(crate) fn run() -> Result<()> {
    let [a2d, lab] = binary::of_tests()?;
    reproduce::run(&lab, &a2d, ["--profile", "smoke"])?;
    let folder = workspace::root().join(FOLDER);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {FOLDER}"))?;
    }
    let snakemake = snakemake(&folder)?;
    let command = || {
        let mut lab = reproduce::command(&lab, &a2d);
        let [work, results] = ["work", "results"].map(|part| format!("{FOLDER}/{part}"));
        lab.args(["--profile", "smoke", "--executor", "snakemake", "--rows", "20"]);
        lab.args(["--jobs", &JOBS.to_string()]);
        lab.args(["--work", &work, "--results", &results, "--snakemake"]).arg(&snakemake);
        lab
    };
    let work = folder.join("work/smoke/env1-mnist");
    kill_at_work(command(), &work)?;
    let done = states(&work)?;
    let status = command().status().context("cannot run a2d-lab")?;
    ensure!(status.success(), "a2d-lab with Snakemake failed: {status}");
    let kept = states(&work)?;
    // A step that ends as Snakemake is killed, it has not heard of, and has it done again.
    let again = done.iter().filter(|(file, state)| kept.get(*file) != Some(state)).count();
    ensure!(again <= JOBS, "a killed run goes on: {again} of {} steps are done again", done.len());
    compare(&folder.join("results/smoke"), &workspace::root().join("results/smoke"))
}

/// A program that is Snakemake: those of an environment in the cache know a place that it was moved from.
fn snakemake(folder: &Path) -> Result<PathBuf> {
    let python = with_packages("snakemake", REQUIREMENTS)?;
    let program = folder.join("snakemake");
    let text = format!("#!{}\nfrom snakemake.cli import main\nmain()\n", python.display());
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(&program, text)?;
        make_executable(&program)
    };
    write().with_context(|| format!("cannot write {}", program.display()))?;
    Ok(program)
}

#[cfg(unix)]
fn make_executable(program: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_program: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Begins a run, kills it when some steps are done and others under way, and sees that nothing of it goes on.
fn kill_at_work(mut command: Command, work: &Path) -> Result<()> {
    let mut lab = command.stdout(Stdio::null()).spawn().context("cannot run a2d-lab")?;
    let outcome = wait_for_work(&mut lab, work);
    lab.kill().context("cannot kill a2d-lab")?;
    lab.wait().context("cannot wait for a2d-lab")?;
    outcome?;
    let start = Instant::now();
    loop {
        let left = at_work(work);
        if left.is_empty() {
            return Ok(());
        }
        ensure!(start.elapsed() < PATIENCE, "a killed run goes on: {}", left.join("; "));
        thread::sleep(Duration::from_millis(50));
    }
}

fn wait_for_work(lab: &mut Child, work: &Path) -> Result<()> {
    let start = Instant::now();
    loop {
        let is_at_work = !Path::new(PROCESSES).exists() || !at_work(work).is_empty();
        if is_at_work && states(work)?.len() >= 5 {
            return Ok(());
        }
        if let Some(status) = lab.try_wait().context("cannot wait for a2d-lab")? {
            bail!("a2d-lab with Snakemake ended before it was killed: {status}");
        }
        ensure!(start.elapsed() < PATIENCE, "a2d-lab with Snakemake does not get to work");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The command lines of processes that speak of this folder, where the system lists them.
fn at_work(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(PROCESSES) else { return vec![] };
    let lines = entries.filter_map(|entry| {
        let line = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        Some(String::from_utf8_lossy(&line).replace('\0', " "))
    });
    let name = folder.strip_prefix(workspace::root()).unwrap_or(folder).display().to_string();
    lines.filter(|line| line.contains(&name)).collect()
}

/// What is known of the steps that are done, by the name of the file.
fn states(work: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let Ok(entries) = fs::read_dir(work.join("printed")) else { return Ok(BTreeMap::new()) };
    let mut done = BTreeMap::new();
    for entry in entries {
        let path = entry.context("cannot list the steps")?.path();
        let is_state = path.extension().is_some_and(|end| end == "state");
        let text =
            if is_state { fs::read_to_string(&path).unwrap_or_default() } else { String::new() };
        if text.contains("\"seconds\"") && !text.contains("\"seconds\":null") {
            done.insert(path, text);
        }
    }
    Ok(done)
}

/// Fails where a cell of the tables differs that is not of a time.
fn compare(ours: &Path, theirs: &Path) -> Result<()> {
    let [ours, theirs] = [ours, theirs].map(|folder| cells(&folder.join("tables.json")));
    let (ours, theirs) = (ours?, theirs?);
    ensure!(ours.len() == theirs.len() && ours.len() > 100, "tables have other cells by Snakemake");
    for (ours, theirs) in ours.iter().zip(&theirs) {
        ensure!(ours == theirs, "a cell differs by Snakemake: {ours}, not {theirs}");
    }
    Ok(())
}

/// All cells but those of times.
fn cells(file: &Path) -> Result<Vec<Value>> {
    let read = || format!("cannot read {}", file.display());
    let cells: Vec<Value> =
        serde_json::from_slice(&fs::read(file).with_context(read)?).with_context(read)?;
    let is_time = |cell: &Value| {
        cell["table"] == "seconds"
            || ["ms", "ms per query", "time"].contains(&cell["column"].as_str().unwrap_or_default())
    };
    Ok(cells.into_iter().filter(|cell| !is_time(cell)).collect())
}
