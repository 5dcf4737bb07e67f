//! The attack has all that those of the catalogue have: parameters from a file, costs, examples, verdicts; so has the
//! detector.

use std::collections::BTreeMap;
use std::path::Path;

use a2d_attacks::{
    Attempt, Error, Form, LabelledImages, Limits, Query, Tally, Wanted, costs, craft, parse_spec,
    perturb, queries,
};
use a2d_data::Labelled as _;
use a2d_detect::ndarray::Array2;
use a2d_detect::{
    DatasetBase, Detect, Detector, Fit, Kinds, Numbers, SavedDetector, Unit, ZScore, labelled,
};
use a2d_guard::{Guard, Screening};
use a2d_model::Classifier;
use downstream::{MeanRanks, momentum};
use tch::{Device, Tensor};

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
    let tables = parse_spec("[momentum]\niterations = 60\n").unwrap();
    let attack = momentum().unwrap().with(&tables["momentum"]).unwrap();
    assert_eq!(
        (&attack.parameters()["iterations"], &attack.parameters()["step"]),
        (&60.into(), &0.002.into())
    );
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
    let attack = momentum().unwrap();

    let image = &mut |row: usize| Ok(images.get(row as i64));
    let source = LabelledImages { len: 40, rows: 0..40, labels: &labels, image };
    let sink = &mut |_, _: &Attempt| Ok::<(), Error>(());
    let (wanted, limits) = (Wanted { examples: 20, form: Form::Integer }, Limits::default());
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

    let benign = Array2::from_shape_vec((benign.len(), 1), benign).unwrap();
    let z_score: Detector =
        ZScore::params(1).fit(&DatasetBase::from(benign.view())).unwrap().into();
    let samples = labelled(benign.view(), Array2::zeros((0, 1)).view()).unwrap();
    let kinds = Kinds::new().with("mean-rank", MeanRanks { threshold: 0.9 });
    let mean_rank = kinds.fit("mean-rank", &samples, &Numbers::Costs).unwrap();
    for (detector, foresees) in [(z_score, true), (mean_rank, false)] {
        let (attacks, unit, provenance) = (vec!["momentum".to_owned()], Unit::Iterations, None);
        let saved = SavedDetector { attacks, unit, provenance, detector: detector.clone() };
        let classifier = classifier.handle().unwrap();
        let guard = Guard::with_defenses(classifier, vec![attack.clone()], saved).unwrap();
        let of_benign = screenings(&guard, &images);
        let flagged = |all: &[Screening]| {
            all.iter().filter(|screening| screening.adversarial == Some(true)).count()
        };
        assert_eq!(flagged(&screenings(&guard, &examples)), 20);
        assert!(flagged(&of_benign) <= 4, "more than a tenth of the digits");
        // What foresees nothing has every cost measured to its end.
        let stopped = of_benign.iter().filter(|screening| screening.complete_costs(unit).is_none());
        assert_eq!(stopped.count() > 0, foresees);
        for screening in of_benign {
            if let Some(costs) = screening.complete_costs(unit) {
                let verdict = detector.verdict(&costs).unwrap();
                assert_eq!(screening.adversarial, Some(verdict.adversarial));
            }
        }
    }
}

fn screenings(guard: &Guard, images: &Tensor) -> Vec<Screening> {
    let mut screenings = vec![];
    let queries = queries(images).map(|query: Result<Query, a2d_guard::Error>| query);
    guard
        .screen(queries, &mut |screening| {
            screenings.push(screening);
            Ok(())
        })
        .unwrap();
    screenings
}
