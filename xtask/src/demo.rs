//! `cargo xtask demo`: crafts, measures, fits and evaluates with the data and the model of the repository.
//!
//! Every step runs each time, so that no result is older than what it was made from.

mod summary;

use crate::say::{say, show};
use crate::{binary, setup, workspace};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, fs, io};

const MODEL: &str = "data/models/mnist-cnn.safetensors";

/// Where results go, whatever cargo's target folder: scripts look here.
const FOLDER: &str = "target/demo";

/// Images of each kind. The attacks on the benign ones take most of the time.
const IMAGES: &str = "80";

/// Images of each kind for which the verdict is shown.
const VERDICTS: usize = 3;

/// A headline, and the arguments of `a2d`.
type Step<Text = &'static str> = (Text, Text);

/// The attacks that craft, in the order of the table: those that stop at the flip are found, those that
/// go on behind the boundary are the weak spot.
const ATTACKS: [&str; 4] = ["bim-a", "fgsm", "bim-b", "pgd"];

/// What leads to a fitted detector, and to costs of other benign images.
const BENIGN_STEPS: &[Step] = &[
    (
        "benign images to fit on",
        "data export --model {model} --data-dir data/sample --split test --skip 0 --count {images} \
            --out {demo}/benign-fit.npy",
    ),
    (
        "benign images to evaluate on",
        "data export --model {model} --data-dir data/sample --split test --skip 500 --count {images} \
            --out {demo}/benign.npy --png-dir {demo}/images/benign",
    ),
    (
        "costs of the benign images to fit on",
        "cost --model {model} --input {demo}/benign-fit.npy --defense bim --dataset mnist \
            --out {demo}/benign-fit.csv",
    ),
    (
        "costs of the benign images to evaluate on",
        "cost --model {model} --input {demo}/benign.npy --defense bim --dataset mnist \
            --out {demo}/benign.csv",
    ),
    (
        "detector",
        "fit --detector z-score --benign {demo}/benign-fit.csv --out {demo}/detector.json",
    ),
];

/// What leads to the costs of an attack's examples, crafted from the images to evaluate on.
const ATTACK_STEPS: &[Step] = &[
    (
        "adversarial images by {attack}",
        "craft --attack {attack} --model {model} --dataset mnist --data-dir data/sample --skip 500 \
            --count {images} --out {demo}/{attack}.npy --png-dir {demo}/images/{attack}",
    ),
    (
        "costs of {attack}",
        "cost --model {model} --input {demo}/{attack}.npy --defense bim --dataset mnist \
            --out {demo}/{attack}.csv",
    ),
];

const ACCURACY: Step = (
    "accuracy of the model",
    "data accuracy --model {model} --data-dir data/sample --split test --format json",
);

const EVALUATION: Step = (
    "evaluation",
    "eval --detector {demo}/detector.json --benign {demo}/benign.csv --report {demo}/report.html \
        --format json",
);

const DETECTION: Step =
    ("a few verdicts", "detect --model {model} --detector {demo}/detector.json");

/// Runs all steps, then prints what came out and writes it to `summary.json`.
pub(crate) fn run() -> Result<()> {
    let start = Instant::now();
    setup::run()?;
    env::set_current_dir(workspace::root()).context("cannot enter the workspace")?;
    let demo = Demo::build()?;
    for step in steps() {
        demo.run(&step, &[])?;
    }
    let accuracy = demo.run(&filled(ACCURACY), &[])?;
    let evaluation = demo.run(&evaluation(), &[])?;
    let images = first_files(&Path::new(FOLDER).join("images"))?;
    let verdicts = demo.run(&filled(DETECTION), &images)?;

    let summary = summary::summarize(&accuracy, &evaluation)?;
    let file = format!("{FOLDER}/summary.json");
    fs::write(&file, format!("{summary:#}\n")).with_context(|| format!("cannot write {file}"))?;
    show(format_args!("{verdicts}\n{}\n", summary::table(&summary)))?;
    show(format_args!("Summary: {file}"))?;
    show(format_args!("Report:  {FOLDER}/report.html"))?;
    show(format_args!("Time:    {:.0} s", start.elapsed().as_secs_f64()))?;
    Ok(())
}

/// The binary.
struct Demo {
    a2d: PathBuf,
}

impl Demo {
    /// Builds the binary and makes the folder, empty.
    fn build() -> Result<Self> {
        let [a2d, _] = binary::build()?;
        match fs::remove_dir_all(FOLDER) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => fs::create_dir_all(FOLDER),
        }
        .with_context(|| format!("cannot empty {FOLDER}"))?;
        Ok(Self { a2d })
    }

    /// Runs a step, on `files` if it takes any, and returns what it prints.
    fn run(&self, (headline, arguments): &Step<String>, files: &[PathBuf]) -> Result<String> {
        say(format_args!("== {headline}"));
        let output = Command::new(&self.a2d)
            .args(arguments.split_whitespace())
            .args(files)
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("cannot run {}", self.a2d.display()))?;
        ensure!(output.status.success(), "{headline} failed: {}", output.status);
        String::from_utf8(output.stdout).with_context(|| format!("{headline} printed no UTF-8"))
    }
}

/// What leads to a fitted detector and to costs to evaluate it on, which are those of other images.
fn steps() -> Vec<Step<String>> {
    let attacked = ATTACKS.iter().flat_map(|attack| {
        let of = move |text: String| text.replace("{attack}", attack);
        ATTACK_STEPS.iter().map(move |step| {
            let (headline, arguments) = filled(*step);
            (of(headline), of(arguments))
        })
    });
    BENIGN_STEPS.iter().map(|step| filled(*step)).chain(attacked).collect()
}

/// The evaluation, on the costs of every attack.
fn evaluation() -> Step<String> {
    let (headline, arguments) = filled(EVALUATION);
    let costs = ATTACKS.map(|attack| format!(" --adversarial {attack}={FOLDER}/{attack}.csv"));
    (headline, arguments + &costs.concat())
}

/// A step with the placeholders filled in that do not depend on an attack.
fn filled((headline, arguments): Step) -> Step<String> {
    let arguments = arguments.replace("{model}", MODEL).replace("{images}", IMAGES);
    (headline.to_owned(), arguments.replace("{demo}", FOLDER))
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
    fn every_placeholder_is_filled_in() {
        for (headline, arguments) in
            steps().into_iter().chain([filled(ACCURACY), evaluation(), filled(DETECTION)])
        {
            assert!(!format!("{headline}{arguments}").contains('{'), "{headline}: {arguments}");
        }
    }

    #[test]
    fn what_a_step_reads_an_earlier_one_wrote() {
        let mut written = Vec::new();
        for (headline, arguments) in steps().into_iter().chain([evaluation(), filled(DETECTION)]) {
            let words: Vec<_> = arguments.split_whitespace().collect();
            for (option, value) in words.iter().zip(&words[1..]) {
                let file = value.rsplit('=').next().unwrap();
                if ["--out", "--report"].contains(option) {
                    written.push(file.to_owned());
                } else if file.starts_with(FOLDER) && *option != "--png-dir" {
                    let known = written.iter().any(|earlier| earlier == file);
                    assert!(known, "{headline} reads {file}");
                }
            }
        }
    }

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
