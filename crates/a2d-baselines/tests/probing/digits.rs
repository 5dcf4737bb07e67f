//! Digits, a network that knows them, and what baselines make of them.

use std::path::Path;
use std::sync::Arc;

use a2d_baselines::{Baseline, Kind, Material, Protocol, Result, SavedBaseline, kind};
use a2d_cost::Column;
use a2d_data::mnist::{self, Split};
use a2d_data::{Dataset, Labelled as _};
use a2d_eval::scoring::BatchScores;
use a2d_model::Classifier;
use serde_json::{Map, Value};
use tch::{Device, Tensor};

/// LeNet-5, trained.
pub(crate) fn lenet5() -> Classifier {
    Classifier::load(&data("models/lenet5.safetensors"), None, Device::Cpu).unwrap()
}

fn data(path: &str) -> std::path::PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data")).join(path)
}

pub(crate) fn digits(split: Split) -> Dataset {
    mnist::load(&data("sample/mnist"), split).unwrap()
}

/// What to fit on: 60 digits that the network knows, and the first labelled ones of a split.
pub(crate) fn material(classifier: &Classifier, labelled: Option<(Split, usize)>) -> Material<'_> {
    let benign = known(classifier, 1000..1070);
    Material {
        classifier,
        protocol: Protocol::Fair,
        seed: 1,
        labelled: labelled.map(|(split, count)| digits(split).range(0..count).unwrap()),
        benign,
        adversarial: vec![],
    }
}

/// Digits of these rows that the network knows, and what FGSM with epsilon 0.15 makes of those whose label it changes.
pub(crate) fn benign_and_adversarial(classifier: &Classifier) -> [Tensor; 2] {
    let digits = known(classifier, 0..100);
    let images = classifier.tensor(digits.images()).unwrap();
    let leaf = images.copy().set_requires_grad(true);
    let logits = classifier.logits(&leaf).unwrap();
    let labels = logits.argmax(1, false);
    let gradient =
        classifier.gradient(&logits.cross_entropy_for_logits(&labels), &leaf, false).unwrap();
    let moved = (&images + gradient.sign() * 0.15).clamp(0.0, 1.0);
    let now = classifier.logits(&moved).unwrap().argmax(1, false);
    let fooled = now.ne_tensor(&labels).nonzero().view(-1);
    assert!(fooled.numel() >= 10, "{}", fooled.numel());
    [images, moved.index_select(0, &fooled)]
}

fn known(classifier: &Classifier, rows: std::ops::Range<usize>) -> Dataset {
    let digits = digits(Split::Test).range(rows).unwrap();
    let predicted = classifier.predict(digits.images(), 64).unwrap();
    let right = predicted.iter().zip(digits.labels());
    let right = right.enumerate().filter(|(_, (found, label))| found.class == **label as usize);
    digits.select(&right.map(|(row, _)| row).collect::<Vec<_>>()).unwrap()
}

/// The kind of this name, and parameters of it.
pub(crate) fn parameters(name: &str, parameters: &Value) -> (&'static Kind, Map<String, Value>) {
    let given = parameters.as_object().cloned().unwrap_or_default();
    (kind(name).unwrap(), given)
}

pub(crate) fn fitted(
    name: &str,
    given: &Value,
    material: &Material<'_>,
) -> Result<Arc<dyn Baseline>> {
    let (kind, given) = parameters(name, given);
    kind.fit(&given, material)
}

/// The baseline after it was in a file; its scores are the same.
pub(crate) fn reread(
    baseline: &Arc<dyn Baseline>,
    given: &Value,
    material: &Material<'_>,
    images: &Tensor,
) {
    let (kind, given) = parameters(baseline.name(), given);
    let saved = SavedBaseline {
        baseline: baseline.clone(),
        parameters: kind.parameters(&given).unwrap(),
        protocol: material.protocol,
        model: material.classifier.fingerprint().to_owned(),
        seed: material.seed,
        inputs: vec![],
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baseline.safetensors");
    saved.write(&path).unwrap();
    let read = SavedBaseline::read(&path).unwrap();
    read.check_for(material.classifier).unwrap();
    let scores =
        |baseline: &Arc<dyn Baseline>| baseline.scores(material.classifier, images).unwrap();
    assert_eq!(scores(&read.baseline), scores(baseline));
    assert_eq!(Value::Object(read.parameters), Value::Object(baseline.parameters()));
}

/// For each column the share of pairs of a benign and an adversarial image in which the latter looks more adversarial.
pub(crate) fn aurocs(
    baseline: &dyn Baseline,
    [benign, adversarial]: [&BatchScores; 2],
) -> Vec<f64> {
    let columns = baseline.columns().into_iter().enumerate();
    let auroc = |(place, column): (usize, Column)| {
        let suspicions = |scores: &BatchScores| -> Vec<f64> {
            scores.rows.iter().map(|row| column.sign.suspicion(row[place])).collect()
        };
        let (benign, adversarial) = (suspicions(benign), suspicions(adversarial));
        let pairs = adversarial.iter().flat_map(|one| benign.iter().map(move |other| (one, other)));
        let won = pairs.map(|(one, other)| match one.total_cmp(other) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        });
        won.sum::<f64>() / (benign.len() * adversarial.len()) as f64
    };
    columns.map(auroc).collect()
}
