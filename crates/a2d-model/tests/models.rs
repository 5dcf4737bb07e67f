//! The models that come with the repository.

use std::path::Path;

use a2d_file::Card as _;
use a2d_model::{Classifier, ModelCard};
use tch::Device;

#[test]
fn every_model_is_the_one_of_its_card() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/models");
    let mut names = vec![];
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "safetensors") {
            continue;
        }
        let card = ModelCard::read(&path).unwrap().unwrap();
        assert!(card.dataset.is_some() && card.command.is_some(), "{}", path.display());
        assert!(card.training.contains_key("seed") && card.test_accuracy.is_some());
        // A fingerprint that is not the card's is refused.
        let classifier = Classifier::load(&path, None, Device::Cpu).unwrap();
        assert_eq!(card.fingerprint.as_deref(), Some(classifier.fingerprint()));
        names.push(classifier.name().to_owned());
    }
    names.sort();
    let known =
        ["cifar10-cnn", "googlenet-half", "lenet4", "lenet5", "mnist-cnn", "wrn-16-4", "wrn-16-4"];
    assert_eq!(names, known);
}
