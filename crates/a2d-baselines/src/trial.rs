//! What the tests fit on: digits of the sample, and what FGSM makes of them.

use std::path::Path;

use a2d_cost::Column;
use a2d_data::mnist::{self, Split};
use a2d_data::{Dataset, Images};
use a2d_eval::scoring::BatchScores;
use a2d_model::Classifier;
use ndarray::Array4;
use serde_json::Value;
use tch::{Device, Tensor};

use crate::{Examples, Material, Protocol, SavedBaseline, kind};

/// Digits with true classes, and adversarial ones.
pub(crate) struct Trial {
    pub(crate) classifier: Classifier,
    pub(crate) training: Dataset,
    pub(crate) benign: Dataset,
    pub(crate) fgsm: Images,
}

impl Trial {
    /// The first `count` test digits, for a network of those with weights.
    pub(crate) fn of(network: &str, count: usize) -> Self {
        let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data"));
        let weights = data.join(format!("models/{network}.safetensors"));
        let classifier = Classifier::load(&weights, None, Device::Cpu).unwrap();
        let digits = |split| mnist::load(&data.join("sample/mnist"), split).unwrap();
        let benign = digits(Split::Test).range(0..count).unwrap();
        let leaf = classifier.tensor(benign.images()).unwrap().set_requires_grad(true);
        let logits = classifier.logits(&leaf).unwrap();
        let loss = logits.cross_entropy_for_logits(&logits.argmax(1, false));
        let gradient = classifier.gradient(&loss, &leaf, false).unwrap();
        let fgsm = images(&(leaf.detach() + gradient.sign() * 0.3).clamp(0.0, 1.0));
        let training = digits(Split::Train).range(0..400).unwrap();
        Self { classifier, training, benign, fgsm }
    }

    /// A range of the digits and all that belongs to it, to fit on.
    pub(crate) fn material(
        &self,
        protocol: Protocol,
        rows: std::ops::Range<usize>,
    ) -> Material<'_> {
        let rows: Vec<usize> = rows.collect();
        let fgsm = Examples {
            kind: "fgsm".into(),
            images: self.fgsm.select(&rows).unwrap(),
            originals: (0..rows.len()).map(Some).collect(),
        };
        Material {
            classifier: &self.classifier,
            protocol,
            seed: 7,
            labelled: Some(&self.training),
            benign: self.benign.select(&rows).unwrap(),
            adversarial: vec![fgsm],
        }
    }

    /// A range of the digits, and what FGSM makes of them.
    pub(crate) fn inputs(&self, rows: std::ops::Range<usize>) -> [Tensor; 2] {
        let (first, count) = (rows.start as i64, rows.len() as i64);
        [self.benign.images(), &self.fgsm]
            .map(|images| self.classifier.tensor(images).unwrap().narrow(0, first, count))
    }
}

/// A tensor, \[N, C, H, W\], as images.
pub(crate) fn images(tensor: &Tensor) -> Images {
    let size = <[i64; 4]>::try_from(tensor.size()).unwrap().map(|side| side as usize);
    let pixels = Vec::<f32>::try_from(tensor.contiguous().view(-1)).unwrap();
    Images::new(Array4::from_shape_vec(size, pixels).unwrap()).unwrap()
}

/// The share of pairs of numbers, one of each list, of which the second is larger.
pub(crate) fn area(less: &[f64], more: &[f64]) -> f64 {
    let wins = less.iter().map(|less| more.iter().filter(|more| *more > less).count());
    wins.sum::<usize>() as f64 / (less.len() * more.len()) as f64
}

/// For each column the share of pairs of a benign and an adversarial image of which the latter looks more adversarial.
pub(crate) fn areas(
    columns: &[Column],
    benign: &BatchScores,
    adversarial: &BatchScores,
) -> Vec<f64> {
    let column = |(place, column): (usize, &Column)| {
        let [benign, adversarial] = [benign, adversarial].map(|scores| {
            let suspicions = scores.rows.iter().map(|row| column.sign.suspicion(row[place]));
            suspicions.collect::<Vec<f64>>()
        });
        area(&benign, &adversarial)
    };
    columns.iter().enumerate().map(column).collect()
}

/// Fits a kind, and holds its scores of some images against those of what its file keeps.
pub(crate) fn kept_in_a_file(name: &str, given: &Value, material: &Material<'_>, images: &Tensor) {
    let given = given.as_object().cloned().unwrap_or_default();
    let kind = kind(name).unwrap();
    let saved = SavedBaseline {
        baseline: kind.fit(&given, material).unwrap(),
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
    let scores =
        |saved: &SavedBaseline| saved.baseline.scores(material.classifier, images).unwrap();
    assert_eq!(scores(&read), scores(&saved));
    assert_eq!(read.baseline.parameters(), saved.baseline.parameters());
}
