//! Examples are what they are said to be: confirmed, of another label, where they were wanted.

use std::collections::BTreeMap;

use a2d_attacks::{
    Attempt, CRAFTING, Error, Form, LabelledImages, Limits, NamedAttack, Preset, Tally, Target,
    Wanted, craft,
};
use serde_json::json;
use tch::no_grad;

use crate::all::{Ball, IMAGES, classifier, craftings, images, label};

#[test]
fn every_crafting_attack_crafts_examples_that_the_model_confirms() {
    let labels: Vec<u32> = (0..IMAGES).map(|row| label(&images().get(row)) as u32).collect();
    let bb = CRAFTING.named("bb", Preset::MNIST).unwrap();
    let few = json!({"rounds": 2, "epochs": 30, "epsilon": 0.5});
    let bb = bb.with(few.as_object().unwrap()).unwrap();
    for (attack, ball) in craftings().into_iter().chain([(bb, Ball::Linf(0.5))]) {
        let (images, name) = (images(), attack.name());
        let crafted = |window| {
            let limits = Limits { window, seed: 5 };
            let image = &mut |row: usize| Ok(images.get(row as i64));
            let source = LabelledImages { len: 4, rows: 0..4, labels: &labels, image };
            let (made, sink) = (BTreeMap::new(), &mut |_, _: &_| Ok::<(), Error>(()));
            craft(&classifier(), &attack, source, Wanted::examples(4), limits, made, sink).unwrap()
        };
        let attempts = crafted(64);
        let tally = Tally::of(attempts.values());
        assert!(tally.tried == 4 && tally.succeeded > 0, "{name}: {tally:?}");
        for (row, attempt) in &attempts {
            let Attempt::Succeeded(example) = attempt else { continue };
            assert_eq!(example.predicted as i64, label(&example.image), "{name}");
            assert_ne!(example.predicted, labels[*row] as usize, "{name}");
            assert!(example.distances.l2 > 0.0, "{name}");
            let perturbation = (&example.image - images.get(*row as i64)).unsqueeze(0);
            assert!(ball.contains(&perturbation), "{name}");
        }
        assert_eq!(Tally::of(crafted(1).values()), tally, "{name}");
    }
}

/// Every crafting attack, quick, without a target and with every kind of target that it takes.
fn targeted_craftings() -> Vec<(NamedAttack, Target)> {
    let few = json!({"rounds": 2, "epochs": 30, "epsilon": 0.5});
    let bb = CRAFTING.named("bb", Preset::MNIST).unwrap().with(few.as_object().unwrap()).unwrap();
    let targets =
        ["untargeted", "second", "rank-3", "least-likely", "class-3", "class-7", "random"];
    let mut all = vec![];
    for attack in craftings().into_iter().map(|(attack, _)| attack).chain([bb]) {
        if !attack.parameters().contains_key("target") {
            all.push((attack, Target::Untargeted));
            continue;
        }
        for target in targets {
            let replaced = json!({ "target": target });
            let targeted = attack.with(replaced.as_object().unwrap()).unwrap();
            // Some attacks need a class to go to.
            if targeted.check(10).is_ok() {
                all.push((targeted, target.parse().unwrap()));
            }
        }
    }
    all
}

/// What [`craft`] makes of these images with these labels.
fn attempts(attack: &NamedAttack, labels: &[u32], form: Form<'_>) -> BTreeMap<usize, Attempt> {
    let (images, limits) = (images(), Limits { window: 3, seed: 5 });
    let wanted = Wanted { examples: labels.len(), form };
    let sink = &mut |_, _: &_| Ok::<(), Error>(());
    let image = &mut |row: usize| Ok(images.get(row as i64));
    let source = LabelledImages { len: labels.len(), rows: 0..labels.len(), labels, image };
    craft(&classifier(), attack, source, wanted, limits, BTreeMap::new(), sink).unwrap()
}

#[test]
fn an_example_lost_its_true_label_and_got_its_target() {
    let logits = no_grad(|| classifier().logits(&images()).unwrap());
    let ranked = |row: i64| -> Vec<i64> { logits.get(row).argsort(-1, true).try_into().unwrap() };
    // Two labels are right. The others are the runner-up and the least likely class: what an attack
    // with such a target would make of the image is its true class.
    let labels = [ranked(0)[0], ranked(1)[1], ranked(2)[0], ranked(3)[9]].map(|label| label as u32);
    let mut reached = BTreeMap::<String, usize>::new();
    for (attack, target) in targeted_craftings() {
        let name = format!("{} {target}", attack.name());
        let attempts = attempts(&attack, &labels, Form::AsFound);
        for (row, attempt) in &attempts {
            let is_wrong = row % 2 == 1;
            let is_there = !is_wrong && target == Target::Class(labels[*row] as usize);
            match attempt {
                Attempt::Misclassified => assert!(is_wrong, "{name}: image {row}"),
                Attempt::OnTarget => assert!(is_there, "{name}: image {row}"),
                Attempt::Failed => assert!(!is_wrong && !is_there, "{name}: image {row}"),
                Attempt::Unmoved => panic!("{name}: image {row} has a gradient"),
                Attempt::Succeeded(example) => {
                    assert!(!is_wrong && !is_there, "{name}: image {row}");
                    assert_eq!(example.label, labels[*row] as usize, "{name}");
                    assert_ne!(example.predicted, example.label, "{name}");
                    assert_eq!(example.predicted as i64, label(&example.image), "{name}");
                    let ranked = ranked(*row as i64);
                    let expected = match target {
                        Target::Untargeted => None,
                        Target::Rank(rank) => Some(ranked[rank - 1] as usize),
                        Target::LeastLikely => Some(ranked[9] as usize),
                        Target::Class(class) => Some(class),
                        Target::Random => Some(example.predicted),
                    };
                    assert_eq!(example.target, expected, "{name}");
                    assert!(expected.is_none_or(|class| example.predicted == class), "{name}");
                    *reached.entry(target.to_string()).or_default() += 1;
                }
            }
        }
        let tally = Tally::of(attempts.values());
        assert_eq!((tally.tried, tally.misclassified), (4, 2), "{name}");
    }
    assert!(reached.len() >= 6, "hardly an attack reached its target: {reached:?}");
}

#[test]
fn integer_examples_are_8_bit_images_within_the_bounds_of_their_attack() {
    let labels: Vec<u32> = (0..IMAGES).map(|row| label(&images().get(row)) as u32).collect();
    for (attack, ball) in craftings() {
        let name = attack.name();
        let attempts = attempts(&attack, &labels, Form::Integer);
        assert!(Tally::of(attempts.values()).succeeded > 0, "{name}");
        for (row, attempt) in &attempts {
            let Attempt::Succeeded(example) = attempt else { continue };
            let levels = (&example.image * 255.0).round();
            let pixels = Vec::<f32>::try_from(levels.view(-1)).unwrap();
            let pixels: Vec<f32> = pixels.into_iter().map(|level| level / 255.0).collect();
            assert_eq!(Vec::<f32>::try_from(example.image.view(-1)).unwrap(), pixels, "{name}");
            assert_ne!(example.predicted, labels[*row] as usize, "{name}");
            assert_eq!(example.predicted as i64, label(&example.image), "{name}");
            let original = images().get(*row as i64);
            if !matches!(ball, Ball::Changed(_)) {
                let perturbation = (&example.image - original).unsqueeze(0);
                assert!(ball.contains(&perturbation), "{name}: out of {ball:?}");
            }
        }
    }
}
