//! What every architecture has to do, whichever it is: run over the list of all.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use a2d_file::Card as _;
use a2d_model::{Architecture, Blueprint, Classifier, Error, Normalisation};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tch::{Device, Kind, Tensor};

/// One member of every family, for small images of other shape and number of classes than usual.
fn blueprints() -> impl Iterator<Item = Blueprint> {
    Architecture::examples().map(|architecture| {
        let model = Blueprint::from(architecture).with_input_shape([2, 20, 16]).unwrap();
        model.with_classes(7).unwrap()
    })
}

fn classifiers() -> impl Iterator<Item = Classifier> {
    blueprints().map(|blueprint| Classifier::untrained(blueprint, 3, Device::Cpu))
}

/// Images of this shape, all different.
fn images(count: i64, shape: [usize; 3]) -> Tensor {
    let [channels, height, width] = shape.map(|side| side as i64);
    let elements = count * channels * height * width;
    let waves = (Tensor::arange(elements, (Kind::Float, Device::Cpu)) * 0.7).sin();
    (waves * 0.5 + 0.5).view([count, channels, height, width])
}

fn close(one: &Tensor, other: &Tensor) -> bool {
    one.allclose(other, 1e-4, 1e-5, false)
}

#[test]
fn images_of_the_usual_shape_have_logits_of_the_usual_classes() {
    for architecture in Architecture::examples() {
        let classifier = Classifier::untrained(architecture, 0, Device::Cpu);
        assert_eq!(classifier.name(), architecture.to_string());
        assert_eq!(classifier.input_shape(), architecture.input_shape());
        let logits = classifier.logits(&images(1, architecture.input_shape())).unwrap();
        assert_eq!(logits.size(), [1, architecture.classes() as i64], "{architecture}");
    }
}

#[test]
fn the_least_images_have_logits() {
    for architecture in Architecture::examples() {
        let refused = |side| Blueprint::from(architecture).with_input_shape([1, side, side]);
        let least = (1..=64).find(|side| refused(*side).is_ok()).unwrap();
        let classifier = Classifier::untrained(refused(least).unwrap(), 0, Device::Cpu);
        let logits = classifier.logits(&images(2, [1, least, least])).unwrap();
        assert_eq!(logits.size(), [2, architecture.classes() as i64], "{architecture}");
    }
}

#[test]
fn shape_and_classes_are_those_of_the_model() {
    for classifier in classifiers() {
        let name = classifier.name();
        assert_eq!((classifier.input_shape(), classifier.classes()), ([2, 20, 16], 7), "{name}");
        assert_eq!(classifier.logits(&images(3, [2, 20, 16])).unwrap().size(), [3, 7], "{name}");
    }
}

#[test]
fn rows_are_independent_and_their_gradients_arrive() {
    for classifier in classifiers() {
        let name = classifier.name();
        let images = images(3, [2, 20, 16]).set_requires_grad(true);
        let logits = classifier.logits(&images).unwrap();
        let alone = classifier.logits(&images.narrow(0, 1, 1)).unwrap();
        assert!(close(&logits.narrow(0, 1, 1), &alone), "{name}");
        let second = logits.get(1).square().sum(Kind::Float);
        let gradient = Tensor::run_backward(&[second], &[&images], false, false).remove(0);
        let arrived =
            gradient.abs().flatten(1, -1).sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
        let arrived = Vec::<f32>::try_from(arrived).unwrap();
        assert!(arrived[0] == 0.0 && arrived[1] > 0.0 && arrived[2] == 0.0, "{name}: {arrived:?}");
    }
}

#[test]
fn layers_are_named_and_the_last_gives_the_logits() {
    for classifier in classifiers() {
        let name = classifier.name();
        let images = images(2, [2, 20, 16]);
        let activations = classifier.activations(&images).unwrap();
        assert!(activations.len() >= 5, "{name}");
        for (place, (layer, output)) in activations.iter().enumerate() {
            assert!(
                activations[..place].iter().all(|(other, _)| other != layer),
                "{name}: {layer}"
            );
            assert_eq!(output.size()[0], 2, "{name}: {layer}");
        }
        let (_, logits) = activations.last().unwrap();
        assert_eq!(*logits, classifier.logits(&images).unwrap(), "{name}");
        // What the last hidden layer gives is not negative, as after ReLU.
        let (layer, hidden) = &activations[activations.len() - 2];
        assert!(hidden.min().double_value(&[]) >= 0.0 && hidden.dim() == 2, "{name}: {layer}");
    }
}

#[test]
fn passes_with_dropout_draw_from_the_stream_of_their_row() {
    let streams = |seeds: &[u64]| -> Vec<ChaCha8Rng> {
        seeds.iter().map(|seed| ChaCha8Rng::seed_from_u64(*seed)).collect()
    };
    let mut with_dropout = 0;
    for classifier in classifiers() {
        let name = classifier.name();
        let images = images(3, [2, 20, 16]);
        let draws = match classifier.draws(&images, &mut streams(&[1, 2, 3]), 4) {
            Ok(draws) => draws,
            Err(error @ Error::Network { .. }) => {
                assert!(error.to_string().contains("a network with dropout"), "{error}");
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        with_dropout += 1;
        assert_eq!(draws.size(), [4, 3, 7], "{name}");
        let alone = classifier.draws(&images.narrow(0, 1, 1), &mut streams(&[2]), 4).unwrap();
        assert!(close(&draws.narrow(1, 1, 1), &alone), "{name}");
        let other = classifier.draws(&images.narrow(0, 1, 1), &mut streams(&[4]), 4).unwrap();
        assert!(!close(&other, &alone) && !close(&draws.get(0), &draws.get(1)), "{name}");
        let mean = classifier.draws(&images, &mut streams(&[1]), 1).unwrap_err().to_string();
        assert!(mean.contains("a stream for each of 3 images, got 1"), "{mean}");
    }
    assert!(with_dropout >= 3, "{with_dropout}");
}

#[test]
fn weights_survive_the_file_and_copies() {
    let folder = tempfile::tempdir().unwrap();
    for blueprint in blueprints() {
        let original = Classifier::untrained(blueprint.clone(), 5, Device::Cpu);
        let (name, images) = (original.name(), images(2, [2, 20, 16]));
        let path = folder.path().join("w.safetensors");
        original.save(&path).unwrap();
        a2d_model::ModelCard::new(blueprint, original.fingerprint()).write(&path).unwrap();
        let loaded = Classifier::load(&path, None, Device::Cpu).unwrap();
        let handle = original.handle().unwrap();
        for copy in [loaded, handle] {
            assert_eq!(copy.fingerprint(), original.fingerprint(), "{name}");
            assert_eq!(copy.logits(&images).unwrap(), original.logits(&images).unwrap(), "{name}");
        }
    }
}

#[test]
fn the_fingerprint_covers_all_that_decides_the_logits() {
    for blueprint in blueprints() {
        let classifier = Classifier::untrained(blueprint.clone(), 1, Device::Cpu);
        let mut seen = vec![classifier.fingerprint().to_owned()];
        let normalised = |mean: f64, std: f64| {
            let normalisation = Normalisation { mean: vec![mean; 2], std: vec![std; 2] };
            let model = blueprint.clone().with_normalisation(normalisation).unwrap();
            Classifier::untrained(model, 1, Device::Cpu)
        };
        let by_model = [normalised(0.5, 1.0), normalised(0.5, 0.5)];
        assert!(!close(
            &by_model[0].logits(&images(1, [2, 20, 16])).unwrap(),
            &by_model[1].logits(&images(1, [2, 20, 16])).unwrap()
        ));
        seen.extend(by_model.map(|classifier| classifier.fingerprint().to_owned()));

        let mut names = vec![];
        classifier.mutated(|weights| names.extend(weights.keys().cloned())).unwrap();
        // The first and the last of each kind: a change of all would take the tests of this crate twice as long.
        let kind = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        let is_at_an_end = |place: usize| {
            let same = |name: &String| kind(name) == kind(&names[place]);
            !names[..place].iter().any(same) || !names[place + 1..].iter().any(same)
        };
        for name in (0..names.len()).filter(|place| is_at_an_end(*place)).map(|place| &names[place])
        {
            let mutant = classifier.mutated(|weights| {
                let _ = weights.get_mut(name).unwrap().view([-1]).get(0).g_add_scalar_(0.5);
            });
            seen.push(mutant.unwrap().fingerprint().to_owned());
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count, "{}", classifier.name());
    }
}

#[test]
fn a_classifier_can_be_sent_to_another_thread() {
    fn sent(_: impl Send) {}
    sent(Classifier::untrained(Architecture::LENET5, 0, Device::Cpu));
}
