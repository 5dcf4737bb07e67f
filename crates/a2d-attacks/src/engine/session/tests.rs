//! Sessions of attacks that flip labels, that do not, and that never move.

use super::*;
use crate::tests::{classifier, images};
use crate::{Bim, DEFENSES, Pgd, Preset, Result, Target};
use a2d_cost::Budget;
use a2d_model::transfer::waits;
use tch::{Device, Kind};

/// An attack that flips labels.
const STRONG: Bim = Bim { epsilon: 0.3, step: 0.004, iterations: 75, target: Target::Untargeted };

/// An attack whose steps are too small to flip a label.
const VAIN: Bim = Bim { epsilon: 1e-4, step: 1e-5, iterations: 5, target: Target::Untargeted };

/// An attack whose steps are too small to be seen by float32.
const STILL: Bim = Bim { epsilon: 0.3, step: 1e-12, iterations: 5, target: Target::Untargeted };

fn queries(count: i64, label: Option<i64>) -> impl Iterator<Item = Result<Query>> {
    let images = images(count);
    (0..count).map(move |row| Ok(Query { label, ..Query::new(row as usize, images.get(row)) }))
}

fn run<A: Attack + Copy + 'static>(
    classifier: &Classifier,
    attack: &A,
    aim: Aim,
    limits: Limits,
    queries: impl Iterator<Item = Result<Query>>,
    sink: &mut dyn FnMut(Finished) -> Result<()>,
) -> Result<()> {
    let attack = Arc::new(*attack);
    classifier.work(&mut || begin(attack.clone(), classifier, aim, limits), queries, sink)
}

fn outcomes<A: Attack + Copy + 'static>(
    attack: &A,
    aim: Aim,
    limits: Limits,
    queries: impl Iterator<Item = Result<Query>>,
) -> Result<Vec<Finished>> {
    let mut outcomes = vec![];
    run(&classifier(), attack, aim, limits, queries, &mut |done| {
        outcomes.push(done);
        Ok(())
    })?;
    outcomes.sort_by_key(|done| done.row);
    Ok(outcomes)
}

fn with_budget(count: i64, iterations: u32) -> impl Iterator<Item = Result<Query>> {
    let budget = Some(Budget::new(iterations).unwrap());
    queries(count, None).map(move |query| Ok(Query { budget, ..query? }))
}

fn predicted(image: &Tensor) -> i64 {
    classifier().logits(&image.unsqueeze(0)).unwrap().argmax(-1, false).int64_value(&[0])
}

#[test]
fn a_flipped_row_leaves_with_its_first_flipped_iterate() {
    for done in outcomes(&STRONG, Aim::Flip, Limits::default(), queries(6, None)).unwrap() {
        assert!(done.cost.flipped && !done.cost.censored, "{done:?}");
        assert!((2..75).contains(&done.cost.iterations), "{done:?}");
        assert_eq!(done.goal.label, predicted(&images(6).get(done.row as i64)));
        assert_eq!(done.predicted, predicted(&done.image));
        assert_ne!(done.predicted, done.goal.label);
        // One iteration less does not do: the flip was the first.
        let less = Bim { iterations: done.cost.iterations - 1, ..STRONG };
        let query = queries(6, None).skip(done.row).take(1);
        let before = outcomes(&less, Aim::Flip, Limits::default(), query).unwrap();
        assert!(!before[0].cost.flipped, "{before:?}");
    }
}

#[test]
fn an_attack_in_vain_ends_at_its_cap() {
    for aim in [Aim::Flip, Aim::Result] {
        for done in outcomes(&VAIN, aim, Limits::default(), queries(3, None)).unwrap() {
            assert_eq!((done.cost.iterations, done.cost.flipped), (5, false));
            assert!(!done.cost.censored);
            assert_eq!((done.predicted, done.no_cost), (done.goal.label, None));
        }
    }
}

#[test]
fn an_attack_that_never_moves_a_row_leaves_no_cost_whatever_its_budget() {
    for aim in [Aim::Cost, Aim::Flip, Aim::Result] {
        for window in [1, 64] {
            let limits = Limits { window, ..Limits::default() };
            let all = queries(2, None).chain(with_budget(2, 1));
            for done in outcomes(&STILL, aim, limits, all).unwrap() {
                assert_eq!(done.no_cost, Some(NoCost::NeverMoved));
                assert_eq!((done.cost.iterations, done.cost.censored), (5, false));
            }
        }
    }
}

#[test]
fn logits_that_are_not_finite_stop_the_run() {
    // The network overflows once pixels have moved away from 0.5.
    let overflow = |images: &Tensor| {
        let sums = images.flatten(1, -1).sum_dim_intlist([1i64].as_slice(), true, Kind::Float);
        let excess = (&sums - 392.0) * 1e35;
        Tensor::cat(&[&sums, &(sums.zeros_like() - excess * 1e4)], 1)
    };
    let variables = tch::nn::VarStore::new(Device::Cpu);
    let classifier = Classifier::of_module("overflow", overflow, variables, [1, 28, 28], 2, "");
    let grey = Tensor::full([1, 28, 28], 0.5, (Kind::Float, Device::Cpu));
    let query = std::iter::once(Ok(Query::new(7, grey)));
    let sink = &mut |_| Ok::<(), Error>(());
    let error = run(&classifier, &STRONG, Aim::Cost, Limits::default(), query, sink).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("image 7: expected finite logits, got inf"), "{message}");
    assert!(error.is_bad_input() && error.row() == Some(7));
}

#[test]
fn a_budget_below_the_cap_censors() {
    for (iterations, expected) in [(1, (1, true)), (4, (4, true)), (5, (5, false)), (9, (5, false))]
    {
        let queries = with_budget(2, iterations);
        for done in outcomes(&VAIN, Aim::Flip, Limits::default(), queries).unwrap() {
            assert_eq!((done.cost.iterations, done.cost.censored), expected);
            assert!(!done.cost.flipped);
        }
    }
}

#[test]
fn a_budget_leaves_costs_within_it_as_they_are() {
    let full = outcomes(&STRONG, Aim::Flip, Limits::default(), queries(6, None)).unwrap();
    let middle = full[2].cost.iterations;
    let queries = with_budget(6, middle);
    let short = outcomes(&STRONG, Aim::Flip, Limits::default(), queries).unwrap();
    for (full, short) in full.iter().zip(&short) {
        let within = full.cost.iterations <= middle;
        assert_eq!(short.cost.iterations, full.cost.iterations.min(middle));
        assert_eq!((short.cost.flipped, short.cost.censored), (within, !within));
    }
}

#[test]
fn at_cap_a_row_goes_on_after_its_flip() {
    let flips = outcomes(&STRONG, Aim::Flip, Limits::default(), queries(4, None)).unwrap();
    let ends = outcomes(&STRONG, Aim::Result, Limits::default(), queries(4, None)).unwrap();
    for (flip, end) in flips.iter().zip(&ends) {
        assert!(flip.cost.iterations < 75);
        assert_eq!((end.cost.iterations, end.cost.flipped), (75, true));
        assert_eq!(end.goal.label, flip.goal.label);
        assert_eq!(end.predicted, predicted(&end.image));
    }
}

#[test]
fn a_row_with_nothing_to_attack_costs_one_forward_query() {
    let right = predicted(&images(1).get(0)) as usize;
    let wrong = (right + 1) % 10;
    let void = [Target::Untargeted, Target::SECOND, Target::LeastLikely, Target::Random]
        .map(|target| (wrong, target))
        .into_iter()
        // Towards its label, towards another class, and of the class that it is to get.
        .chain([wrong, right, (right + 2) % 10].map(|class| (wrong, Target::Class(class))))
        .chain([(right, Target::Class(right))]);
    for (label, target) in void {
        let attack = Bim { target, ..STRONG };
        for aim in [Aim::Cost, Aim::Flip, Aim::Result] {
            let query = queries(1, Some(label as i64));
            let done = outcomes(&attack, aim, Limits::default(), query).unwrap();
            assert!(done[0].set_aside, "{label} {target}: {done:?}");
            assert_eq!((done[0].goal.label, done[0].predicted), (label as i64, right as i64));
            assert_eq!(done[0].image, images(1).get(0));
            let cost = done[0].cost;
            assert_eq!((cost.iterations, cost.flipped), (0, true));
            assert_eq!((cost.gradient_queries, cost.forward_queries), (0, 1));
        }
    }
}

#[test]
fn the_predicted_label_given_is_the_same_as_none() {
    let label = predicted(&images(1).get(0));
    let of = |label| outcomes(&STRONG, Aim::Flip, Limits::default(), queries(1, label)).unwrap();
    let (given, found) = (of(Some(label)), of(None));
    assert_eq!(given[0].goal.label, found[0].goal.label);
    assert_eq!(given[0].cost.iterations, found[0].cost.iterations);
}

#[test]
fn k_iterations_take_k_gradients_and_one_more_forward_pass() {
    for attack in [STRONG, VAIN] {
        for window in [1, 2, 64] {
            let limits = Limits { window, ..Limits::default() };
            for done in outcomes(&attack, Aim::Flip, limits, queries(5, None)).unwrap() {
                let k = done.cost.iterations;
                assert_eq!(done.cost.gradient_queries, k);
                assert_eq!(done.cost.forward_queries, k + 1);
                assert!(done.cost.seconds > 0.0);
            }
        }
    }
}

#[test]
fn rows_keep_their_numbers_in_any_window() {
    for window in [1, 2, 5, 7, 64] {
        let limits = Limits { window, ..Limits::default() };
        let done = outcomes(&STRONG, Aim::Flip, limits, queries(7, None)).unwrap();
        let rows: Vec<_> = done.iter().map(|done| done.row).collect();
        assert_eq!(rows, [0, 1, 2, 3, 4, 5, 6]);
        for done in done {
            assert_eq!(done.goal.label, predicted(&images(7).get(done.row as i64)));
        }
    }
}

#[test]
fn what_is_drawn_for_a_row_is_of_its_stream() {
    let pgd = Pgd { epsilon: 0.3, step: 0.01, iterations: 1, target: Target::Untargeted };
    let run = |rows: [usize; 2], streams: [usize; 2]| {
        let image = || images(1).get(0);
        let queries = rows
            .into_iter()
            .zip(streams)
            .map(|(row, stream)| Ok(Query { stream, ..Query::new(row, image()) }));
        outcomes(&pgd, Aim::Flip, Limits::default(), queries).unwrap()
    };
    let images = |done: &[Finished]| done.iter().map(|done| done.image.copy()).collect::<Vec<_>>();
    let [first, other] = <[_; 2]>::try_from(images(&run([0, 1], [0, 1]))).unwrap();
    assert_ne!(first, other);
    assert_eq!(images(&run([8, 9], [0, 1])), [first.copy(), other]);
    assert_eq!(images(&run([8, 9], [0, 0])), [first.copy(), first]);
}

#[test]
fn no_queries_give_no_outcomes() {
    let done = outcomes(&STRONG, Aim::Flip, Limits::default(), queries(0, None));
    assert!(done.unwrap().is_empty());
}

#[test]
fn attacks_and_limits_out_of_range_are_refused() {
    let empty = Limits { window: 0, ..Limits::default() };
    let message = outcomes(&STRONG, Aim::Flip, empty, queries(1, None)).unwrap_err();
    assert!(message.to_string().contains("a window of 1 to 1048576 rows, got 0"), "{message}");
    let still = Bim { step: 0.0, ..STRONG };
    let message = outcomes(&still, Aim::Flip, Limits::default(), queries(1, None));
    assert!(message.unwrap_err().to_string().contains("step above 0, got 0"));
}

#[test]
fn an_image_that_does_not_fit_stops_the_run() {
    let colors = Tensor::zeros([3, 32, 32], (Kind::Float, Device::Cpu));
    let last = Query::new(9, colors);
    let queries = queries(2, None).chain([Ok(last)]);
    let error = outcomes(&STRONG, Aim::Flip, Limits::default(), queries).unwrap_err();
    assert!(error.to_string().contains("attack image 9"), "{error}");
}

#[test]
fn an_error_of_the_sink_stops_the_run() {
    let (mut drawn, mut seen) = (0, 0);
    let queries = queries(9, None).inspect(|_| drawn += 1);
    let limits = Limits { window: 2, ..Limits::default() };
    let error = run(&classifier(), &VAIN, Aim::Flip, limits, queries, &mut |_| {
        seen += 1;
        Err(Error::Window(0))
    });
    assert!(matches!(error, Err(Error::Window(0))));
    assert_eq!((drawn, seen), (2, 1), "no row is drawn before there is a place for it");
}

#[test]
fn a_caller_without_gradients_gets_the_same_costs() {
    let costs = || -> Vec<_> {
        let done = outcomes(&STRONG, Aim::Flip, Limits::default(), queries(3, None));
        done.unwrap().iter().map(|done| done.cost.iterations).collect()
    };
    assert_eq!(tch::no_grad(costs), costs());
}

#[test]
fn iterates_carry_no_graph() {
    let done = outcomes(&STRONG, Aim::Flip, Limits::default(), queries(3, None)).unwrap();
    assert!(done.iter().all(|done| !done.image.requires_grad()));
}

/// The most waits for a device in a step of a session in which rows join and leave, but for its first passes.
fn waits_a_pass(name: &str) -> u64 {
    let attack = DEFENSES.named(name, Preset::MNIST).unwrap();
    let mut session =
        attack.session(&classifier(), Aim::Cost, Limits { window: 3, seed: 0 }).unwrap();
    let mut queries = queries(8, None);
    let mut most = 0;
    for _ in 0..40 {
        while session.free() > 0
            && let Some(query) = queries.next()
        {
            session.push(query.unwrap()).unwrap();
        }
        let before = waits();
        session.step(&classifier()).unwrap();
        most = most.max(waits() - before);
    }
    most
}

#[test]
fn a_device_is_waited_for_once_a_pass() {
    for name in ["bim", "bim2", "jsma", "bim-turbo", "bim2-turbo", "jsma-turbo", "fgsm"] {
        assert_eq!(waits_a_pass(name), 1, "{name}");
    }
}
