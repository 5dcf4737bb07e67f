//! LID of a network on digits.

use a2d_eval::scoring::{Queries, Score as _};
use a2d_model::Classifier;
use tch::{Device, Kind, nn};

use super::*;
use crate::trial::{Trial, area};
use crate::{Baseline as _, SavedBaseline, kind};

fn small() -> LidParameters {
    LidParameters { k: 10, minibatch: 30 }
}

#[test]
fn it_tells_digits_that_it_was_not_fitted_on() {
    let trial = Trial::of("lenet5", 440);
    let fitted = LidParameters::default().fit(&trial.material(Protocol::Fair, 0..240)).unwrap();
    let names: Vec<_> = fitted.columns().into_iter().map(|column| column.name).collect();
    assert_eq!(names, ["lid", "lid-fgsm"]);
    let scores = trial.inputs(240..440).map(|images| fitted.scores(&trial.classifier, &images));
    let [benign, fgsm] = scores.map(|scores| {
        let scores = scores.unwrap();
        assert_eq!(scores.queries, [Queries::forward(1); 200]);
        scores.rows.into_iter().map(|row| row[0]).collect::<Vec<f64>>()
    });
    let area = area(&benign, &fgsm);
    assert!(area > 0.75, "{area}");
}

#[test]
fn fair_fits_on_nothing_of_the_reference() {
    let trial = Trial::of("lenet5", 60);
    let fit = |material: &Material<'_>| small().fit(material).unwrap();
    let before = fit(&trial.material(Protocol::Fair, 0..60));
    assert_eq!(before.reference.images(), trial.inputs(30..60)[0]);
    let mut material = trial.material(Protocol::Fair, 0..60);
    // Whatever is made of the reference is as if it were not there.
    let others: Vec<usize> = (0..30).chain(0..30).collect();
    material.adversarial[0].images = trial.fgsm.select(&others).unwrap();
    assert_eq!(fit(&material).by_kind, before.by_kind);
    material.adversarial[0].originals = (0..30).chain(0..30).map(Some).collect();
    assert_ne!(fit(&material).by_kind, before.by_kind);
}

#[test]
fn published_compares_with_the_minibatch_of_the_original() {
    // from scipy.spatial.distance import cdist  # scipy 1.17.1, numpy 2.4.6
    // x = ((np.arange(24) * 37 % 101) / 101).reshape(6, 4)
    // def lids(data, batch, k=2):
    //     k = min(k, len(data) - 1)
    //     a = np.sort(cdist(batch, data), 1)[:, 1:k + 1]
    //     return -k / np.log(a / a[:, -1:]).sum(1)
    // lids(x[:4], x[:4]), lids(x[4:], x[4:]), lids(x[:4], x[1:2] + 0.01)
    let pixels = Tensor::arange(24, (Kind::Float, Device::Cpu)) * 37.0;
    let pixels = pixels.remainder(101.0) / 101.0;
    let images = pixels.view([6, 1, 2, 2]);
    let logits = |images: &Tensor| images.flatten(1, -1).narrow(1, 0, 2);
    let variables = nn::VarStore::new(Device::Cpu);
    let classifier = Classifier::of_module("pixels", logits, variables, [1, 2, 2], 2, "");
    let reference = Reference::published(&images, 4);
    let near = images.narrow(0, 1, 1) + 0.01;
    let found = reference.dimensions(&classifier, &Tensor::cat(&[images, near], 0), 2).unwrap();
    let of_input: Vec<_> = found.iter().map(|row| row[0]).collect();
    let expected = [75.757_293, 1.029_482, 30.315_937, 1.060_396, 1.100_547];
    // Of two images the other is the only neighbour, which tells nothing.
    assert_eq!(of_input[4..6], [None, None]);
    for (found, expected) in of_input[..4].iter().chain(&of_input[6..]).zip(expected) {
        let found = found.unwrap();
        assert!((found / expected - 1.0).abs() < 1e-4, "{found} {expected}");
    }
    // The input, the logits and the softmax.
    assert!(found.iter().all(|row| row.len() == 3));
}

#[test]
fn published_leaves_the_last_fifth_out_of_the_regression() {
    let parts =
        [1000, 999, 200, 125, 124].map(|count| LidParameters::default().published_part(count));
    assert_eq!(parts, [800, 700, 100, 100, 0]);
    let trial = Trial::of("lenet5", 50);
    let parameters = LidParameters { k: 5, minibatch: 10 };
    let mut material = trial.material(Protocol::Published, 0..50);
    let before = parameters.clone().fit(&material).unwrap();
    material.adversarial[0].images =
        material.adversarial[0].images.select(&(0..40).collect::<Vec<_>>()).unwrap();
    material.adversarial[0].originals.truncate(40);
    let after = parameters.fit(&material).unwrap();
    assert_ne!(before.by_kind, after.by_kind);
}

#[test]
fn a_file_keeps_all_of_it() {
    let trial = Trial::of("lenet5", 40);
    let kind = kind("lid").unwrap();
    let given = serde_json::json!({ "k": 5, "minibatch": 10 }).as_object().unwrap().clone();
    for protocol in Protocol::ALL {
        let baseline = kind.fit(&given, &trial.material(protocol, 0..40)).unwrap();
        let saved = SavedBaseline {
            baseline,
            parameters: kind.parameters(&given).unwrap(),
            protocol,
            model: trial.classifier.fingerprint().to_owned(),
            seed: 7,
            inputs: vec![],
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lid.safetensors");
        saved.write(&path).unwrap();
        let again = SavedBaseline::read(&path).unwrap().baseline;
        let [_, fgsm] = trial.inputs(0..20);
        let scores = |baseline: &dyn crate::Baseline| baseline.scores(&trial.classifier, &fgsm);
        assert_eq!(scores(&*again).unwrap(), scores(&*saved.baseline).unwrap());
    }
}

#[test]
fn what_cannot_be_used_is_said() {
    let trial = Trial::of("lenet5", 30);
    let refused = |k, minibatch, material: &Material<'_>| {
        let error = LidParameters { k, minibatch }.fit(material).unwrap_err();
        assert!(error.is_bad_input(), "{error}");
        error.to_string()
    };
    let material = || trial.material(Protocol::Fair, 0..30);
    let expected = "set up lid: expected k from 2 to below the minibatch of 20, got 20";
    assert_eq!(refused(20, 20, &material()), expected);
    assert!(refused(1, 20, &material()).ends_with("got 1"));
    let expected = "fit lid: expected benign images beside the 30 benign images of the reference, \
                    got 30 in all";
    assert_eq!(refused(20, 30, &material()), expected);
    let mut of_reference = material();
    of_reference.adversarial[0].originals = vec![Some(25); 30];
    assert!(refused(5, 10, &of_reference).contains("expected fgsm images made of others"));
    of_reference.adversarial[0].originals = vec![None; 30];
    assert!(refused(5, 10, &of_reference).contains("the originals of fgsm images"));
    let none = Material { adversarial: vec![], ..material() };
    assert!(refused(5, 10, &none).contains("expected adversarial inputs, got none"));
    let published = trial.material(Protocol::Published, 0..30);
    let expected =
        "fit lid: expected a minibatch of 25 benign images among the first 80 %, got 30 in all";
    assert_eq!(refused(5, 25, &published), expected);
    assert!(refused(5, 28, &material()).contains("expected 5 benign and fgsm inputs to fit on"));
}

#[test]
fn another_network_is_refused() {
    let trial = Trial::of("lenet5", 40);
    let fitted = LidParameters { k: 5, minibatch: 10 };
    let fitted = fitted.fit(&trial.material(Protocol::Fair, 0..40)).unwrap();
    let other = Classifier::untrained(a2d_model::Architecture::MNIST_CNN, 0, Device::Cpu);
    let restored = LidParameters { k: 5, minibatch: 10 }.restore(fitted.state().unwrap()).unwrap();
    let error = restored.scores(&other, &trial.inputs(0..2)[0]).unwrap_err().to_string();
    assert!(error.contains("expected a network of 13 layers, got 10"), "{error}");
    let wrong = LidParameters { k: 5, minibatch: 11 }.restore(fitted.state().unwrap()).unwrap_err();
    assert!(wrong.to_string().contains("expected 11 reference images, got 10"), "{wrong}");
}
