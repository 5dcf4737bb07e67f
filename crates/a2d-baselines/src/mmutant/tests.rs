//! mMutant of a network on digits.

use a2d_eval::scoring::{Queries, Score as _};
use serde_json::json;
use tch::{Device, nn};

use super::*;
use crate::trial::{Trial, areas, kept_in_a_file};
use crate::{Protocol, kind};

fn refusal(given: &Value, material: &Material<'_>) -> String {
    let given = given.as_object().unwrap();
    let error = kind(NAME).unwrap().fit(given, material).unwrap_err();
    assert!(error.is_bad_input(), "{error}");
    error.to_string()
}

#[test]
fn mutants_change_the_labels_of_adversarial_digits_more_often() {
    let trial = Trial::of("lenet5", 80);
    let parameters = MMutantParameters { mutants: 20, ..MMutantParameters::default() };
    let fitted = parameters.fit(&trial.material(Protocol::Fair, 0..40)).unwrap();
    let scores = trial.inputs(40..80).map(|images| fitted.scores(&trial.classifier, &images));
    let [benign, fgsm] = scores.map(Result::unwrap);
    let areas = areas(&fitted.columns(), &benign, &fgsm);
    assert!(areas[0] > 0.7, "{areas:?}");
    let queries = Queries { forward: 1, gradient: 0, mutated: 20 };
    assert_eq!(benign.queries, [queries; 40]);
    for row in benign.rows.iter().chain(&fgsm.rows) {
        let (rate, verdict, length) = (row[0], row[1], row[2]);
        assert!((0.0..=1.0).contains(&rate) && [0.0, 1.0].contains(&verdict), "{row:?}");
        assert!((1.0..=20.0).contains(&length) && (rate > 0.0 || verdict < 1.0), "{row:?}");
    }
    let alone = fitted.scores(&trial.classifier, &trial.inputs(47..48)[1]).unwrap();
    assert_eq!(alone.rows[0], fgsm.rows[7]);
}

#[test]
fn a_file_keeps_all_of_it() {
    let trial = Trial::of("lenet5", 30);
    let material = trial.material(Protocol::Fair, 0..30);
    let given = json!({"operator": "gf", "mutants": 5, "checked": 100});
    kept_in_a_file(NAME, &given, &material, &trial.inputs(0..30)[1]);
}

#[test]
fn the_mutants_do_not_depend_on_the_workers() {
    let parameters = MMutantParameters { mutants: 7, checked: 100, ..Default::default() };
    let found = [1, 3].map(|workers| {
        let mut trial = Trial::of("lenet5", 30);
        trial.classifier = trial.classifier.with_workers(workers);
        parameters
            .clone()
            .fit(&trial.material(Protocol::Fair, 0..30))
            .unwrap()
            .state()
            .unwrap()
            .values
    });
    assert_eq!(found[0], found[1]);
}

#[test]
fn mutants_that_lose_the_accuracy_are_given_up() {
    let trial = Trial::of("lenet5", 10);
    let given = json!({"operator": "gf", "rate": 1.0, "mutants": 3, "attempts": 5});
    let message = refusal(&given, &trial.material(Protocol::Fair, 0..10));
    let expected = "fit mmutant: expected 3 mutants of an accuracy of 90 % or more, got 0 among 5, the best of ";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn mutants_that_change_no_label_are_refused() {
    let trial = Trial::of("lenet5", 10);
    // Less than a unit of 236 is mutated.
    let given = json!({"operator": "ws", "rate": 0.001, "mutants": 2});
    let message = refusal(&given, &trial.material(Protocol::Fair, 0..10));
    assert!(message.contains("expected mutants that change the labels of some"), "{message}");
}

#[test]
fn what_cannot_be_mutated_or_tested_is_refused() {
    let mut trial = Trial::of("lenet5", 10);
    for (given, expected) in [
        (json!({"rate": 1.5}), "expected rate above 0 and up to 1, got 1.5"),
        (json!({"mutants": 0}), "expected mutants of at least 1, got 0"),
        (json!({"beta": 0.5}), "expected beta between 0 and 0.5, got 0.5"),
        (json!({"operator": "swap"}), "swap"),
        (json!({"mutant": 3}), "mutant"),
    ] {
        let message = refusal(&given, &trial.material(Protocol::Fair, 0..10));
        assert!(message.starts_with("set up mmutant: ") && message.contains(expected), "{message}");
    }
    let mut without = trial.material(Protocol::Fair, 0..10);
    without.labelled = None;
    assert!(refusal(&json!({}), &without).contains("expected images with true classes"));

    let logits = |images: &Tensor| images.flatten(1, -1).narrow(1, 300, 10);
    let variables = nn::VarStore::new(Device::Cpu);
    trial.classifier = Classifier::of_module("pixels", logits, variables, [1, 28, 28], 10, "");
    let message = refusal(&json!({}), &trial.material(Protocol::Fair, 0..10));
    assert!(message.contains("got pixels, a function"), "{message}");
}

#[test]
fn a_state_of_another_kind_is_refused() {
    let restored = |values: Value| {
        let state = State { values, ..State::default() };
        MMutantParameters::default().restore(state).unwrap_err().to_string()
    };
    assert!(restored(json!(["conv1.pool"])).starts_with("restore baseline: expected values"));
    let mutation = json!({"operator": "nai", "rate": 0.05, "seed": 1});
    let empty = json!({"mutation": mutation, "kept": [], "mean": 0.1, "half_width": 0.0});
    assert!(restored(empty).contains("got 0 and 0.1"));
    let sure = json!({"mutation": mutation, "kept": [1], "mean": 1.0, "half_width": 0.0});
    assert!(restored(sure).contains("got 1 and 1"));
}
