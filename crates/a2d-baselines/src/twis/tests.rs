//! TWIS of a network on digits.

use a2d_eval::scoring::Score as _;
use serde_json::json;
use tch::{Device, nn};

use super::*;
use crate::trial::{Trial, kept_in_a_file};
use crate::{Protocol, kind};

fn quick() -> TwisParameters {
    TwisParameters { targeted_cap: 20, untargeted_cap: 30, tuned: 10, ..Default::default() }
}

#[test]
fn what_is_tuned_puts_benign_inputs_in_the_middle() {
    let trial = Trial::of("lenet5", 20);
    let fitted = quick().fit(&trial.material(Protocol::Fair, 0..20)).unwrap();
    let tuned = fitted.criteria.values(&trial.classifier, &trial.inputs(0..10)[0]).unwrap();
    let values = |place: usize| sorted(tuned.iter().map(|(values, _)| values[place]).collect());
    // Five of ten move as far as 1, and hardly farther.
    let shifts = values(0);
    assert!(shifts[5] >= 1.0 && shifts[4] < 1.1, "{shifts:?}");
    // Five are done within half of the cap, and would not be at a rate a third lower.
    let (targeted, untargeted) = (values(1)[4], values(2)[4]);
    assert!((5.0..10.0).contains(&targeted), "{targeted}");
    assert!((8.0..15.0).contains(&untargeted), "{untargeted}");
}

#[test]
fn images_score_the_same_alone_and_by_the_p_values_of_benign_ones() {
    let trial = Trial::of("lenet5", 20);
    let parameters = TwisParameters {
        noise: Some(0.3),
        targeted_rate: Some(0.05),
        untargeted_rate: Some(0.5),
        ..quick()
    };
    let fitted = parameters.fit(&trial.material(Protocol::Fair, 0..12)).unwrap();
    let images = &trial.inputs(0..20)[0];
    let together = fitted.scores(&trial.classifier, images).unwrap();
    let alone = fitted.scores(&trial.classifier, &images.narrow(0, 15, 1)).unwrap();
    assert_eq!(alone.queries[0], together.queries[15]);
    for (alone, together) in alone.rows[0].iter().zip(&together.rows[15]) {
        assert!((alone - together).abs() < 1e-4, "{alone} {together}");
    }
    for row in &together.rows {
        assert!((-1.0..=-1.0 / 13.0).contains(&row[0]), "{row:?}");
    }
    // Among the inputs fitted on there is one with the largest value of a criterion.
    let least = together.rows[..12].iter().map(|row| row[0]).fold(-1.0, f64::max);
    assert!((least + 2.0 / 13.0).abs() < 1e-9, "{least}");
}

#[test]
fn p_values_count_ties() {
    let benign = [1.0, 2.0, 2.0, 5.0];
    for (value, expected) in
        [(0.5, 1.0), (1.0, 1.0), (2.0, 0.8), (2.5, 0.4), (5.0, 0.4), (6.0, 0.2)]
    {
        assert!((p_value(&benign, value) - expected).abs() < 1e-12, "{value}");
    }
}

#[test]
fn a_file_keeps_all_of_it() {
    let trial = Trial::of("lenet5", 10);
    let given = json!({
        "noise": 0.2, "targeted_rate": 0.1, "targeted_cap": 5, "untargeted_rate": 1.0, "untargeted_cap": 6
    });
    kept_in_a_file(NAME, &given, &trial.material(Protocol::Fair, 0..10), &trial.inputs(0..10)[1]);
}

#[test]
fn what_cannot_be_used_is_said() {
    let mut trial = Trial::of("lenet5", 10);
    let refusal = |trial: &Trial, given: &Value| {
        let material = trial.material(Protocol::Fair, 0..10);
        let error = kind(NAME).unwrap().fit(given.as_object().unwrap(), &material).unwrap_err();
        assert!(error.is_bad_input(), "{error}");
        error.to_string()
    };
    for (given, expected) in [
        (json!({"noise": 0.0}), "expected noise, rates and a radius above 0, got 0"),
        (json!({"radius": -0.1}), "expected noise, rates and a radius above 0, got -0.1"),
        (json!({"targeted_cap": 0}), "expected caps and inputs to tune on of at least 1"),
        // No digit changes its class that near.
        (
            json!({"noise": 0.1, "radius": 1e-6, "targeted_cap": 4}),
            "expected benign inputs to tune targeted_rate on, or its value",
        ),
    ] {
        let message = refusal(&trial, &given);
        assert!(message.contains(expected), "{message}");
    }
    // Every image is of the first class.
    let constant = |images: &Tensor| {
        let zeros = images.flatten(1, -1).narrow(1, 0, 1) * 0.0;
        Tensor::cat(&[&zeros + 9.0, zeros], 1)
    };
    let variables = nn::VarStore::new(Device::Cpu);
    trial.classifier = Classifier::of_module("constant", constant, variables, [1, 28, 28], 2, "");
    let message = refusal(&trial, &json!({}));
    assert!(message.contains("expected benign inputs to tune noise on"), "{message}");

    let variables = nn::VarStore::new(Device::Cpu);
    let single = |images: &Tensor| images.flatten(1, -1).narrow(1, 0, 1);
    trial.classifier = Classifier::of_module("single", single, variables, [1, 28, 28], 1, "");
    assert!(
        refusal(&trial, &json!({})).contains("expected a network of two classes or more, got 1")
    );
}

#[test]
fn a_state_without_benign_values_is_refused() {
    let walk = json!({"rate": 1.0, "radius": 0.5, "cap": 3});
    let values = json!({"noise": 0.1, "targeted": walk, "untargeted": walk, "seed": 1});
    let restored = |state: State| TwisParameters::default().restore(state).unwrap_err().to_string();
    let state = State { values: values.clone(), ..State::default() };
    assert!(restored(state).contains("tensor \"twis-noise\""));
    let empty = Tensor::zeros([0], (Kind::Double, Device::Cpu));
    let state = State { values, ..State::default() };
    let state = COLUMNS.iter().fold(state, |state, name| state.with(*name, &empty));
    assert!(restored(state).contains("expected values of twis-noise, got none"));
}
