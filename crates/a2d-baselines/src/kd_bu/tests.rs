//! KD+BU of a network on digits.

use a2d_cost::Sign;
use a2d_data::Dataset;
use a2d_eval::scoring::{Queries, Score as _};
use a2d_model::Classifier;
use tch::{Device, Kind, Tensor, nn};

use super::*;
use crate::trial::{Trial, area};
use crate::{Protocol, SavedBaseline, kind};

fn few_passes() -> KdBuParameters {
    KdBuParameters { passes: 4, ..KdBuParameters::default() }
}

#[test]
fn it_tells_digits_that_it_was_not_fitted_on() {
    let trial = Trial::of("mnist-cnn", 60);
    let fitted = few_passes().fit(&trial.material(Protocol::Fair, 0..40)).unwrap();
    let columns = fitted.columns();
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["kd-bu", "kd-bu-fgsm", "kd-bu-density", "kd-bu-uncertainty"]);
    let scores = trial.inputs(40..60).map(|images| fitted.scores(&trial.classifier, &images));
    let [benign, fgsm] = scores.map(Result::unwrap);
    assert_eq!(benign.queries, [Queries::forward(5); 20]);
    for (place, column) in columns.iter().enumerate() {
        let [benign, fgsm] = [&benign, &fgsm]
            .map(|scores| scores.rows.iter().map(|row| row[place]).collect::<Vec<f64>>());
        let area = match column.sign {
            Sign::Larger => area(&benign, &fgsm),
            Sign::Smaller => area(&fgsm, &benign),
        };
        assert!(area > 0.75, "{} {area}", column.name);
    }
    let alone = fitted.scores(&trial.classifier, &trial.inputs(47..48)[1]).unwrap();
    for (alone, together) in alone.rows[0].iter().zip(&fgsm.rows[7]) {
        assert!((alone - together).abs() < 1e-3 * alone.abs(), "{alone} {together}");
    }
}

#[test]
fn a_file_keeps_all_of_it() {
    let trial = Trial::of("mnist-cnn", 12);
    let kind = kind("kd-bu").unwrap();
    let given = serde_json::json!({ "passes": 2 }).as_object().unwrap().clone();
    let baseline = kind.fit(&given, &trial.material(Protocol::Published, 0..12)).unwrap();
    let saved = SavedBaseline {
        baseline,
        parameters: kind.parameters(&given).unwrap(),
        protocol: Protocol::Published,
        model: trial.classifier.fingerprint().to_owned(),
        seed: 7,
        inputs: vec![],
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kd-bu.safetensors");
    saved.write(&path).unwrap();
    let again = SavedBaseline::read(&path).unwrap().baseline;
    let [_, fgsm] = trial.inputs(0..4);
    let scores = |baseline: &dyn crate::Baseline| baseline.scores(&trial.classifier, &fgsm);
    assert_eq!(scores(&*again).unwrap(), scores(&*saved.baseline).unwrap());
    assert_eq!(again.parameters(), saved.baseline.parameters());
}

#[test]
fn a_network_without_dropout_has_no_uncertainty() {
    let trial = Trial::of("lenet5", 10);
    let material = trial.material(Protocol::Fair, 0..10);
    let message = few_passes().fit(&material).unwrap_err().to_string();
    assert!(message.contains("expected a network with dropout"), "{message}");
    let without = KdBuParameters { passes: 0, ..KdBuParameters::default() };
    let fitted = without.fit(&material).unwrap();
    assert_eq!(fitted.parameters()["layer"], "fc2.relu");
    assert_eq!(fitted.columns().len(), 3);
    let scores = fitted.scores(&trial.classifier, &trial.inputs(0..2)[0]).unwrap();
    assert_eq!((scores.rows[0].len(), scores.queries[0]), (3, Queries::forward(1)));
}

#[test]
fn what_cannot_be_used_is_said() {
    let trial = Trial::of("lenet5", 10);
    let without = KdBuParameters { passes: 0, ..KdBuParameters::default() };
    let material = || trial.material(Protocol::Fair, 0..10);
    let refused = |parameters: &KdBuParameters, material: &Material<'_>| {
        let error = parameters.clone().fit(material).unwrap_err();
        assert!(error.is_bad_input(), "{error}");
        error.to_string()
    };
    let bandwidth = KdBuParameters { bandwidth: Some(-1.0), ..without.clone() };
    let expected = "set up kd-bu: expected a bandwidth above 0, got -1";
    assert_eq!(refused(&bandwidth, &material()), expected);
    let once = KdBuParameters { passes: 1, ..without.clone() };
    assert!(refused(&once, &material()).contains("at least 2, got 1"));
    let layer = KdBuParameters { layer: Some("fc9".into()), ..without.clone() };
    assert!(refused(&layer, &material()).contains("fc2.relu, fc3, got \"fc9\""));
    let none = Material { labelled: None, ..material() };
    assert!(refused(&without, &none).contains("expected images with true classes, got none"));
    let none = Material { adversarial: vec![], ..material() };
    assert!(refused(&without, &none).contains("expected adversarial inputs, got none"));
    let mut unknown = material();
    unknown.adversarial[0].originals = vec![None; 10];
    assert!(refused(&without, &unknown).contains("the originals of fgsm images"));
    unknown.adversarial[0].originals = vec![Some(10); 10];
    assert!(refused(&without, &unknown).contains("got row 10 for image 0 of fgsm"));
    unknown.adversarial[0].kind = "density".into();
    assert!(refused(&without, &unknown).contains("got \"density\""));
    // The first training digits are 5, 0, 4, 1, 9, 2, 1, 3, 1, 4.
    let first = trial.training.range(0..10).unwrap();
    let few = Material { labelled: Some(&first), ..material() };
    let expected = "fit kd-bu: expected labelled images of every class, got none of class 6";
    assert_eq!(refused(&without, &few), expected);
}

#[test]
fn features_that_are_no_numbers_are_refused() {
    let trial = Trial::of("lenet5", 10);
    let classifier = |scale: f64| {
        let logits = move |images: &Tensor| images.flatten(1, -1).narrow(1, 300, 10) / scale;
        Classifier::of_module("pixels", logits, nn::VarStore::new(Device::Cpu), [1, 28, 28], 10, "")
    };
    let parameters = |layer: Option<&str>| KdBuParameters {
        layer: layer.map(Into::into),
        bandwidth: Some(1.0),
        passes: 0,
    };
    let (whole, broken) = (classifier(1.0), classifier(0.0));
    let material = |classifier| Material { classifier, ..trial.material(Protocol::Fair, 0..10) };
    let message = parameters(None).fit(&material(&whole)).unwrap_err().to_string();
    assert!(message.contains("a layer before its logits to look at, got pixels"), "{message}");
    let message = parameters(Some("logits")).fit(&material(&broken)).unwrap_err().to_string();
    assert!(message.ends_with("finite outputs of \"logits\", got NaN or infinity"), "{message}");
    assert!(parameters(Some("logits")).fit(&material(&whole)).is_ok());
}

#[test]
fn the_bandwidth_is_the_likeliest_of_those_left_out() {
    let rows = |shift: f64| {
        let places = Tensor::arange(40, (Kind::Double, Device::Cpu));
        ((places * 1.9 + shift).sin() * 3.0).view([20, 2]).to_kind(Kind::Float)
    };
    let classes = [rows(0.0), rows(1.0)];
    let likelihood = |h: f64| {
        let of_class = |class: &Tensor| {
            let points = Vec::<Vec<f64>>::try_from(class.to_kind(Kind::Double)).unwrap();
            let density = |a: &Vec<f64>| {
                let others = points.iter().filter(|b| *b != a);
                let kernel = |b: &Vec<f64>| {
                    let squares: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
                    (-squares / (2.0 * h * h)).exp() / (h * h)
                };
                others.map(kernel).sum::<f64>().ln()
            };
            points.iter().map(density).sum::<f64>()
        };
        classes.iter().map(of_class).sum::<f64>()
    };
    let found = bandwidth::likeliest(&classes).unwrap();
    let best = likelihood(found);
    let others = (1..60).map(|place| 0.01 * 1.1f64.powi(place)).chain([found * 1.01, found / 1.01]);
    assert!(others.into_iter().all(|other| likelihood(other) < best), "{found}");
    let same = Tensor::ones([5, 2], (Kind::Float, Device::Cpu));
    let message = bandwidth::likeliest(&[same]).unwrap_err().to_string();
    assert!(message.contains("features that differ within a class"), "{message}");
}

#[test]
fn labels_beyond_the_classes_are_refused() {
    let trial = Trial::of("lenet5", 10);
    let labelled = Dataset::new(trial.benign.images().clone(), vec![10; 10]).unwrap();
    let material = Material { labelled: Some(&labelled), ..trial.material(Protocol::Fair, 0..10) };
    let message = few_passes().fit(&material).unwrap_err().to_string();
    assert!(message.contains("expected labels below 10, got 10 at row 0"), "{message}");
}
