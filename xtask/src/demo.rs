//! `cargo xtask demo`: crafts, measures, fits and evaluates with the data and the model of the repository.
//!
//! Every step runs each time, so that no result is older than what it was made from.

mod summary;

use crate::say::show;
use crate::{binary, reproduce, setup, workspace};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, fs, io};

/// Where results go, whatever cargo's target folder: scripts look here, and `experiments/demo.toml` says so.
const FOLDER: &str = "target/demo";

/// Where the steps of the experiment keep their files.
const WORK: &str = "target/reproduce/demo";

/// What is asked for verdicts, and by what.
pub(crate) const MODEL: &str = "data/models/mnist-cnn.safetensors";
pub(crate) const DETECTOR: &str = "target/reproduce/demo/demo/detectors/zscore-end.json";

/// Images of each kind for which the verdict is shown.
const VERDICTS: usize = 3;

/// Does the experiment anew, then prints what came out and writes it to `summary.json`.
pub(crate) fn run() -> Result<()> {
    let start = Instant::now();
    setup::run()?;
    env::set_current_dir(workspace::root()).context("cannot enter the workspace")?;
    let [a2d, lab] = binary::build()?;
    for folder in [FOLDER, WORK] {
        remove(folder)?;
    }
    // One step at a time, so that numbers do not depend on how many cores there are.
    reproduce::run(&lab, &a2d, ["demo", "--profile", "demo", "--jobs", "1"])?;
    let verdicts = verdicts(&a2d, &images()?)?;

    let printed = |step| {
        let file = format!("{WORK}/demo/printed/{step}.json");
        fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))
    };
    let summary = summary::summarize(&printed("accuracy")?, &printed("eval-zscore-end")?)?;
    let file = format!("{FOLDER}/summary.json");
    fs::write(&file, format!("{summary:#}\n")).with_context(|| format!("cannot write {file}"))?;
    show(format_args!("{verdicts}\n{}\n", summary::table(&summary)))?;
    show(format_args!("Summary: {file}"))?;
    show(format_args!("Report:  {FOLDER}/report.html"))?;
    show(format_args!("Time:    {:.0} s", start.elapsed().as_secs_f64()))?;
    Ok(())
}

/// A few images of every kind, seen from the root of the workspace.
pub(crate) fn images() -> Result<Vec<PathBuf>> {
    first_files(&Path::new(FOLDER).join("images"))
}

/// What the detector says of a few images.
fn verdicts(a2d: &Path, images: &[PathBuf]) -> Result<String> {
    let output = Command::new(a2d)
        .args(["detect", "--model", MODEL, "--detector", DETECTOR])
        .args(images)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", a2d.display()))?;
    ensure!(output.status.success(), "a few verdicts failed: {}", output.status);
    String::from_utf8(output.stdout).context("a2d detect printed no UTF-8")
}

fn remove(folder: &str) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
    .with_context(|| format!("cannot empty {folder}"))
}

/// The first few files of every folder in `folder`.
fn first_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for kind in sorted_entries(folder)? {
        files.extend(sorted_entries(&kind)?.into_iter().take(VERDICTS));
    }
    Ok(files)
}

fn sorted_entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>());
    let mut entries = entries.with_context(|| format!("cannot list {}", folder.display()))?;
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_files_of_each_kind_are_taken_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for kind in ["fgsm", "benign"] {
            fs::create_dir(folder.path().join(kind)).unwrap();
            for image in ["5.png", "1.png", "3.png", "4.png"] {
                fs::write(folder.path().join(kind).join(image), "").unwrap();
            }
        }
        let files = first_files(folder.path()).unwrap();
        let names: Vec<_> =
            files.iter().map(|file| file.strip_prefix(folder.path()).unwrap()).collect();
        let expected = [
            "benign/1.png",
            "benign/3.png",
            "benign/4.png",
            "fgsm/1.png",
            "fgsm/3.png",
            "fgsm/4.png",
        ];
        assert_eq!(names, expected.map(Path::new));
    }
}
