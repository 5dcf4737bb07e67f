//! Dissector of a network on digits.

use a2d_eval::scoring::{Queries, Score as _};
use serde_json::json;
use tch::nn;

use super::*;
use crate::trial::{Trial, areas, kept_in_a_file};
use crate::{Protocol, kind};

#[test]
fn layers_support_the_predictions_of_adversarial_digits_less() {
    let trial = Trial::of("lenet5", 60);
    let parameters = DissectorParameters { epochs: 4, ..Default::default() };
    let material = trial.material(Protocol::Fair, 0..10);
    let fitted = parameters.clone().fit(&material).unwrap();
    assert_eq!(fitted.layers, ["conv1.pool", "conv2.pool", "fc1.relu", "fc2.relu"]);
    let scores = trial.inputs(10..60).map(|images| fitted.scores(&trial.classifier, &images));
    let [benign, fgsm] = scores.map(Result::unwrap);
    assert_eq!(benign.queries, [Queries::forward(1); 50]);
    let areas = areas(&fitted.columns(), &benign, &fgsm);
    assert!(areas.iter().all(|area| *area > 0.8), "{areas:?}");
    assert!(benign.rows.iter().flatten().all(|validity| (0.0..=1.0).contains(validity)));
    let again = parameters.fit(&material).unwrap();
    assert_eq!(again.state().unwrap().tensors, fitted.state().unwrap().tensors, "seeded");
}

#[test]
fn a_file_keeps_all_of_it() {
    let trial = Trial::of("lenet5", 10);
    let given = json!({"layers": ["fc2.relu", "conv2.pool"], "epochs": 1, "images": 300});
    kept_in_a_file(NAME, &given, &trial.material(Protocol::Fair, 0..10), &trial.inputs(0..10)[1]);
}

#[test]
fn layers_and_parameters_that_do_not_fit_are_refused() {
    let mut trial = Trial::of("lenet5", 10);
    let refusal = |trial: &Trial, given: &Value| {
        let material = trial.material(Protocol::Fair, 0..10);
        let error = kind(NAME).unwrap().fit(given.as_object().unwrap(), &material).unwrap_err();
        assert!(error.is_bad_input(), "{error}");
        error.to_string()
    };
    for (given, expected) in [
        (json!({"layers": ["conv3.pool"]}), "expected a layer \"conv3.pool\" before the logits"),
        (json!({"batch": 0}), "expected epochs and batch of at least 1"),
        (json!({"learning_rate": 1e38}), "expected a learning rate above 0"),
        (json!({"beta": 1000.0}), "expected alpha and beta that give finite weights"),
        (json!({"alpha": -2.0}), "expected alpha and beta that give finite weights"),
    ] {
        let message = refusal(&trial, &given);
        assert!(message.contains(expected), "{message}");
    }
    let dense = |images: &Tensor| images.flatten(1, -1).narrow(1, 300, 10);
    let variables = nn::VarStore::new(Device::Cpu);
    trial.classifier = Classifier::of_module("dense", dense, variables, [1, 28, 28], 10, "");
    let message = refusal(&trial, &json!({}));
    assert!(message.ends_with("a pool, ReLU or block before the logits, got none"), "{message}");
}

#[test]
fn what_is_not_finite_is_refused() {
    let trial = Trial::of("lenet5", 10);
    let parameters = DissectorParameters { epochs: 1, images: 100, ..Default::default() };
    let fitted = parameters.fit(&trial.material(Protocol::Fair, 0..10)).unwrap();
    let images = Tensor::full([2, 1, 28, 28], f64::NAN, (Kind::Float, Device::Cpu));
    let message = fitted.scores(&trial.classifier, &images).unwrap_err().to_string();
    assert!(message.contains("expected finite outputs of \"conv1.pool\""), "{message}");
}

#[test]
fn a_state_of_other_layers_is_refused() {
    let restored = |values: Value| {
        let state = State { values, ..State::default() };
        DissectorParameters::default().restore(state).unwrap_err().to_string()
    };
    assert!(restored(json!([])).contains("expected the names of layers, got none"));
    assert!(restored(json!(["conv1.pool"])).contains("tensor \"conv1.pool.weight\""));

    let zeros = |size: &[i64]| Tensor::zeros(size, (Kind::Float, Device::Cpu));
    let trial = Trial::of("lenet5", 2);
    for (weights, bias) in [([10, 83], [10]), ([9, 84], [9])] {
        let state = State { values: json!(["fc2.relu"]), ..State::default() };
        let state = state.with("fc2.relu.weight", &zeros(&weights));
        let state = state.with("fc2.relu.bias", &zeros(&bias));
        let other = DissectorParameters::default().restore(state).unwrap();
        let message =
            other.scores(&trial.classifier, &trial.inputs(0..2)[0]).unwrap_err().to_string();
        assert!(message.contains("features of a layer, [10, 84], got ["), "{message}");
    }
}
