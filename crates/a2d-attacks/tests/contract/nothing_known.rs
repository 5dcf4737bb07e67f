//! Attacks that give up or have no hold on an image, and logits that are no numbers.

use std::collections::BTreeMap;

use a2d_attacks::{
    CRAFTING, DEFENSES, Error, LabelledImages, Limits, NamedAttack, Preset, Query, Tally, Wanted,
    craft, measure,
};
use a2d_cost::{AttackCost, Budget, NoCost};
use a2d_model::Classifier;
use serde_json::json;
use tch::{Device, Kind, Tensor, nn};

use crate::all::{craftings, defenses, images};

/// A network of two classes, of which the first leads by `lead` and the sum of the pixels times `slope`.
fn leading(lead: f64, slope: f64) -> Classifier {
    let logits = move |images: &Tensor| {
        let sums = images.flatten(1, -1).sum_dim_intlist([1i64].as_slice(), true, Kind::Float);
        Tensor::cat(&[&sums * slope + lead, sums.zeros_like()], 1)
    };
    let (variables, decisive) = (nn::VarStore::new(Device::Cpu), format!("{lead} {slope}"));
    Classifier::of_module("leading", logits, variables, [1, 28, 28], 2, decisive)
}

fn measured(
    classifier: &Classifier,
    defense: &NamedAttack,
    images: &Tensor,
    budget: Option<u32>,
) -> Vec<Result<AttackCost, NoCost>> {
    let budget = budget.map(|iterations| Budget::new(iterations).unwrap());
    let query = |row: i64| Ok(Query { budget, ..Query::new(row as usize, images.get(row)) });
    let limits = Limits { window: 3, seed: 5 };
    let mut costs = BTreeMap::new();
    measure(classifier, defense, (0..images.size()[0]).map(query), limits, &mut |row, cost| {
        costs.insert(row, cost);
        Ok::<(), Error>(())
    })
    .unwrap();
    costs.into_values().collect()
}

/// Whatever makes an attack end, its cost is its cap where the label has not flipped.
#[test]
fn an_attack_that_gives_up_costs_its_cap() {
    let mut gave_up = vec![];
    // No image flips: the first class leads by 2 to 9.84, or by 60 to 67.84.
    for classifier in [leading(2.0, 0.01), leading(60.0, 0.01)] {
        for (defense, _) in defenses() {
            let (name, cap) = (defense.name(), defense.cap(28 * 28));
            for cost in measured(&classifier, &defense, &images(), None) {
                let cost = cost.unwrap();
                let said = (cost.iterations, cost.flipped, cost.censored);
                assert_eq!(said, (cap, false, false), "{name}");
                let early = cost.iterations > 1 && cost.forward_queries < cost.iterations;
                gave_up.extend(early.then(|| name.to_owned()));
            }
            for cost in measured(&classifier, &defense, &images(), Some(2)) {
                let cost = cost.unwrap();
                // Known never to flip, or not known beyond the budget: never an exact low cost.
                let said = (cost.iterations, cost.flipped, cost.censored);
                let known = (cap, false, false);
                assert!(said == (2.min(cap), false, cap > 2) || said == known, "{name}: {said:?}");
            }
        }
    }
    for name in ["cw", "lbfgs", "bim-turbo"] {
        assert!(gave_up.iter().any(|attack| attack == name), "{name} went on to its cap");
    }
}

/// The boundary attack without a start has spent no iteration.
#[test]
fn no_start_on_the_far_side_is_no_low_cost() {
    let defense = DEFENSES.named("dba", Preset::MNIST).unwrap();
    let costs = measured(&leading(2.0, 0.01), &defense, &images().narrow(0, 0, 1), Some(1));
    let cost = costs[0].unwrap();
    assert_eq!((cost.iterations, cost.flipped, cost.censored), (5000, false, false));
    assert_eq!(cost.forward_queries, 1001, "the image and 1000 draws");
}

#[test]
fn without_a_gradient_there_is_no_cost_but_for_attacks_that_need_none() {
    let flat = leading(0.0, 0.0);
    for (defense, _) in defenses() {
        let name = defense.name();
        for budget in [None, Some(2)] {
            for cost in measured(&flat, &defense, &images(), budget) {
                match (name, budget) {
                    ("lsa", Some(_)) => assert!(cost.unwrap().censored, "{name}"),
                    ("lsa" | "dba", _) => {
                        let cost = cost.unwrap();
                        assert_eq!((cost.iterations, cost.flipped), (defense.cap(784), false));
                    }
                    _ => assert_eq!(cost, Err(NoCost::ZeroGradient), "{name}"),
                }
            }
        }
    }
    // Of a grey image, local search multiplies pixels by what leaves them as they are.
    let grey = Tensor::full([1, 1, 28, 28], 0.5, (Kind::Float, Device::Cpu));
    let lsa = DEFENSES.named("lsa", Preset::MNIST).unwrap();
    let costs = measured(&leading(2.0, 0.01), &lsa, &grey, None);
    assert_eq!(costs, [Err(NoCost::NeverMoved)]);
}

#[test]
fn crafting_counts_images_without_a_gradient_apart() {
    let few = json!({"rounds": 1, "epochs": 2});
    let bb = CRAFTING.named("bb", Preset::MNIST).unwrap().with(few.as_object().unwrap()).unwrap();
    for attack in craftings().into_iter().map(|(attack, _)| attack).chain([bb]) {
        let (images, name) = (images(), attack.name());
        let sink = &mut |_, _: &_| Ok::<(), Error>(());
        let flat = leading(0.0, 0.0);
        let image = &mut |row: usize| Ok(images.get(row as i64));
        let source = LabelledImages { len: 4, rows: 0..4, labels: &[0; 4], image };
        let target = if name == "bim2" { json!({"target": "second"}) } else { json!({}) };
        let attack = attack.with(target.as_object().unwrap()).unwrap();
        let attempts = craft(
            &flat,
            &attack,
            source,
            Wanted::examples(4),
            Limits::default(),
            BTreeMap::new(),
            sink,
        );
        let tally = Tally::of(attempts.unwrap().values());
        let unmoved = if ["lsa", "dba", "bb"].contains(&name) { 0 } else { 4 };
        assert_eq!((tally.tried, tally.unmoved, tally.succeeded), (4, unmoved, 0), "{name}");
    }
}

/// A logit that is not a number flips no label: it is an error, in whatever pass it comes.
#[test]
fn logits_that_are_not_finite_are_refused_by_every_attack() {
    for lead in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let broken = leading(lead, 0.01);
        let refused = |error: Error| {
            assert!(error.is_bad_input() && error.row().is_some(), "{error}");
            assert!(error.to_string().contains("expected finite logits, got"), "{error}");
        };
        for (defense, _) in defenses() {
            let images = images();
            let queries = a2d_attacks::queries(&images);
            let sink = &mut |_, _| Ok::<(), Error>(());
            refused(measure(&broken, &defense, queries, Limits::default(), sink).unwrap_err());
        }
        for attack in craftings()
            .into_iter()
            .map(|(attack, _)| attack)
            .chain([CRAFTING.named("bb", Preset::MNIST).unwrap()])
        {
            let images = images();
            let (sink, made) = (&mut |_, _: &_| Ok::<(), Error>(()), BTreeMap::new());
            let image = &mut |row: usize| Ok(images.get(row as i64));
            let source = LabelledImages { len: 4, rows: 0..4, labels: &[0; 4], image };
            // Targets that a network of two classes has.
            let target = match attack.name() {
                "bim-a" | "bim2" => json!({"target": "second"}),
                _ => json!({}),
            };
            let attack = attack.with(target.as_object().unwrap()).unwrap();
            refused(
                craft(&broken, &attack, source, Wanted::examples(4), Limits::default(), made, sink)
                    .unwrap_err(),
            );
        }
    }
}
