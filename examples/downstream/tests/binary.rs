//! The program is all of a2d, with its attack, detector and score, through files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use a2d_detect::{SavedDetector, VerdictDocument, VerdictRecord};
use tempfile::TempDir;

/// A folder in which the program runs.
struct Folder {
    folder: TempDir,
    data: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
        Self { folder: tempfile::tempdir().unwrap(), data }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the program with nothing in its environment: it finds libtorch by itself.
    fn run(&self, arguments: &str) -> Output {
        let data = self.data.display().to_string();
        let model = format!("--model {data}/models/lenet5.safetensors");
        let sample = format!("--data-dir {data}/sample");
        let arguments = arguments.replace("MODEL", &model).replace("SAMPLE", &sample);
        let mut program = Command::new(env!("CARGO_BIN_EXE_downstream"));
        program.env_clear().current_dir(self.folder.path());
        program.args(arguments.split_whitespace()).output().unwrap()
    }

    /// What the program prints.
    fn prints(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it says when it refuses, with this code.
    fn refuses(&self, arguments: &str, code: i32) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments}: {errors}");
        errors
    }

    /// Digits to fit on and others to judge, and examples from yet others.
    fn with_images() -> Self {
        let folder = Self::new();
        folder.prints("data export MODEL SAMPLE --count 60 --out fitted.npy");
        folder.prints("data export MODEL SAMPLE --skip 60 --count 40 --out benign.npy");
        folder.prints(
            "craft MODEL SAMPLE --attack momentum --skip 100 --count 20 --out examples.npy",
        );
        folder
    }
}

#[test]
fn attack_and_detector_go_from_costs_to_an_evaluation() {
    let folder = Folder::with_images();
    fs::write(folder.path("own.toml"), "[momentum]\niterations = 140\n").unwrap();
    for set in ["fitted", "benign", "examples"] {
        folder.prints(&format!(
            "cost MODEL --input {set}.npy --defense momentum --spec own.toml --out {set}.csv"
        ));
    }
    for (detector, name) in
        [("mean-rank", "mean-rank"), ("conformal-mean-rank", "conformal mean-rank")]
    {
        let fitted = folder.prints(&format!(
            "fit --detector {detector} --benign fitted.csv --out {detector}.json"
        ));
        assert!(fitted.starts_with(&format!("{name} detector on costs of momentum")), "{fitted}");

        let evaluated = folder.prints(&format!(
            "eval --detector {detector}.json --benign benign.csv --adversarial own=examples.csv --format json"
        ));
        let evaluated: serde_json::Value = serde_json::from_str(&evaluated).unwrap();
        assert_eq!(evaluated["adversarial"][0]["flagged"], 1.0, "{evaluated}");

        let judged = folder.prints(&format!(
            "detect MODEL --detector {detector}.json examples.npy benign.npy --format json"
        ));
        let judged = serde_json::from_str::<VerdictDocument>(&judged).unwrap().verdicts;
        let flagged = |records: &[VerdictRecord]| {
            records.iter().filter(|record| record.adversarial == Some(true)).count()
        };
        assert!(flagged(&judged[..20]) == 20 && flagged(&judged[20..]) <= 8, "{judged:?}");
        // It foresees nothing, so no attack is stopped.
        let is_measured = |record: &VerdictRecord| {
            record.score.is_some() && record.costs["momentum"].is_some_and(|cost| !cost.censored)
        };
        assert!(judged.iter().all(is_measured), "{judged:?}");

        let explained = folder
            .prints(&format!("detect MODEL --detector {detector}.json examples.npy --explain"));
        assert!(explained.contains("mean rank 1.000, flagged above 0."), "{explained}");
    }
}

#[test]
fn the_threshold_moves_as_far_as_the_detector_knows() {
    let folder = Folder::with_images();
    folder.prints("cost MODEL --input fitted.npy --defense momentum --out fitted.csv");
    let fit = "fit --benign fitted.csv --out d.json --detector";
    let fitted = folder.prints(&format!("{fit} mean-rank --threshold 0.5 --format json"));
    let fitted: serde_json::Value = serde_json::from_str(&fitted).unwrap();
    assert!(fitted["threshold"] == 0.5 && fitted["flagged"].as_f64().unwrap() > 0.4, "{fitted}");
    let refused = folder.refuses(&format!("{fit} mean-rank --fpr 0.05"), 3);
    assert!(refused.contains("got a mean-rank detector that was not"), "{refused}");
    folder.prints(&format!("{fit} conformal-mean-rank --fpr 0.05"));
    let refused = folder.refuses(&format!("{fit} mean-rank --two-sided"), 2);
    assert!(refused.contains("--two-sided for z-scores only"), "{refused}");
}

#[test]
fn scores_are_tables_like_others() {
    let folder = Folder::with_images();
    for set in ["fitted", "benign", "examples"] {
        folder.prints(&format!(
            "score MODEL --input {set}.npy --score squeezing,confidence --out {set}.csv"
        ));
    }
    let text = fs::read_to_string(folder.path("benign.csv")).unwrap();
    assert!(text.starts_with("input,column,value,adversarial\n0,squeezing,"), "{text}");
    let card = fs::read_to_string(folder.path("benign.csv.card.json")).unwrap();
    assert!(card.contains(r#""squeezing":{"bits":1}"#) || card.contains(r#""bits": 1"#), "{card}");
    let fitted = folder.prints("fit --detector mean-rank --benign fitted.csv --out d.json");
    assert!(
        fitted.starts_with("mean-rank detector on scores of squeezing, confidence"),
        "{fitted}"
    );
    let evaluated = folder.prints(
        "eval --detector d.json --benign benign.csv --adversarial own=examples.csv --format json",
    );
    let evaluated: serde_json::Value = serde_json::from_str(&evaluated).unwrap();
    let auroc = evaluated["adversarial"][0]["costs"]["squeezing"]["auroc"].as_f64().unwrap();
    assert!(auroc > 0.7, "{evaluated}");
}

#[test]
fn a_program_without_the_kind_says_what_the_file_is() {
    let folder = Folder::with_images();
    folder.prints("cost MODEL --input fitted.npy --defense momentum --out fitted.csv");
    folder.prints("fit --detector mean-rank --benign fitted.csv --out d.json");
    let error = SavedDetector::load(&folder.path("d.json")).unwrap_err();
    assert!(error.to_string().contains(r#"found one of kind "mean-rank""#), "{error}");
    let text = fs::read_to_string(folder.path("d.json")).unwrap();
    fs::write(folder.path("d.json"), text.replace("mean-rank", "median-rank")).unwrap();
    let refused = folder.refuses("detect MODEL --detector d.json benign.npy", 3);
    for part in ["d.json", "(z-score, knn, conformal, mean-rank)", r#"kind "median-rank""#] {
        assert!(refused.contains(part), "{refused}");
    }
    assert_eq!(refused.lines().count(), 1, "{refused}");
}
