//! Mutants of a network that knows digits.

use a2d_baselines::{MMutantParameters, Operator, Parameters as _};
use a2d_data::mnist::Split;
use a2d_eval::scoring::Queries;
use a2d_model::Classifier;
use serde_json::json;
use tch::{Tensor, nn};

use crate::digits::{aurocs, benign_and_adversarial, fitted, lenet5, material, reread};

#[test]
fn mutants_change_the_labels_of_adversarial_digits_more_often() {
    let classifier = lenet5();
    let material = material(&classifier, Some((Split::Test, 400)));
    let given = json!({"mutants": 20});
    let baseline = fitted("mmutant", &given, &material).unwrap();
    let [benign, adversarial] = benign_and_adversarial(&classifier);
    let [benign, adversarial] =
        [benign, adversarial].map(|images| baseline.scores(&classifier, &images).unwrap());
    let auroc = aurocs(baseline.as_ref(), [&benign, &adversarial])[0];
    assert!(auroc > 0.8, "{auroc}");
    assert_eq!(benign.queries[0], Queries { forward: 1, gradient: 0, mutated: 20 });
    for row in benign.rows.iter().chain(&adversarial.rows) {
        let (rate, verdict, length) = (row[0], row[1], row[2]);
        assert!((0.0..=1.0).contains(&rate) && [0.0, 1.0].contains(&verdict), "{row:?}");
        assert!((1.0..=20.0).contains(&length) && (rate > 0.0 || verdict < 1.0), "{row:?}");
    }
    let images = material.tensor(material.benign.images()).unwrap();
    reread(&baseline, &given, &material, &images);
}

#[test]
fn the_mutants_do_not_depend_on_the_workers() {
    let parameters = MMutantParameters { mutants: 7, checked: 200, ..MMutantParameters::default() };
    let found = [1, 3].map(|workers| {
        let classifier = lenet5().with_workers(workers);
        let material = material(&classifier, Some((Split::Test, 400)));
        let fitted = parameters.clone().fit(&material).unwrap();
        format!("{fitted:?}")
    });
    assert_eq!(found[0], found[1]);
}

#[test]
fn mutants_that_lose_the_accuracy_are_given_up() {
    let classifier = lenet5();
    let material = material(&classifier, Some((Split::Test, 400)));
    let given = json!({"operator": "gf", "rate": 1.0, "mutants": 3, "attempts": 5, "keep": 1.0});
    let error = fitted("mmutant", &given, &material).unwrap_err();
    let message = error.to_string();
    let expected = "fit mmutant: expected 3 mutants of an accuracy of 100 % or more, got 0 among 5";
    assert!(message.starts_with(expected), "{message}");
    assert!(message.contains(", the best of ") && error.is_bad_input(), "{message}");
}

#[test]
fn mutants_that_change_no_label_are_refused() {
    let classifier = lenet5();
    let material = material(&classifier, Some((Split::Test, 400)));
    // No unit at all is mutated.
    let given = json!({"operator": "ws", "rate": 0.001, "mutants": 2});
    let message = fitted("mmutant", &given, &material).unwrap_err().to_string();
    assert!(message.contains("expected mutants that change the labels of some"), "{message}");
}

#[test]
fn what_cannot_be_mutated_or_tested_is_refused() {
    let classifier = lenet5();
    let refusal = |given: serde_json::Value| {
        let material = material(&classifier, Some((Split::Test, 20)));
        fitted("mmutant", &given, &material).unwrap_err().to_string()
    };
    for (given, expected) in [
        (json!({"rate": 1.5}), "expected rate from 0 to 1, got 1.5"),
        (json!({"mutants": 0}), "expected mutants of at least 1"),
        (json!({"beta": 0.5}), "expected beta between 0 and 0.5"),
        (json!({"operator": "swap"}), "swap"),
        (json!({"mutant": 3}), "mutant"),
    ] {
        let message = refusal(given);
        assert!(message.starts_with("set up mmutant: ") && message.contains(expected), "{message}");
    }
    let without = fitted("mmutant", &json!({}), &material(&classifier, None));
    assert!(without.unwrap_err().to_string().contains("images with true classes"));

    let logits = |images: &Tensor| images.flatten(1, -1).narrow(1, 300, 10);
    let variables = nn::VarStore::new(tch::Device::Cpu);
    let function = Classifier::of_module("pixels", logits, variables, [1, 28, 28], 10, "");
    let material = material(&function, Some((Split::Test, 20)));
    let parameters = MMutantParameters { operator: Operator::Gf, ..MMutantParameters::default() };
    let message = parameters.fit(&material).unwrap_err().to_string();
    assert!(message.contains("got pixels, a function"), "{message}");
}
