//! Scores of images: computed, resumed, and taken as costs are.

use a2d_cost::{ScoreCard, ScoreTable, Sign};
use a2d_file::Card as _;
use serde_json::json;

use crate::bad_input::refused;
use crate::workplace::{Workplace, data, lenet5};

/// Digits, and examples from others.
fn place() -> Workplace {
    let place = Workplace::new();
    let of = format!("--model {} --data-dir {}", lenet5(), data("sample"));
    place.run(&format!("data export {of} --count 40 --out fitted.npy"));
    place.run(&format!("data export {of} --skip 40 --count 20 --out benign.npy"));
    place.run(&format!("craft {of} --attack bim-a --skip 60 --count 10 --out examples.npy"));
    place
}

fn score(set: &str) -> String {
    format!("score --model {} --input {set}.npy --score confidence --out {set}.csv", lenet5())
}

#[test]
fn a_detector_is_fitted_on_scores_and_evaluated() {
    let place = place();
    for set in ["fitted", "benign", "examples"] {
        let summary = place.json(&score(set));
        assert_eq!(summary["scores"][0]["adversarial"], "smaller", "{summary}");
    }
    let table = ScoreTable::read_csv(&place.path("benign.csv")).unwrap();
    assert_eq!((table.names(), table.signs()), (vec!["confidence".into()], vec![Sign::Smaller]));
    assert!(table.inputs().len() == 20 && table.scores().iter().all(|p| (0.1..=1.0).contains(p)));
    let card = ScoreCard::read(&place.path("benign.csv")).unwrap().unwrap();
    assert_eq!(card.provenance.defenses["confidence"], json!({}));
    place.run("fit --detector conformal --benign fitted.csv --out d.json");
    let eval = "eval --detector d.json --benign benign.csv --adversarial bim-a=examples.csv";
    let found = place.json(eval);
    assert!(found["adversarial"][0]["costs"]["confidence"]["auroc"].as_f64().unwrap() > 0.9);
    let again = eval.replace("--benign benign.csv", "--benign fitted.csv");
    refused(&place, &again, 3, &["fitted"]);
}

#[test]
fn an_interrupted_run_keeps_its_scores() {
    let place = place();
    place.run(&score("benign"));
    let card = std::fs::read(place.path("benign.csv.card.json")).unwrap();
    let mut card: serde_json::Value = serde_json::from_slice(&card).unwrap();
    card["provenance"].as_object_mut().unwrap().remove("machines");
    let rows = [json!({
        "input": "3", "scores": {"confidence": -7.5}, "seconds": 0.25,
        "queries": {"forward": 1, "gradient": 0, "mutated": 0},
    })];
    place.journal("benign.csv", &card["provenance"], rows, "");
    let error = place.a2d(&score("benign")).assert().success().get_output().stderr.clone();
    assert!(String::from_utf8(error).unwrap().contains("resumed after 1 images"));
    let table = ScoreTable::read_csv(&place.path("benign.csv")).unwrap();
    assert_eq!(table.inputs().len(), 20);
    for (row, value) in table.scores().iter().enumerate() {
        assert_eq!(*value < 0.0, row == 3, "{row}: {value}");
    }
    assert!(!place.names().contains(&"benign.csv.partial".to_owned()));
}

#[test]
fn scores_that_cannot_be_are_refused() {
    let place = place();
    let twice = score("benign").replace("confidence", "confidence,confidence");
    refused(&place, &twice, 2, &["expected each score once"]);
    let unknown = score("benign").replace("confidence", "lid");
    let error = place.a2d(&unknown).assert().code(2).get_output().stderr.clone();
    assert!(String::from_utf8(error).unwrap().contains("possible values: confidence"));
    refused(&place, &score("nothing"), 3, &["nothing.npy"]);
}

#[test]
fn a_detector_of_another_program_is_said_to_be_one() {
    let place = place();
    let other = json!({"kind": "mean\u{1b}rank", "state": {"threshold": 0.5}});
    let conformal = json!({"alpha": 0.1, "detector": {"other": other}, "benign_scores": [0.5]});
    for detector in [json!({"other": other}), json!({"conformal": conformal})] {
        let file = json!({
            "format": "a2d-detector", "version": 3, "attacks": ["bim"], "unit": "iterations",
            "provenance": null, "detector": detector,
        });
        place.write("d.json", file.to_string());
        let detect = format!("detect --model {} --detector d.json benign.npy", lenet5());
        refused(&place, &detect, 3, &["d.json", "kind \"mean\\u{1b}rank\"", "another crate"]);
    }
}
