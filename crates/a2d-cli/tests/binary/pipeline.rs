//! From images to a report.

use std::process::Command;

use crate::workplace::{Workplace, data, lenet5};

#[test]
fn the_binary_runs_with_nothing_exported() {
    let output = Command::new(env!("CARGO_BIN_EXE_a2d")).env_clear().arg("--version").output();
    assert!(output.unwrap().status.success());
}

/// Measured on these first 2,000 test images: 99.00 % and 98.75 %; on all 10,000: 99.21 % and 99.13 %.
#[test]
fn the_committed_models_classify_the_sample() {
    let place = Workplace::new();
    for name in ["lenet5", "mnist-cnn"] {
        let model = data(&format!("models/{name}.safetensors"));
        let sample = data("sample");
        let accuracy = place.json(&format!("data accuracy --model {model} --data-dir {sample}"));
        assert_eq!(accuracy["images"], 2000);
        assert!(accuracy["accuracy"].as_f64().unwrap() > 0.98, "{name}: {accuracy}");
    }
}

#[test]
fn images_become_verdicts() {
    let place = Workplace::new();
    let (model, sample) = (lenet5(), data("sample"));
    let source = format!("--model {model} --data-dir {sample}");

    place.run(&format!("data export {source} --count 24 --out fit.npy"));
    place.run(&format!(
        "data export {source} --skip 100 --count 24 --out benign.npy --png-dir benign"
    ));
    for attack in ["fgsm", "bim-a", "bim-b"] {
        let card = place.json(&format!(
            "craft {source} --attack {attack} --skip 100 --count 24 --out {attack}.npy --png-dir {attack}"
        ));
        assert_eq!(card["examples"].as_array().unwrap().len(), 24);
        assert!(card["examples"][0]["source"].as_u64().unwrap() >= 100);
        for example in card["examples"].as_array().unwrap() {
            assert_ne!(example["label"], example["predicted"], "{attack}");
        }
    }
    for set in ["fit", "benign", "fgsm", "bim-a", "bim-b"] {
        place.run(&format!(
            "cost --model {model} --input {set}.npy --defense bim --dataset mnist --out {set}.csv"
        ));
    }
    let costs = std::fs::read_to_string(place.path("benign.csv")).unwrap();
    let header =
        "input,attack,iterations,flipped,censored,gradient_queries,forward_queries,seconds";
    assert_eq!(costs.lines().next(), Some(header));
    assert_eq!(costs.lines().count(), 1 + 24);
    assert!(costs.lines().nth(1).unwrap().starts_with("0,bim,"));

    let fitted = place.json("fit --detector z-score --benign fit.csv --out detector.json");
    assert_eq!(fitted["benign"], 24);
    let evaluation = place.json(
        "eval --detector detector.json --benign benign.csv --adversarial fgsm=fgsm.csv \
         --adversarial bim-a=bim-a.csv --adversarial bim-b=bim-b.csv --report report.html",
    );
    let kinds = evaluation["adversarial"].as_array().unwrap();
    for (kind, least) in kinds.iter().zip([0.9, 0.95, 0.0]) {
        let auroc = kind["costs"]["bim"]["auroc"].as_f64().unwrap();
        assert!((least..=1.0).contains(&auroc), "{kind}");
    }
    let report = std::fs::read_to_string(place.path("report.html")).unwrap();
    assert!(report.contains("<svg") && report.contains("bim-a"));

    let first = |folder: &str| {
        let mut files: Vec<_> = std::fs::read_dir(place.path(folder))
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        files.sort();
        files[0].display().to_string()
    };
    let detect = format!("detect --model {model} --detector detector.json");
    let (benign, adversarial) = (first("benign"), first("bim-a"));
    let verdicts = place.verdicts(&format!("{detect} {benign} {adversarial}"));
    assert_eq!(verdicts[0]["input"], benign);
    for verdict in &verdicts {
        assert!(verdict["predicted"].as_u64().unwrap() < 10);
        assert!((0.0..=1.0).contains(&verdict["confidence"].as_f64().unwrap()));
        let cost = &verdict["costs"]["bim"];
        assert!(cost["iterations"].as_u64().unwrap() >= 1);
        assert!(verdict["queries"].as_u64() > cost["iterations"].as_u64());
        assert_eq!(verdict["score"].is_number(), cost["censored"] == false);
    }
    assert_eq!(verdicts[1]["adversarial"], true);
    place.a2d(&format!("{detect} --fail-on-adversarial {adversarial}")).assert().code(10);
    place.a2d(&format!("{detect} {adversarial}")).assert().success();

    place.run("fit --detector knn --k 9 --benign fit.csv --adversarial bim-a.csv --out knn.json");
    let verdicts =
        place.verdicts(&format!("detect --model {model} --detector knn.json {adversarial}"));
    assert_eq!(verdicts[0]["adversarial"], true);
}

#[test]
fn training_a_moment_gives_a_model_with_its_card() {
    let place = Workplace::new();
    let trained = place.json(&format!(
        "train --arch lenet5 --mean 0.1307 --std 0.3081 --epochs 2 --learning-rate 0.003 \
         --data-dir {} --out w.safetensors",
        data("sample")
    ));
    assert!(trained["test_accuracy"].as_f64().unwrap() > 0.5, "{trained}");
    assert_eq!(place.names(), ["w.safetensors", "w.safetensors.card.json"]);
    let accuracy =
        place.json(&format!("data accuracy --model w.safetensors --data-dir {}", data("sample")));
    assert_eq!(accuracy["accuracy"], trained["test_accuracy"]);
    // Without its card the network is the same but for the normalisation.
    assert_eq!(trained["normalisation"]["std"][0], 0.3081);
    std::fs::remove_file(place.path("w.safetensors.card.json")).unwrap();
    let without = place.json(&format!(
        "data accuracy --model w.safetensors --arch lenet5 --data-dir {}",
        data("sample")
    ));
    assert_ne!(without["accuracy"], trained["test_accuracy"]);
}

#[test]
fn help_is_there_for_every_command() {
    let place = Workplace::new();
    for command in ["train", "craft", "cost", "fit", "detect", "eval", "clever", "evidence", "data"]
    {
        let help = place.run(&format!("{command} --help"));
        assert!(help.contains("Usage: a2d"), "{help}");
    }
    place.a2d("cost --model x").assert().code(2);
    place.a2d("craft --attack unheard-of").assert().code(2);
    let unknown = place.a2d("train --arch wrn-17-4 --out w.safetensors").assert().code(2);
    let error = String::from_utf8(unknown.get_output().stderr.clone()).unwrap();
    assert!(error.contains("wrn-DEPTH-WIDTH (depth 6n + 4"), "{error}");
}
