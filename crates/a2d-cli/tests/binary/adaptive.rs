//! Attackers who know the detector, and partners that they do not fool.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::workplace::{Workplace, data, lenet5};

/// A place with two detectors on costs of BIM, and benign images that neither was fitted on.
fn guarded(model: &str) -> Workplace {
    let place = Workplace::new();
    let sample = data("sample");
    let export = |rows: &str, out| {
        format!("data export --model {model} --data-dir {sample} {rows} --out {out}")
    };
    place.run(&export("--count 60", "fit.npy"));
    place.run(&export("--skip 100 --count 60", "held-out.npy"));
    let quick = "--step 0.005 --iterations 60";
    place.run(&format!("cost --model {model} --input fit.npy --defense bim {quick} --out fit.csv"));
    place.run("fit --detector z-score --benign fit.csv --out low.json");
    place.run("fit --detector z-score --two-sided --benign fit.csv --out both.json");
    place
}

fn study(model: &str, more: &str) -> String {
    let sample = data("sample");
    format!(
        "adaptive --model {model} --data-dir {sample} --benign held-out.npy --skip 300 --count 6 --detector low=low.json {more}"
    )
}

#[test]
fn what_is_left_of_detectors_is_told_and_kept() {
    let model = lenet5();
    let place = guarded(&model);
    let sample = data("sample");
    place.run(&format!(
        "baseline fit magnet --model {model} --data-dir {sample} --benign fit.npy --set epochs=2 --set validation=100 \
         --out magnet.safetensors"
    ));
    let all = study(
        &model,
        "--detector both=both.json --baseline magnet=magnet.safetensors --together low+magnet --cap 6 \
         --adversary margin,joint,logits --set margin.steps=60 --set margin.step=0.02 --set joint.steps=60 --out study.json \
         --figures figures",
    );
    let summary: Value = place.json(&all);
    assert_eq!(summary["images"], 6);
    let rows = summary["survival"].as_array().unwrap();
    let share = |detector: &str, adversary: &str, rate: Option<f64>| {
        let is_it = |row: &&Value| {
            row["detector"] == detector
                && row["adversary"] == adversary
                && row["rate"].as_f64() == rate
        };
        let row = rows.iter().find(is_it).unwrap_or_else(|| panic!("{detector} {adversary}"));
        row["success"]["share"].as_f64().unwrap()
    };
    // The network alone falls, and so does a detector that looks at costs alone.
    assert!(share("none", "margin", None) > 0.9);
    assert!(share("low", "margin", Some(0.05)) > 0.5);
    for (detector, rate) in [("low", Some(0.05)), ("both", Some(0.1)), ("low+magnet", Some(0.05))] {
        let [any, margin, logits] =
            ["any", "margin", "logits"].map(|adversary| share(detector, adversary, rate));
        assert!(any >= margin.max(logits), "{detector}");
    }
    assert!(share("low+magnet", "any", Some(0.05)) <= share("low", "any", Some(0.1)) + 1e-9);
    // What is asked for goes up with the rungs, and the cost with it.
    let rungs = summary["rungs"].as_array().unwrap();
    let of_margin: Vec<&Value> =
        rungs.iter().filter(|rung| rung["adversary"] == "margin").collect();
    let number = |rung: &Value, name: &str| rung[name].as_f64().unwrap();
    assert!(of_margin.windows(2).all(|pair| number(pair[0], "level") < number(pair[1], "level")));
    let [first, last] = [of_margin[0], of_margin[of_margin.len() - 1]];
    assert!(first["costs"][0].as_f64().unwrap() < last["costs"][0].as_f64().unwrap());
    assert_eq!(first["passed"][0]["detector"], "none");
    for figure in ["success-margin.svg", "distance-margin.svg", "success-logits.svg"] {
        let drawn = std::fs::read_to_string(place.path("figures").join(figure)).unwrap();
        assert!(drawn.contains("<svg") && drawn.contains("margin") || figure.contains("logits"));
    }
    let record: Value =
        serde_json::from_slice(&std::fs::read(place.path("study.json")).unwrap()).unwrap();
    assert_eq!((&record["format"], &record["summary"]), (&"a2d-adaptive".into(), &summary));
    assert_eq!(record["found"]["margin"].as_array().unwrap().len(), 6);
    assert_eq!(record["adversaries"]["margin"]["steps"], 60);
    assert_eq!(record["benign_scores"]["magnet"].as_array().unwrap().len(), 60);
}

#[test]
fn a_second_network_stops_who_does_not_know_it() {
    let model = lenet5();
    let place = guarded(&model);
    let second = data("models/lenet4.safetensors");
    let all = study(
        &model,
        &format!(
            "--second other={second} --together low+other --cap 6 --adversary margin,joint --set margin.steps=60 \
             --set margin.step=0.02 --set joint.steps=100 --out study.json"
        ),
    );
    let summary: Value = place.json(&all);
    let share = |detector: &str, adversary: &str| {
        let rows = summary["survival"].as_array().unwrap();
        let row = rows.iter().find(|row| {
            row["detector"] == detector
                && row["adversary"] == adversary
                && row["rate"].as_f64() == Some(0.05)
        });
        row.unwrap()["success"]["share"].as_f64().unwrap()
    };
    assert!(share("other", "margin") < share("low", "margin"));
    assert!(share("other", "joint") > share("other", "margin"));
    assert!(share("low+other", "joint") >= share("low+other", "margin"));
}

#[test]
fn a_killed_study_goes_on() {
    let model = lenet5();
    let place = guarded(&model);
    let of = |out: &str| {
        study(
            &model,
            &format!("--cap 6 --adversary margin --set margin.step=0.05 --window 2 --out {out}"),
        )
    };
    place.run(&of("whole.json"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_a2d"))
        .current_dir(place.path("."))
        .args(of("killed.json").split(' '))
        .env("A2D_THREADS", "1")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let journal = place.path("killed.json.partial");
    let start = Instant::now();
    let lines = || std::fs::read_to_string(&journal).map_or(0, |text| text.lines().count());
    while lines() < 3 && start.elapsed() < Duration::from_secs(120) {
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!place.path("killed.json").exists());
    let error = place.a2d(&of("killed.json")).assert().success().get_output().stderr.clone();
    assert!(String::from_utf8(error).unwrap().contains("resumed after"));
    let found = |file: &str| -> Value {
        let record: Value =
            serde_json::from_slice(&std::fs::read(place.path(file)).unwrap()).unwrap();
        record["found"].clone()
    };
    assert_eq!(found("killed.json"), found("whole.json"));
}

#[test]
fn bad_input_is_refused() {
    let model = lenet5();
    let place = guarded(&model);
    let other_images = data("models/cifar10-cnn.safetensors");
    let other_images = format!("--cap 6 --second other={other_images} --out x.json");
    for (more, code, expected) in [
        ("--cap 0 --out x.json", 2, "above 0"),
        ("--cap -1 --out x.json", 2, "above 0"),
        ("--cap 6 --adversary oracle --out x.json", 2, "possible values"),
        ("--cap 6 --adversary margin,margin --out x.json", 2, "each adversary once"),
        ("--cap 6 --set cw.iterations=3 --out x.json", 2, "parameters of margin, logits"),
        ("--cap 6 --set margin.pace=3 --out x.json", 3, "unknown field `pace`"),
        (
            "--cap 6 --adversary cw --set cw.confidences=[-1] --out x.json",
            3,
            "confidence of at least 0",
        ),
        ("--cap 6 --together low+high --out x.json", 2, "got \"high\""),
        ("--cap 6 --adversary joint --out x.json", 3, "a detector on another score beside"),
        ("--cap 6 --detector low=both.json --out x.json", 3, "names that differ"),
        (&*other_images, 3, "for a second opinion: expected 10 classes of images of [1, 28, 28]"),
    ] {
        let error = place.a2d(&study(&model, more)).assert().code(code).get_output().stderr.clone();
        let error = String::from_utf8(error).unwrap();
        assert!(error.contains(expected), "{more}: {error}");
    }
    // Benign images that the detector was fitted on.
    let fitted = study(&model, "--cap 6 --out x.json").replace("held-out.npy", "fit.npy");
    let error = place.a2d(&fitted).assert().code(3).get_output().stderr.clone();
    assert!(String::from_utf8(error).unwrap().contains("the detector was not fitted on"));
    // A detector for another model.
    let other = data("models/mnist-cnn.safetensors");
    let error = place.a2d(&study(&other, "--cap 6 --out x.json")).assert().code(3);
    let error = String::from_utf8(error.get_output().stderr.clone()).unwrap();
    assert!(error.contains("expected a detector for the model"), "{error}");
    assert!(!place.path("x.json").exists());
}

#[test]
fn adversarial_training_says_what_stands() {
    let place = Workplace::new();
    let sample = data("sample");
    let train = |more: &str| {
        format!("train --arch lenet5 --data-dir {sample} --epochs 2 --batch 16 {more}")
    };
    let trained = |more: &str| -> Value { place.json(&train(more)) };
    let plain = trained("--out plain.safetensors");
    assert!(plain.get("robust_accuracy").is_none());
    let fast = trained("--adversarial fast --epsilon 0.1 --out fast.safetensors");
    let share = fast["robust_accuracy"]["share"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&share));
    assert!(fast["training"].to_string().contains("fast"), "{fast}");
    assert_ne!(plain["fingerprint"], fast["fingerprint"]);
    place.a2d(&train("--epsilon 0.1 --out x.safetensors")).assert().code(2);
    place.a2d(&train("--adversarial pgd --epsilon 0 --out x.safetensors")).assert().code(2);
}
