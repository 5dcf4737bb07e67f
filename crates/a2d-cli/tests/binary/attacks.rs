//! Every attack through the binary.

use serde_json::Value;

use crate::workplace::{Workplace, data, lenet5};

/// The oracle's inputs: images in a file, whose labels the model predicts.
fn benign() -> String {
    data("../tests/fixtures/oracle/benign.npy")
}

#[test]
fn every_attack_crafts_from_a_file() {
    let place = Workplace::new();
    for (attack, parameters) in [
        ("fgsm", ""),
        ("fgsm-l2", ""),
        ("fgsm-logit", "--epsilon 0.3"),
        ("bim-a", "--target least-likely"),
        ("bim-b", ""),
        ("bim2", ""),
        ("pgd", "--iterations 20"),
        ("jsma", ""),
        ("jsma-single", "--gamma 0.5"),
        ("jsma-gradient", ""),
        ("cw", "--iterations 60 --searches 2 --initial-c 1 --learning-rate 0.1"),
        ("cw-squashed", "--c 100 --iterations 60 --learning-rate 0.05 --black=-0.5 --white 0.5"),
        ("deepfool", ""),
        ("lbfgs", "--epsilon 0.01 --iterations 20"),
        ("lsa", "--change 2 --pixels 20"),
        ("dba", "--distance 0.1"),
        ("bb", "--rounds 1 --epsilon 0.4"),
        (
            "bb",
            "--rounds 1 --epsilon 0.4 --substitute convolutional --black=-0.4242 --white 2.8215",
        ),
    ] {
        let options = if parameters.is_empty() { String::new() } else { format!(" {parameters}") };
        let card = place.json(&format!(
            "craft --attack {attack} --model {} --input {} --dataset mnist --limit 6 --out {attack}.npy{options}",
            lenet5(),
            benign()
        ));
        let tally = &card["tally"];
        assert_eq!(tally["tried"], 6, "{card}");
        let succeeded = tally["succeeded"].as_u64().unwrap();
        assert!(succeeded >= 1, "{attack}: {card}");
        let examples = card["examples"].as_array().unwrap();
        assert_eq!(examples.len() as u64, succeeded, "{attack}");
        assert!(examples.iter().all(|example| example["label"] != example["predicted"]));
        assert!(card["mean_distances"]["l2"].as_f64().unwrap() > 0.0, "{attack}");
        assert!(card["attack"].get(attack).is_some(), "{card}");
    }
}

#[test]
fn every_defense_measures_in_one_go() {
    let place = Workplace::new();
    place.write(
        "spec.toml",
        "[dba]\ndistance = 0.1\n[lbfgs]\nepsilon = 0.01\n[jsma]\niterations = 300\n",
    );
    place.run(&format!(
        "craft --attack fgsm --model {} --input {} --limit 4 --out four.npy",
        lenet5(),
        benign()
    ));
    let summary = place.json(&format!(
        "cost --defense fgsm,bim,bim2,jsma,cw,lbfgs,lsa,dba --model {} --input four.npy --spec spec.toml \
         --searches 2 --window 8 --out costs.csv",
        lenet5()
    ));
    let attacks = summary["attacks"].as_array().unwrap();
    assert_eq!(attacks.len(), 8);
    assert!(attacks.iter().all(|attack| attack["n"] == attacks[0]["n"]), "{summary}");
    let card: Value =
        serde_json::from_slice(&std::fs::read(place.path("costs.csv.card.json")).unwrap()).unwrap();
    let defenses = &card["provenance"]["defenses"];
    assert_eq!(
        (&defenses["dba"]["distance"], &defenses["cw"]["searches"]),
        (&0.1.into(), &2.into())
    );
    assert_eq!(defenses["jsma"]["target"], "second");
}

#[test]
fn the_window_that_is_fastest_leaves_costs_as_they_are() {
    let place = Workplace::new();
    let mean = |window: &str| {
        let craft = format!("craft --attack fgsm --model {} --input {}", lenet5(), benign());
        place.run(&format!("{craft} --limit 4 --window {window} --out {window}.npy"));
        let cost = format!("cost --defense bim-turbo --model {} --input {window}.npy", lenet5());
        let summary = place.json(&format!("{cost} --window {window} --out {window}.csv"));
        summary["attacks"][0]["mean_iterations"].clone()
    };
    assert_eq!(mean("auto"), mean("4"));
    let refused = place.a2d("cost --model m --input i --window none --out o.csv").assert().code(2);
    let error = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(error.contains("a whole number from 1 to 1048576, or `auto`"), "{error}");
}

#[test]
fn labels_and_targets_that_do_not_fit_are_refused() {
    let place = Workplace::new();
    let craft = |rest: &str, code| {
        let command =
            format!("craft --model {} --input {} --out x.npy --limit 3 {rest}", lenet5(), benign());
        let error = place.a2d(&command).assert().code(code).get_output().stderr.clone();
        assert!(!place.names().contains(&"x.npy".to_owned()));
        String::from_utf8(error).unwrap()
    };
    place.write("y.npy", "no labels");
    assert!(craft("--attack fgsm --labels y.npy", 3).contains("y.npy"));
    assert!(craft("--attack fgsm --labels no.npy", 3).contains("no.npy"));
    assert!(craft("--attack jsma --target class-10", 3).contains("a class below 10"));
    assert!(craft("--attack jsma --target third", 3).contains("expected one of untargeted"));
    assert!(craft("--attack fgsm --epsilon -1", 3).contains("epsilon above 0, got -1"));
    assert!(craft("--attack fgsm --theta 1", 2).contains("got --theta"));
    assert!(craft("--attack cw --epsilon 0.1", 2).contains("got --epsilon"));
    assert!(craft("--attack bim --epsilon 0.1", 2).contains("bim-a"));
}

#[test]
fn attacks_and_what_their_parameters_mean_are_listed() {
    let place = Workplace::new();
    let all: Value = place.json("attacks");
    let all = all.as_array().unwrap();
    let names: Vec<_> = all.iter().map(|attack| attack["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"bim-linear") && names.contains(&"bb"));
    let stranger = all.iter().flat_map(|attack| attack["parameters"].as_array().unwrap());
    for parameter in stranger {
        assert!(parameter["meaning"].as_str().unwrap().ends_with('.'), "{parameter}");
        assert_eq!(parameter["defaults"].as_object().unwrap().len(), 3);
    }
    // JSMA is one attack where it measures and another where it crafts.
    let jsma: Value = place.json("attacks jsma");
    let of = |command: &str| {
        let one = |attack: &&Value| attack["command"] == command;
        let attack = jsma.as_array().unwrap().iter().find(one).unwrap();
        let parameters = attack["parameters"].as_array().unwrap().iter();
        parameters.map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("cost"), ["changes", "iterations", "target", "theta"]);
    assert_eq!(of("craft"), ["gamma", "target", "theta"]);
    let said = place.a2d("attacks bim").assert().success().get_output().stdout.clone();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("bim (cost): ") && said.contains("--step"), "{said}");
    let error = place.a2d("attacks pgdd").assert().code(2).get_output().stderr.clone();
    assert!(String::from_utf8(error).unwrap().contains("got \"pgdd\""));
}
