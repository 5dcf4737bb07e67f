//! What every attack keeps to, whatever its parameters.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use a2d_attacks::{
    Aim, Attack, Attempt, Crafting, Defense, Error, Finished, Iterate, Kept, Limits, Newcomers,
    Pass, Preference, Preset, Query, RowState, Standing, Tally, Target, Visitor, Wanted, craft,
    measure, run,
};
use a2d_cost::{AttackCost, Budget, NoCost};
use a2d_model::{Architecture, Classifier};
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor, nn, no_grad};

const IMAGES: i64 = 4;

/// Room for the rounding of float32.
const ROUNDING: f64 = 1e-6;

/// What an attack bounds: the largest change, the root mean square of all, the number of elements
/// changed, or nothing but the box of all images.
#[derive(Clone, Copy, Debug)]
enum Ball {
    Linf(f64),
    Rms(f64),
    Changed(f64),
    Box,
}

impl Ball {
    fn contains(self, perturbations: &Tensor) -> bool {
        let size = |rows: &Tensor| rows.max().double_value(&[]);
        let pixels = [1i64, 2, 3];
        match self {
            Self::Linf(epsilon) => size(&perturbations.abs()) <= epsilon + ROUNDING,
            Self::Rms(epsilon) => {
                let squares = perturbations.square();
                let means = squares.mean_dim(pixels.as_slice(), false, Kind::Double);
                size(&means.sqrt()) <= epsilon + ROUNDING
            }
            Self::Changed(most) => {
                let changed = perturbations.ne(0.0).to_kind(Kind::Double);
                size(&changed.sum_dim_intlist(pixels.as_slice(), false, Kind::Double)) <= most
            }
            Self::Box => true,
        }
    }
}

/// Every defense attack, with parameters that keep the test short, and its ball.
fn defenses() -> Vec<(Defense, Ball)> {
    let attack = |name: &str, replaced: Value, ball| {
        let preset = Defense::named(name, Preset::Mnist).unwrap();
        (preset.with(replaced.as_object().unwrap()).unwrap(), ball)
    };
    vec![
        attack("fgsm", json!({}), Ball::Linf(0.3)),
        attack("bim", json!({"iterations": 60}), Ball::Linf(0.3)),
        attack("bim2", json!({"epsilon": 0.05, "step": 0.002}), Ball::Rms(0.05)),
        attack("jsma", json!({"iterations": 60}), Ball::Changed(60.0)),
        attack("cw", json!({"iterations": 40, "searches": 3}), Ball::Box),
        attack("lbfgs", json!({"iterations": 10, "epsilon": 1e-3}), Ball::Box),
        attack("lsa", json!({"rounds": 20}), Ball::Changed(100.0)),
        attack("dba", json!({"iterations": 30}), Ball::Box),
        attack("bim-turbo", json!({"iterations": 60}), Ball::Linf(0.3)),
        attack("bim2-turbo", json!({"epsilon": 0.05, "step": 0.002}), Ball::Rms(0.05)),
        attack("jsma-turbo", json!({"iterations": 60}), Ball::Changed(60.0)),
    ]
}

/// The same of every crafting attack that is ready as it is; `bb` trains a network first.
fn craftings() -> Vec<(Crafting, Ball)> {
    let attack = |name: &str, replaced: Value, ball| {
        let preset = Crafting::named(name, Preset::Mnist).unwrap();
        (preset.with(replaced.as_object().unwrap()).unwrap(), ball)
    };
    vec![
        attack("fgsm", json!({}), Ball::Linf(0.3)),
        attack("fgsm-l2", json!({"iterations": 6}), Ball::Rms(0.016 * 6.0)),
        attack("bim-a", json!({"target": "least-likely"}), Ball::Linf(0.3)),
        attack("bim-b", json!({"iterations": 20}), Ball::Linf(0.3)),
        attack("bim2", json!({"target": "rank-3"}), Ball::Rms(0.1)),
        attack("pgd", json!({"iterations": 10, "epsilon": 0.1}), Ball::Linf(0.1)),
        attack("jsma", json!({}), Ball::Changed(78.0)),
        attack("cw", json!({"iterations": 40, "searches": 3, "confidence": 0.01}), Ball::Box),
        attack("deepfool", json!({}), Ball::Box),
        attack("lbfgs", json!({"iterations": 10, "epsilon": 1e-3}), Ball::Box),
        attack("lsa", json!({"rounds": 20}), Ball::Changed(100.0)),
        attack("dba", json!({"iterations": 30}), Ball::Box),
    ]
}

/// A network whose labels flip at small changes.
fn classifier() -> Classifier {
    Classifier::untrained(Architecture::LENET5, 0, Device::Cpu)
}

/// Images that reach from 0 to 1, so that clipping matters.
fn images() -> Tensor {
    let pixels = Tensor::arange(IMAGES * 28 * 28, (Kind::Float, Device::Cpu));
    ((pixels * 0.37).sin() * 0.8 + 0.5).clamp(0.0, 1.0).view([IMAGES, 1, 28, 28])
}

fn label(image: &Tensor) -> i64 {
    no_grad(|| classifier().logits(&image.unsqueeze(0)).argmax(-1, false)).int64_value(&[0])
}

/// An attack whose every image is looked at.
struct Watched<'a, A> {
    attack: &'a A,
    ball: Ball,
}

struct WatchedRows<R> {
    rows: R,
    origins: Tensor,
}

impl<R: RowState> RowState for WatchedRows<R> {
    fn append(&mut self, newcomers: Self) {
        self.rows.append(newcomers.rows);
        self.origins.append(newcomers.origins);
    }

    fn retain(&mut self, kept: &Kept) {
        self.rows.retain(kept);
        self.origins.retain(kept);
    }
}

impl<A: Attack> Attack for Watched<'_, A> {
    type Rows = WatchedRows<A::Rows>;

    fn check(&self, classes: usize) -> a2d_attacks::Result<()> {
        self.attack.check(classes)
    }

    fn cap(&self, elements: usize) -> u32 {
        self.attack.cap(elements)
    }

    fn wants_gradients(&self) -> bool {
        self.attack.wants_gradients()
    }

    fn target(&self) -> Target {
        self.attack.target()
    }

    fn confidence(&self) -> f64 {
        self.attack.confidence()
    }

    fn result(&self) -> Preference {
        self.attack.result()
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> Self::Rows {
        WatchedRows { rows: self.attack.start(newcomers), origins: newcomers.images.copy() }
    }

    fn judge(&self, pass: &Pass<'_>, watched: &mut Self::Rows) -> Vec<Standing> {
        self.attack.judge(pass, &mut watched.rows)
    }

    fn advance(&self, iterate: &Iterate<'_>, watched: &mut Self::Rows) -> Tensor {
        let next = self.attack.advance(iterate, &mut watched.rows);
        assert_eq!(next.size(), watched.origins.size());
        let (low, high) = (next.min().double_value(&[]), next.max().double_value(&[]));
        assert!(low >= 0.0 && high <= 1.0, "pixels from {low} to {high}");
        assert!(self.ball.contains(&(&next - &watched.origins)), "out of {:?}", self.ball);
        next
    }
}

struct Contract {
    name: &'static str,
    ball: Ball,
}

impl Contract {
    fn outcomes<A: Attack>(
        attack: &A,
        aim: Aim,
        limits: Limits,
        order: [usize; IMAGES as usize],
        budget: Option<Budget>,
    ) -> Vec<Finished> {
        let images = images();
        let queries = order
            .into_iter()
            .map(|row| Ok(Query { budget, ..Query::new(row, images.get(row as i64)) }));
        let mut outcomes: Vec<Finished> = vec![];
        run(&classifier(), attack, aim, limits, queries, &mut |done| {
            outcomes.push(done);
            Ok::<(), Error>(())
        })
        .unwrap();
        outcomes.sort_by_key(|done| done.row);
        assert_eq!(images, self::images(), "the input was touched");
        outcomes
    }

    fn check_outcome(&self, done: &Finished, aim: Aim, cap: u32) {
        let name = self.name;
        let cost = &done.cost;
        assert!((1..=cap).contains(&cost.iterations), "{name}: {cost:?}");
        let strides = name.ends_with("-turbo");
        let each = cost.forward_queries > cost.iterations;
        let in_vain = !cost.flipped && !cost.censored;
        assert!(strides || each || cost.censored || in_vain, "{name}: {cost:?}");
        assert!(!in_vain || cost.iterations == cap, "{name}: {cost:?} of {cap}");
        assert_eq!(done.no_cost, None, "{name}");
        assert_eq!(done.goal.label, label(&images().get(done.row as i64)), "{name}");
        if aim != Aim::Cost {
            if cost.flipped {
                assert_eq!(done.predicted, label(&done.image), "{name}: the model says otherwise");
                assert!(done.goal.is_reached_by(done.predicted), "{name}: {done:?}");
            }
            let perturbation = (&done.image - images().get(done.row as i64)).unsqueeze(0);
            assert!(self.ball.contains(&perturbation), "{name}: out of {:?}", self.ball);
        }
    }
}

impl Visitor for Contract {
    type Output = ();

    fn visit<A: Attack>(self, attack: &A) {
        let name = self.name;
        let watched = Watched { attack, ball: self.ball };
        let cap = attack.cap(28 * 28);
        for aim in [Aim::Cost, Aim::Flip, Aim::Result] {
            let limits = |window| Limits { window, seed: 5 };
            let alone = Self::outcomes(&watched, aim, limits(1), [0, 1, 2, 3], None);
            for done in &alone {
                self.check_outcome(done, aim, cap);
            }
            for (window, order) in [(3, [0, 1, 2, 3]), (64, [2, 0, 3, 1])] {
                let others = Self::outcomes(&watched, aim, limits(window), order, None);
                for (done, alone) in others.iter().zip(&alone) {
                    self.check_outcome(done, aim, cap);
                    let (ours, theirs) = (done.cost.iterations, alone.cost.iterations);
                    assert!(ours.abs_diff(theirs) <= 1, "{name} {aim:?}: {ours} and {theirs}");
                    assert_eq!(done.cost.flipped, alone.cost.flipped, "{name} {aim:?}");
                }
            }
            let budget = Some(Budget::new(2).unwrap());
            for (done, full) in
                Self::outcomes(&watched, aim, limits(64), [0, 1, 2, 3], budget).iter().zip(&alone)
            {
                assert!(done.cost.iterations <= 2, "{name} {aim:?}: {:?}", done.cost);
                let within = full.cost.iterations <= 2;
                assert!(within || done.cost.censored || done.cost.flipped, "{name} {aim:?}");
                self.check_outcome(done, aim, cap);
            }
        }
    }
}

#[test]
fn every_defense_attack_keeps_the_contract() {
    tch::set_num_threads(1);
    let all = defenses();
    assert_eq!(all.iter().map(|(attack, _)| attack.name()).collect::<Vec<_>>(), Defense::NAMES);
    for (attack, ball) in all {
        attack.visit(Contract { name: attack.name(), ball });
    }
}

#[test]
fn every_crafting_attack_keeps_the_contract() {
    tch::set_num_threads(1);
    let all = craftings();
    let names: Vec<_> = all.iter().map(|(attack, _)| attack.name()).chain(["bb"]).collect();
    assert_eq!(names, Crafting::NAMES);
    for (attack, ball) in all {
        attack.visit(Contract { name: attack.name(), ball });
    }
}

#[test]
fn every_crafting_attack_crafts_examples_that_the_model_confirms() {
    tch::set_num_threads(1);
    let labels: Vec<usize> = (0..IMAGES).map(|row| label(&images().get(row)) as usize).collect();
    let bb = Crafting::named("bb", Preset::Mnist).unwrap();
    let few = json!({"rounds": 2, "epochs": 30, "epsilon": 0.5});
    let bb = bb.with(few.as_object().unwrap()).unwrap();
    for (attack, ball) in craftings().into_iter().chain([(bb, Ball::Linf(0.5))]) {
        let (images, name) = (images(), attack.name());
        let crafted = |window| {
            let limits = Limits { window, seed: 5 };
            let (labelled, made) = ((&images, labels.as_slice()), BTreeMap::new());
            let sink = &mut |_, _: &_| Ok::<(), Error>(());
            craft(&classifier(), &attack, labelled, Wanted::examples(4), limits, made, sink)
                .unwrap()
        };
        let attempts = crafted(64);
        let tally = Tally::of(attempts.values());
        assert!(tally.tried == 4 && tally.succeeded > 0, "{name}: {tally:?}");
        for (row, attempt) in &attempts {
            let Attempt::Succeeded(example) = attempt else { continue };
            assert_eq!(example.predicted as i64, label(&example.image), "{name}");
            assert_ne!(example.predicted, labels[*row], "{name}");
            assert!(example.distances.l2 > 0.0, "{name}");
            let perturbation = (&example.image - images.get(*row as i64)).unsqueeze(0);
            assert!(ball.contains(&perturbation), "{name}");
        }
        assert_eq!(Tally::of(crafted(1).values()), tally, "{name}");
    }
}

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
    defense: &Defense,
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
    tch::set_num_threads(1);
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
                gave_up.extend(early.then_some(name));
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
        assert!(gave_up.contains(&name), "{name} went on to its cap");
    }
}

/// The boundary attack without a start has spent no iteration.
#[test]
fn no_start_on_the_far_side_is_no_low_cost() {
    let defense = Defense::named("dba", Preset::Mnist).unwrap();
    let costs = measured(&leading(2.0, 0.01), &defense, &images().narrow(0, 0, 1), Some(1));
    let cost = costs[0].unwrap();
    assert_eq!((cost.iterations, cost.flipped, cost.censored), (5000, false, false));
    assert_eq!(cost.forward_queries, 1001, "the image and 1000 draws");
}

#[test]
fn without_a_gradient_there_is_no_cost_but_for_attacks_that_need_none() {
    tch::set_num_threads(1);
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
    let lsa = Defense::named("lsa", Preset::Mnist).unwrap();
    let costs = measured(&leading(2.0, 0.01), &lsa, &grey, None);
    assert_eq!(costs, [Err(NoCost::NeverMoved)]);
}

#[test]
fn crafting_counts_images_without_a_gradient_apart() {
    tch::set_num_threads(1);
    let few = json!({"rounds": 1, "epochs": 2});
    let bb = Crafting::named("bb", Preset::Mnist).unwrap().with(few.as_object().unwrap()).unwrap();
    for attack in craftings().into_iter().map(|(attack, _)| attack).chain([bb]) {
        let (images, name) = (images(), attack.name());
        let sink = &mut |_, _: &_| Ok::<(), Error>(());
        let (flat, labelled) = (leading(0.0, 0.0), (&images, &[0; 4][..]));
        let target = if name == "bim2" { json!({"target": "second"}) } else { json!({}) };
        let attack = attack.with(target.as_object().unwrap()).unwrap();
        let attempts = craft(
            &flat,
            &attack,
            labelled,
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
    tch::set_num_threads(1);
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
        for attack in craftings().into_iter().map(|(attack, _)| attack).chain([Crafting::named(
            "bb",
            Preset::Mnist,
        )
        .unwrap()])
        {
            let images = images();
            let (sink, made) = (&mut |_, _: &_| Ok::<(), Error>(()), BTreeMap::new());
            let labelled = (&images, &[0; 4][..]);
            // Targets that a network of two classes has.
            let target = match attack.name() {
                "bim-a" | "bim2" => json!({"target": "second"}),
                _ => json!({}),
            };
            let attack = attack.with(target.as_object().unwrap()).unwrap();
            refused(
                craft(
                    &broken,
                    &attack,
                    labelled,
                    Wanted::examples(4),
                    Limits::default(),
                    made,
                    sink,
                )
                .unwrap_err(),
            );
        }
    }
}

/// Every crafting attack, quick, without a target and with every kind of target that it takes.
fn targeted_craftings() -> Vec<(Crafting, Target)> {
    let few = json!({"rounds": 2, "epochs": 30, "epsilon": 0.5});
    let bb = Crafting::named("bb", Preset::Mnist).unwrap().with(few.as_object().unwrap()).unwrap();
    let targets =
        ["untargeted", "second", "rank-3", "least-likely", "class-3", "class-7", "random"];
    let mut all = vec![];
    for attack in craftings().into_iter().map(|(attack, _)| attack).chain([bb]) {
        let parameters = serde_json::to_value(&attack).unwrap()[attack.name()].clone();
        if parameters.get("target").is_none() {
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
fn attempts(attack: &Crafting, labels: &[usize], integer: bool) -> BTreeMap<usize, Attempt> {
    let (images, limits) = (images(), Limits { window: 3, seed: 5 });
    let wanted = Wanted { examples: labels.len(), integer };
    let sink = &mut |_, _: &_| Ok::<(), Error>(());
    craft(&classifier(), attack, (&images, labels), wanted, limits, BTreeMap::new(), sink).unwrap()
}

#[test]
fn an_example_lost_its_true_label_and_got_its_target() {
    tch::set_num_threads(1);
    let logits = no_grad(|| classifier().logits(&images()));
    let ranked = |row: i64| -> Vec<i64> { logits.get(row).argsort(-1, true).try_into().unwrap() };
    // Two labels are right. The others are the runner-up and the least likely class: what an attack
    // with such a target would make of the image is its true class.
    let labels =
        [ranked(0)[0], ranked(1)[1], ranked(2)[0], ranked(3)[9]].map(|label| label as usize);
    let mut reached = BTreeMap::<String, usize>::new();
    for (attack, target) in targeted_craftings() {
        let name = format!("{} {target}", attack.name());
        let attempts = attempts(&attack, &labels, false);
        for (row, attempt) in &attempts {
            let is_wrong = row % 2 == 1;
            let is_there = !is_wrong && target == Target::Class(labels[*row]);
            match attempt {
                Attempt::Misclassified => assert!(is_wrong, "{name}: image {row}"),
                Attempt::OnTarget => assert!(is_there, "{name}: image {row}"),
                Attempt::Failed => assert!(!is_wrong && !is_there, "{name}: image {row}"),
                Attempt::Unmoved => panic!("{name}: image {row} has a gradient"),
                Attempt::Succeeded(example) => {
                    assert!(!is_wrong && !is_there, "{name}: image {row}");
                    assert_eq!(example.label, labels[*row], "{name}");
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
    tch::set_num_threads(1);
    let labels: Vec<usize> = (0..IMAGES).map(|row| label(&images().get(row)) as usize).collect();
    for (attack, ball) in craftings() {
        let name = attack.name();
        let attempts = attempts(&attack, &labels, true);
        assert!(Tally::of(attempts.values()).succeeded > 0, "{name}");
        for (row, attempt) in &attempts {
            let Attempt::Succeeded(example) = attempt else { continue };
            let levels = (&example.image * 255.0).round();
            let pixels = Vec::<f32>::try_from(levels.view(-1)).unwrap();
            let pixels: Vec<f32> = pixels.into_iter().map(|level| level / 255.0).collect();
            assert_eq!(Vec::<f32>::try_from(example.image.view(-1)).unwrap(), pixels, "{name}");
            assert_ne!(example.predicted, labels[*row], "{name}");
            assert_eq!(example.predicted as i64, label(&example.image), "{name}");
            let original = images().get(*row as i64);
            if !matches!(ball, Ball::Changed(_)) {
                let perturbation = (&example.image - original).unsqueeze(0);
                assert!(ball.contains(&perturbation), "{name}: out of {ball:?}");
            }
        }
    }
}

/// Parameters out of their ranges, and targets that the model does not have.
#[test]
fn parameters_out_of_range_are_refused() {
    struct Checked;
    impl Visitor for Checked {
        type Output = Result<(), Error>;
        fn visit<A: Attack>(self, attack: &A) -> Result<(), Error> {
            let sink = &mut |_: Finished| Ok::<(), Error>(());
            run(&classifier(), attack, Aim::Cost, Limits::default(), std::iter::empty(), sink)
        }
    }
    let bad = [
        ("fgsm", json!({"epsilon": 0.0}), "epsilon above 0, got 0"),
        ("bim", json!({"step": -0.1}), "step above 0, got -0.1"),
        ("bim2", json!({"iterations": 0}), "iterations of at least 1, got 0"),
        ("bim", json!({"target": "class-10"}), "a class below 10"),
        ("jsma", json!({"theta": 1.5}), "theta above 0 and at most 1, got 1.5"),
        ("jsma", json!({"changes": 0}), "changes of at least 1"),
        ("jsma", json!({"target": "rank-11"}), "a rank from 2 to 10"),
        ("cw", json!({"confidence": -1.0}), "confidence of at least 0"),
        ("cw", json!({"searches": 0}), "searches of at least 1"),
        ("lbfgs", json!({"target": "untargeted"}), "target that is a class, got untargeted"),
        ("lsa", json!({"change": 2.5}), "change from 0 to 2, got 2.5"),
        ("dba", json!({"adaptation": 1.0}), "adaptation above 1, got 1"),
        ("dba", json!({"source_step": 2.0}), "source_step above 0 and at most 1"),
    ];
    for (name, replaced, finding) in bad {
        let preset = Defense::named(name, Preset::Mnist).unwrap();
        let attack = preset.with(replaced.as_object().unwrap()).unwrap();
        let message = attack.visit(Checked).unwrap_err().to_string();
        assert!(message.contains("set up") && message.contains(finding), "{message}");
    }
    let bad = [
        ("fgsm-l2", json!({"step": 0.0}), "step above 0"),
        ("pgd", json!({"epsilon": 0.0}), "epsilon above 0"),
        ("jsma", json!({"gamma": 0.0}), "gamma above 0 and at most 1"),
        ("deepfool", json!({"overshoot": -0.1}), "overshoot of at least 0"),
        ("deepfool", json!({"classes": 0}), "classes of at least 1"),
        ("bb", json!({}), "no trained substitute"),
    ];
    for (name, replaced, finding) in bad {
        let preset = Crafting::named(name, Preset::Mnist).unwrap();
        let attack = preset.with(replaced.as_object().unwrap()).unwrap();
        let message = attack.visit(Checked).unwrap_err().to_string();
        assert!(message.contains("set up") && message.contains(finding), "{message}");
    }
}
