use std::cell::Cell;
use std::time::Instant;

use a2d_cost::{AttackCost, Budget, Ending};
use a2d_model::Classifier;
use tch::{Device, Tensor};

use crate::window::Window;
use crate::{Attack, Error, Iterate, Query};

/// When a row is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// At its first flipped iterate.
    AtFlip,
    /// After all its iterations, unless it was flipped before the first.
    AtCap,
}

/// How much an attack may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows under attack at a time, at least 1: memory is bounded by it.
    pub window: usize,
    /// The most iterations of a row, where that is below the attack's cap.
    pub budget: Option<Budget>,
}

impl Default for Limits {
    /// A window of 64 rows and no budget.
    fn default() -> Self {
        Self { window: 64, budget: None }
    }
}

/// A row that is done.
#[derive(Debug)]
pub struct Finished {
    /// Its number.
    pub row: usize,
    /// The class it was to lose.
    pub label: i64,
    /// The class of its last iterate.
    pub predicted: i64,
    /// What it cost.
    pub cost: AttackCost,
    /// Its last iterate, \[C, H, W\]: a view that keeps the whole window in memory, so copy what is to
    /// stay.
    pub image: Tensor,
}

/// Attacks every query and hands the outcomes to `sink` as they come.
///
/// A window of rows advances together, one iteration at a time. One forward pass gives the labels of
/// the iterates and the graph of their gradient. A row leaves when it is done, and a waiting one
/// takes its place, so that the batch stays full until the queries run out.
///
/// # Errors
/// [`Error::Parameter`] or [`Error::EmptyWindow`] if attack or limits are out of range,
/// [`Error::Query`] if the classifier does not take an image, as the sink's error type; else what
/// the sink says.
pub fn run<A: Attack, E: From<Error>>(
    classifier: &Classifier,
    attack: &A,
    stop: Stop,
    limits: Limits,
    queries: impl Iterator<Item = Query>,
    sink: &mut dyn FnMut(Finished) -> Result<(), E>,
) -> Result<(), E> {
    attack.check()?;
    if limits.window == 0 {
        return Err(Error::EmptyWindow.into());
    }
    let end = End { stop, cap: attack.cap(), budget: limits.budget };
    // The caller may have turned gradients off.
    tch::with_grad(|| step_to_end(classifier, attack, &end, limits.window, queries, sink))
}

fn step_to_end<A: Attack, E: From<Error>>(
    classifier: &Classifier,
    attack: &A,
    end: &End,
    size: usize,
    mut queries: impl Iterator<Item = Query>,
    sink: &mut dyn FnMut(Finished) -> Result<(), E>,
) -> Result<(), E> {
    let mut waiting = None;
    while let Some(mut window) =
        Window::refill(waiting.take(), classifier, attack, size, &mut queries)?
    {
        let start = Instant::now();
        // A handle of its own: the attack's state may hold these images too, and needs no gradient.
        let leaf = window.images.detach().set_requires_grad(true);
        let logits = classifier.logits(&leaf);
        let predictions = predictions(&logits);
        let share = start.elapsed() / window.rows.len() as u32;

        let mut live = Vec::with_capacity(window.rows.len());
        for (place, (row, predicted)) in window.rows.iter_mut().zip(predictions).enumerate() {
            row.meter.forward_query();
            row.meter.spend(share);
            let label = *row.label.get_or_insert(predicted);
            match end.reached(row.meter.iterations(), predicted != label) {
                None => live.push(place as i64),
                Some(ending) => sink(Finished {
                    row: row.number,
                    label,
                    predicted,
                    cost: row.meter.finish(ending),
                    image: leaf.detach().get(place as i64),
                })?,
            }
        }
        if live.is_empty() {
            continue;
        }

        let start = Instant::now();
        let leaving = live.len() < window.rows.len();
        let indices = Tensor::from_slice(&live).to_device(leaf.device());
        let logits = if leaving { logits.index_select(0, &indices) } else { logits };
        if leaving {
            window.retain(&live, &indices);
        }
        let iterate = Iterate {
            leaf: &leaf,
            live: leaving.then_some(&indices),
            logits,
            labels: window.labels(leaf.device()),
            gradient_queries: Cell::new(0),
        };
        window.images = attack.advance(&iterate, &mut window.state);
        let share = start.elapsed() / window.rows.len() as u32;
        for row in &mut window.rows {
            row.meter.gradient_queries(iterate.gradient_queries.get());
            row.meter.iteration();
            row.meter.spend(share);
        }
        waiting = Some(window);
    }
    Ok(())
}

/// The class of the largest logit, row by row.
fn predictions(logits: &Tensor) -> Vec<i64> {
    let classes = logits.argmax(-1, false).to_device(Device::Cpu);
    let mut predictions = vec![0; classes.numel()];
    classes.copy_data(&mut predictions, classes.numel());
    predictions
}

/// When a row ends.
struct End {
    stop: Stop,
    cap: u32,
    budget: Option<Budget>,
}

impl End {
    fn reached(&self, iterations: u32, flipped: bool) -> Option<Ending> {
        if flipped && (self.stop == Stop::AtFlip || iterations == 0 || iterations == self.cap) {
            Some(Ending::Flipped)
        } else if iterations == self.cap {
            Some(Ending::CapReached)
        } else if self.budget.is_some_and(|budget| iterations >= budget.iterations()) {
            Some(Ending::BudgetSpent)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};
    use crate::{Bim, Result};
    use tch::Kind;

    /// An attack that flips labels.
    const STRONG: Bim = Bim { epsilon: 0.3, step: 0.004, iterations: 75 };

    /// An attack whose steps are too small to be seen by float32.
    const VAIN: Bim = Bim { epsilon: 0.3, step: 1e-12, iterations: 5 };

    fn queries(count: i64, label: Option<i64>) -> impl Iterator<Item = Query> {
        let images = images(count);
        (0..count).map(move |row| Query { row: row as usize, image: images.get(row), label })
    }

    fn outcomes(
        attack: &Bim,
        stop: Stop,
        limits: Limits,
        queries: impl Iterator<Item = Query>,
    ) -> Result<Vec<Finished>> {
        let mut outcomes = vec![];
        run(&classifier(), attack, stop, limits, queries, &mut |done| {
            outcomes.push(done);
            Ok::<(), Error>(())
        })?;
        outcomes.sort_by_key(|done| done.row);
        Ok(outcomes)
    }

    fn budget(iterations: u32) -> Limits {
        Limits { budget: Some(Budget::new(iterations).unwrap()), ..Limits::default() }
    }

    fn predicted(image: &Tensor) -> i64 {
        predictions(&classifier().logits(&image.unsqueeze(0)))[0]
    }

    #[test]
    fn a_flipped_row_leaves_with_its_first_flipped_iterate() {
        for done in outcomes(&STRONG, Stop::AtFlip, Limits::default(), queries(6, None)).unwrap() {
            assert!(done.cost.flipped && !done.cost.censored, "{done:?}");
            assert!((2..75).contains(&done.cost.iterations), "{done:?}");
            assert_eq!(done.label, predicted(&images(6).get(done.row as i64)));
            assert_eq!(done.predicted, predicted(&done.image));
            assert_ne!(done.predicted, done.label);
            // One iteration less does not do: the flip was the first.
            let less = Bim { iterations: done.cost.iterations - 1, ..STRONG };
            let query = queries(6, None).skip(done.row).take(1);
            let before = outcomes(&less, Stop::AtFlip, Limits::default(), query).unwrap();
            assert!(!before[0].cost.flipped, "{before:?}");
        }
    }

    #[test]
    fn an_attack_in_vain_ends_at_its_cap() {
        for stop in [Stop::AtFlip, Stop::AtCap] {
            for done in outcomes(&VAIN, stop, Limits::default(), queries(3, None)).unwrap() {
                assert_eq!((done.cost.iterations, done.cost.flipped), (5, false));
                assert!(!done.cost.censored);
                assert_eq!(done.predicted, done.label);
            }
        }
    }

    #[test]
    fn a_budget_below_the_cap_censors() {
        for (iterations, expected) in
            [(1, (1, true)), (4, (4, true)), (5, (5, false)), (9, (5, false))]
        {
            let limits = budget(iterations);
            for done in outcomes(&VAIN, Stop::AtFlip, limits, queries(2, None)).unwrap() {
                assert_eq!((done.cost.iterations, done.cost.censored), expected);
                assert!(!done.cost.flipped);
            }
        }
    }

    #[test]
    fn a_budget_leaves_costs_within_it_as_they_are() {
        let full = outcomes(&STRONG, Stop::AtFlip, Limits::default(), queries(6, None)).unwrap();
        let middle = full[2].cost.iterations;
        let short = outcomes(&STRONG, Stop::AtFlip, budget(middle), queries(6, None)).unwrap();
        for (full, short) in full.iter().zip(&short) {
            let within = full.cost.iterations <= middle;
            assert_eq!(short.cost.iterations, full.cost.iterations.min(middle));
            assert_eq!((short.cost.flipped, short.cost.censored), (within, !within));
        }
    }

    #[test]
    fn at_cap_a_row_goes_on_after_its_flip() {
        let flips = outcomes(&STRONG, Stop::AtFlip, Limits::default(), queries(4, None)).unwrap();
        let ends = outcomes(&STRONG, Stop::AtCap, Limits::default(), queries(4, None)).unwrap();
        for (flip, end) in flips.iter().zip(&ends) {
            assert!(flip.cost.iterations < 75);
            assert_eq!((end.cost.iterations, end.cost.flipped), (75, true));
            assert_eq!(end.label, flip.label);
            assert_eq!(end.predicted, predicted(&end.image));
        }
    }

    #[test]
    fn a_row_misclassified_from_the_start_costs_one_forward_query() {
        let label = (predicted(&images(1).get(0)) + 1) % 10;
        for stop in [Stop::AtFlip, Stop::AtCap] {
            let done = outcomes(&STRONG, stop, Limits::default(), queries(1, Some(label))).unwrap();
            assert_eq!(done[0].label, label);
            assert_eq!(done[0].image, images(1).get(0));
            let cost = done[0].cost;
            assert_eq!((cost.iterations, cost.flipped), (0, true));
            assert_eq!((cost.gradient_queries, cost.forward_queries), (0, 1));
        }
    }

    #[test]
    fn the_predicted_label_given_is_the_same_as_none() {
        let label = predicted(&images(1).get(0));
        let of =
            |label| outcomes(&STRONG, Stop::AtFlip, Limits::default(), queries(1, label)).unwrap();
        let (given, found) = (of(Some(label)), of(None));
        assert_eq!(given[0].label, found[0].label);
        assert_eq!(given[0].cost.iterations, found[0].cost.iterations);
    }

    #[test]
    fn k_iterations_take_k_gradients_and_one_more_forward_pass() {
        for attack in [STRONG, VAIN] {
            for window in [1, 2, 64] {
                let limits = Limits { window, budget: None };
                for done in outcomes(&attack, Stop::AtFlip, limits, queries(5, None)).unwrap() {
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
            let limits = Limits { window, budget: None };
            let done = outcomes(&STRONG, Stop::AtFlip, limits, queries(7, None)).unwrap();
            let rows: Vec<_> = done.iter().map(|done| done.row).collect();
            assert_eq!(rows, [0, 1, 2, 3, 4, 5, 6]);
            for done in done {
                assert_eq!(done.label, predicted(&images(7).get(done.row as i64)));
            }
        }
    }

    #[test]
    fn no_queries_give_no_outcomes() {
        let done = outcomes(&STRONG, Stop::AtFlip, Limits::default(), queries(0, None));
        assert!(done.unwrap().is_empty());
    }

    #[test]
    fn attacks_and_limits_out_of_range_are_refused() {
        let empty = Limits { window: 0, budget: None };
        let message = outcomes(&STRONG, Stop::AtFlip, empty, queries(1, None)).unwrap_err();
        assert!(message.to_string().contains("at least 1 row, got 0"), "{message}");
        let still = Bim { step: 0.0, ..STRONG };
        let message = outcomes(&still, Stop::AtFlip, Limits::default(), queries(1, None));
        assert!(message.unwrap_err().to_string().contains("step above 0, got 0"));
    }

    #[test]
    fn an_image_that_does_not_fit_stops_the_run() {
        let colors = Tensor::zeros([3, 32, 32], (Kind::Float, Device::Cpu));
        let last = Query { row: 9, image: colors, label: None };
        let queries = queries(2, None).chain([last]);
        let error = outcomes(&STRONG, Stop::AtFlip, Limits::default(), queries).unwrap_err();
        assert!(error.to_string().contains("attack image 9"), "{error}");
    }

    #[test]
    fn an_error_of_the_sink_stops_the_run() {
        let (mut drawn, mut seen) = (0, 0);
        let queries = queries(9, None).inspect(|_| drawn += 1);
        let limits = Limits { window: 2, budget: None };
        let error = run(&classifier(), &VAIN, Stop::AtFlip, limits, queries, &mut |_| {
            seen += 1;
            Err(Error::EmptyWindow)
        });
        assert!(matches!(error, Err(Error::EmptyWindow)));
        assert_eq!((drawn, seen), (2, 1), "no row is drawn before there is a place for it");
    }

    #[test]
    fn a_caller_without_gradients_gets_the_same_costs() {
        let costs = || -> Vec<_> {
            let done = outcomes(&STRONG, Stop::AtFlip, Limits::default(), queries(3, None));
            done.unwrap().iter().map(|done| done.cost.iterations).collect()
        };
        assert_eq!(tch::no_grad(costs), costs());
    }

    #[test]
    fn iterates_carry_no_graph() {
        let done = outcomes(&STRONG, Stop::AtFlip, Limits::default(), queries(3, None)).unwrap();
        assert!(done.iter().all(|done| !done.image.requires_grad()));
    }
}
