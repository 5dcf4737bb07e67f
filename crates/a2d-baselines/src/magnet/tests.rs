//! MagNet on digits.

use a2d_eval::scoring::Queries;
use serde_json::json;

use super::*;
use crate::trial::{Trial, areas, kept_in_a_file};
use crate::{Protocol, kind};

fn short() -> MagnetParameters {
    MagnetParameters {
        epochs: 30,
        batch: 16,
        learning_rate: 0.01,
        validation: 100,
        drop: 0.02,
        ..Default::default()
    }
}

#[test]
fn far_examples_change_more() {
    let trial = Trial::of("lenet5", 60);
    let material = trial.material(Protocol::Fair, 0..10);
    let parameters = MagnetParameters { temperatures: vec![10.0], ..short() };
    let fitted = parameters.clone().fit(&material).unwrap();
    let [benign, fgsm] =
        trial.inputs(10..60).map(|images| fitted.scores(&trial.classifier, &images).unwrap());
    let names: Vec<_> = fitted.columns().into_iter().map(|column| column.name).collect();
    assert_eq!(names, ["magnet", "magnet-l2", "magnet-l1", "magnet-jsd-10"]);
    assert_eq!(benign.queries, [Queries::forward(2); 50]);
    let areas = areas(&fitted.columns(), &benign, &fgsm);
    assert!(areas.iter().take(3).all(|area| *area > 0.95), "{areas:?}");
    // The column of all is the largest number in units of its limit, of which 2 of 100 benign images reach 1 for each.
    for row in &benign.rows {
        let largest = row[1..].iter().zip(&fitted.limits).map(|(it, limit)| it / limit);
        assert!((row[0] - largest.fold(0.0, f64::max)).abs() < 1e-12);
    }
    let training = trial.classifier.tensor(trial.training.images()).unwrap();
    let validation = fitted.numbers(&trial.classifier, &training.narrow(0, 0, 100)).unwrap();
    for (place, limit) in fitted.limits.iter().enumerate() {
        let too_far = validation.iter().filter(|numbers| numbers[place] >= limit * (1.0 - 1e-6));
        assert_eq!(too_far.count(), if place < 2 { 2 } else { 1 });
    }
    let again = parameters.fit(&material).unwrap();
    assert_eq!(again.state().unwrap().tensors, fitted.state().unwrap().tensors, "seeded");
}

#[test]
fn slopes_are_those_of_the_columns() {
    let trial = Trial::of("lenet5", 10);
    let parameters =
        MagnetParameters { temperatures: vec![10.0], epochs: 2, validation: 50, ..short() };
    let fitted = parameters.fit(&trial.material(Protocol::Fair, 0..10)).unwrap();
    let images = trial.inputs(0..10)[1].narrow(0, 0, 4);
    let scores = |images: &Tensor| fitted.scores(&trial.classifier, images).unwrap().rows;
    for column in 0..fitted.columns().len() {
        let slopes = fitted.slopes(&trial.classifier, &images, column).unwrap().unwrap();
        let direction = slopes.sign() * 1e-3;
        let expected = (&slopes * &direction).flatten(1, -1).sum_dim_intlist(
            [1i64].as_slice(),
            false,
            Kind::Double,
        );
        let expected = Vec::<f64>::try_from(expected * 2.0).unwrap();
        let (after, before) = (scores(&(&images + &direction)), scores(&(&images - &direction)));
        for (row, expected) in expected.iter().enumerate() {
            let rise = after[row][column] - before[row][column];
            let near = (rise - expected).abs() <= 0.1 * expected.abs() + 1e-7;
            assert!(near && *expected > 0.0, "column {column}: {rise} for {expected}");
        }
    }
}

#[test]
fn a_file_keeps_all_of_it() {
    let trial = Trial::of("lenet5", 10);
    let given = json!({"epochs": 1, "validation": 50, "temperatures": [10, 40]});
    kept_in_a_file(NAME, &given, &trial.material(Protocol::Fair, 0..10), &trial.inputs(0..10)[1]);
    let given = json!({"epochs": 1, "validation": 50, "pooled": false});
    kept_in_a_file(NAME, &given, &trial.material(Protocol::Fair, 0..10), &trial.inputs(0..10)[1]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let trial = Trial::of("lenet5", 10);
    for (given, expected) in [
        (
            json!({"validation": 400}),
            "images to train on beside 400 to validate on, got 400 in all",
        ),
        (json!({"images": 90, "validation": 100}), "got 90 in all"),
        (json!({"epochs": 0}), "epochs, batch and validation of at least 1"),
        (json!({"noise": -0.1}), "noise from 0 to 1"),
        (json!({"drop": 1.0}), "shares to drop above 0"),
        (json!({"temperatures": [0.0]}), "temperatures above 0, got 0"),
        (json!({"learning_rate": 2.0}), "a learning rate above 0"),
    ] {
        let material = trial.material(Protocol::Fair, 0..10);
        let error = kind(NAME).unwrap().fit(given.as_object().unwrap(), &material).unwrap_err();
        assert!(error.is_bad_input() && error.to_string().contains(expected), "{error}");
    }
    let state = State::of(&vec![1.0]).unwrap();
    let message = short().restore(state).unwrap_err().to_string();
    assert!(message.contains("2 limits above 0"), "{message}");
}
