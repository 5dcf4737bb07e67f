//! The attack has all that those of the catalogue have: parameters from a file, costs, examples, verdicts.

use std::collections::BTreeMap;
use std::path::Path;

use a2d_attacks::{
    Attempt, Error, LabelledImages, Limits, NamedAttack, Query, Tally, Target, Wanted, costs,
    craft, parse_spec, perturb, queries,
};
use a2d_data::Labelled as _;
use a2d_detect::ndarray::Array2;
use a2d_detect::{DatasetBase, Fit, SavedDetector, Unit, ZScore};
use a2d_guard::Guard;
use a2d_model::Classifier;
use own_attack::Momentum;
use tch::{Device, Tensor};

/// The attack as a crate would offer it, with parameters that a specification replaces.
fn momentum() -> NamedAttack {
    let target = Target::Untargeted;
    let momentum = Momentum { epsilon: 0.3, step: 0.01, decay: 1.0, iterations: 10, target };
    let tables = parse_spec("[momentum]\nstep = 0.002\niterations = 150\n").unwrap();
    let attack = NamedAttack::new("momentum", momentum).unwrap();
    attack.with(&tables["momentum"]).unwrap()
}

/// A trained network, and digits with their classes.
fn digits(count: usize) -> (Classifier, Tensor, Vec<u32>) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    let weights = data.join("models/lenet5.safetensors");
    let classifier = Classifier::load(&weights, None, Device::Cpu).unwrap().with_workers(2);
    let sample = a2d_data::mnist::load(&data.join("sample/mnist"), a2d_data::Split::Test).unwrap();
    let images = classifier.tensor(sample.images()).unwrap().narrow(0, 0, count as i64);
    let labels = sample.labels()[..count].to_vec();
    (classifier, images, labels)
}

#[test]
fn parameters_are_checked_by_name() {
    let attack = momentum();
    assert_eq!(attack.parameters()["iterations"], 150);
    let card = serde_json::to_value(&attack).unwrap();
    assert_eq!(card["momentum"]["decay"], 1.0);
    let unknown = parse_spec("[momentum]\ntheta = 1.0\n").unwrap();
    let message = attack.with(&unknown["momentum"]).unwrap_err().to_string();
    assert!(message.contains("set up momentum") && message.contains("theta"), "{message}");
    let wrong = parse_spec("[momentum]\ndecay = -1.0\n").unwrap();
    let message = attack.with(&wrong["momentum"]).unwrap().check(10).unwrap_err().to_string();
    assert!(message.contains("decay of at least 0, got -1"), "{message}");
}

#[test]
fn it_measures_crafts_and_guards() {
    let (classifier, images, labels) = digits(40);
    let attack = momentum();

    let image = &mut |row: usize| Ok(images.get(row as i64));
    let source = LabelledImages { len: 40, rows: 0..40, labels: &labels, image };
    let sink = &mut |_, _: &Attempt| Ok::<(), Error>(());
    let (wanted, limits) = (Wanted { examples: 20, integer: true }, Limits::default());
    let attempts =
        craft(&classifier, &attack, source, wanted, limits, BTreeMap::new(), sink).unwrap();
    assert_eq!(Tally::of(attempts.values()).succeeded, 20);
    let examples: Vec<Tensor> = attempts
        .into_values()
        .filter_map(|attempt| match attempt {
            Attempt::Succeeded(example) => Some(example.image),
            _ => None,
        })
        .collect();
    let examples = Tensor::stack(&examples, 0);

    let of = |images: &Tensor| -> Vec<f64> {
        let costs = costs(&classifier, &attack, images).unwrap().into_iter();
        costs.map(|cost| cost.unwrap().iterations.into()).collect()
    };
    let (benign, adversarial) = (of(&images), of(&examples));
    let mean = |costs: &[f64]| costs.iter().sum::<f64>() / costs.len() as f64;
    assert!(mean(&benign) > 10.0 * mean(&adversarial), "{benign:?} {adversarial:?}");
    assert_eq!(perturb(&classifier, &attack, &images).unwrap().size(), images.size());

    let fitted = Array2::from_shape_vec((benign.len(), 1), benign.clone()).unwrap();
    let detector = ZScore::params(1).fit(&DatasetBase::from(fitted)).unwrap().into();
    let (attacks, unit, provenance) = (vec!["momentum".to_owned()], Unit::Iterations, None);
    let saved = SavedDetector { attacks, unit, provenance, detector };
    let guard = Guard::with_defenses(classifier, vec![attack], saved).unwrap();
    let verdicts = |images: &Tensor| {
        let mut flagged = 0;
        let queries = queries(images).map(|query: Result<Query, a2d_guard::Error>| query);
        guard
            .screen(queries, &mut |screening| {
                flagged += usize::from(screening.adversarial == Some(true));
                Ok(())
            })
            .unwrap();
        flagged
    };
    assert_eq!(verdicts(&examples), 20);
    assert!(verdicts(&images) <= 4, "more than a tenth of the digits");
}
