//! Examples that an attack finds without clipping, and what becomes of them as pictures.

use std::collections::BTreeMap;

use a2d_attacks::{
    Attempt, CRAFTING, CraftedExample, Error, Form, LabelledImages, Limits, NamedAttack, Preset,
    Space, Wanted, craft,
};
use a2d_model::{Normalisation, PixelRange};
use serde_json::{Value, json};
use tch::Kind;

use crate::all::{IMAGES, classifier, images, label};

/// MNIST's mean and deviation.
const MEAN: f64 = 0.1307;
const STD: f64 = 0.3081;

fn space() -> Space {
    let normalisation = Normalisation { mean: vec![MEAN], std: vec![STD] };
    let range = PixelRange { black: -16.0, white: 16.0 };
    Space::of(&classifier(), &normalisation, range).unwrap()
}

fn attack(name: &str, replaced: &Value) -> NamedAttack {
    let preset = CRAFTING.named(name, Preset::MNIST).unwrap();
    preset.with(replaced.as_object().unwrap()).unwrap()
}

fn examples(attack: &NamedAttack, form: Form<'_>) -> BTreeMap<usize, CraftedExample> {
    let labels: Vec<u32> = (0..IMAGES).map(|row| label(&images().get(row)) as u32).collect();
    let (images, sink) = (images(), &mut |_, _: &_| Ok::<(), Error>(()));
    let image = &mut |row: usize| Ok(images.get(row as i64));
    let source = LabelledImages { len: 4, rows: 0..4, labels: &labels, image };
    let wanted = Wanted { examples: 4, form };
    let (limits, made) = (Limits::default(), BTreeMap::new());
    let attempts = craft(&classifier(), attack, source, wanted, limits, made, sink).unwrap();
    let succeeded = attempts.into_iter().filter_map(|(row, attempt)| match attempt {
        Attempt::Succeeded(example) => Some((row, example)),
        _ => None,
    });
    succeeded.collect()
}

/// A single step that is clipped at last is one that is clipped at once.
#[test]
fn an_attack_on_normalised_images_is_the_plain_one_on_another_scale() {
    let plain = attack("fgsm-logit", &json!({"epsilon": 0.9 * STD}));
    let unclipped = attack("fgsm-logit", &json!({"epsilon": 0.9 / 32.0}));
    let space = space();
    let plain = examples(&plain, Form::AsFound);
    let found = examples(&unclipped, Form::Picture { space: Some(&space), stretched: false });
    assert!(!plain.is_empty() && plain.keys().eq(found.keys()));
    for (row, example) in &found {
        assert_eq!(example.predicted, plain[row].predicted);
        // The sign of a slope of about 0 is anyone's.
        let far = (&example.image - &plain[row].image).abs().gt(1e-4).sum(Kind::Int64);
        assert!(far.int64_value(&[]) <= 4, "{far:?}");
    }
}

#[test]
fn a_stretched_example_is_an_8_bit_picture_from_black_to_white() {
    let space = space();
    let jsma = attack("jsma-single", &json!({"theta": 1.0 / 32.0, "gamma": 0.5}));
    let bim = attack("bim-a", &json!({"epsilon": 3.0 / 32.0, "step": 0.1 / 32.0}));
    for (attack, space) in [(&jsma, Some(&space)), (&bim, Some(&space)), (&bim, None)] {
        let name = attack.name();
        let found = examples(attack, Form::Picture { space, stretched: true });
        assert!(!found.is_empty(), "{name}");
        for (row, example) in found {
            let image = &example.image;
            let levels = image * 255.0;
            assert!((&levels - levels.round()).abs().max().double_value(&[]) < 1e-4, "{name}");
            let ends = (image.min().double_value(&[]), image.max().double_value(&[]));
            assert_eq!(ends, (0.0, 1.0), "{name}");
            assert_ne!(example.predicted, example.label, "{name}");
            assert_eq!(example.predicted as i64, label(image), "{name}");
            assert!(example.target.is_none_or(|target| target == example.predicted), "{name}");
            let moved = (image - images().get(row as i64)).abs().max().double_value(&[]);
            assert!(moved > 0.0, "{name}");
        }
    }
}
