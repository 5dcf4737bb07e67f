//! The loop that every attack runs in: a moving window of independent rows.

use std::time::Instant;

use a2d_cost::{AttackCost, Ending, NoCost};
use a2d_model::Classifier;
use tch::{Device, Kind, Tensor};

use crate::goal::rounding;
use crate::iterate::Queries;
use crate::rowwise::elements;
use crate::traction::Watch;
use crate::visit::{Checking, Visitor as _};
use crate::window::{Row, Window};
use crate::{
    Aim, Attack, Error, Goal, Iterate, Kept, Limits, Pass, Query, Result, RowState, Standing,
    stream,
};

/// A row that is done.
#[derive(Debug)]
pub struct Finished {
    /// Its number.
    pub row: usize,
    /// What was wanted of it.
    pub goal: Goal,
    /// The class of the image.
    pub predicted: i64,
    /// It was never attacked: its label was lost, or was the target, as it came ([`Goal::is_void`]).
    pub set_aside: bool,
    /// What was spent on it, and what it cost unless there is none; one forward query if it was set aside.
    pub cost: AttackCost,
    /// Why it has no cost: its label has not flipped, and the attack had no hold on it.
    pub no_cost: Option<NoCost>,
    /// The last image, \[C, H, W\], or the best so far if [`Aim`] asks for it: the network was seen to
    /// take it for `predicted`. A view that keeps the whole window in memory, so copy what is to stay.
    pub image: Tensor,
}

/// Attacks every query and hands the outcomes to `sink` as they come. Queries are drawn when there is
/// a place for them, so no more of them than the window holds need be in memory.
///
/// A window of rows advances together, one forward pass at a time, which gives the labels of the
/// images and the graph of their gradient. A row leaves when it is done, and a waiting one takes its
/// place, so that the batch stays full until the queries run out.
///
/// # Errors
/// [`Error::Parameter`] or [`Error::Window`] if attack or limits are out of range,
/// [`Error::Query`] if the classifier does not take an image, [`Error::Model`] if its logits of one are
/// not finite, as the sink's error type; else what a query or the sink says.
pub fn run<A: Attack, E: From<Error>>(
    classifier: &Classifier,
    attack: &A,
    aim: Aim,
    limits: Limits,
    queries: impl Iterator<Item = Result<Query, E>>,
    sink: &mut dyn FnMut(Finished) -> Result<(), E>,
) -> Result<(), E> {
    Checking(classifier.classes()).visit(attack)?;
    limits.check()?;
    let cap = attack.cap(classifier.input_shape().iter().product());
    let engine = Engine { classifier, attack, cap, aim, limits };
    // The caller may have turned gradients on or off.
    if attack.wants_gradients() {
        tch::with_grad(|| engine.step_to_end(queries, sink))
    } else {
        tch::no_grad(|| engine.step_to_end(queries, sink))
    }
}

struct Engine<'a, A> {
    classifier: &'a Classifier,
    attack: &'a A,
    cap: u32,
    aim: Aim,
    limits: Limits,
}

impl<A: Attack> Engine<'_, A> {
    fn step_to_end<E: From<Error>>(
        &self,
        mut queries: impl Iterator<Item = Result<Query, E>>,
        sink: &mut dyn FnMut(Finished) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut waiting = None;
        let filling = (self.limits, self.aim != Aim::Cost);
        while let Some(mut window) =
            Window::refill(waiting.take(), self.classifier, self.attack, filling, &mut queries)?
        {
            let start = Instant::now();
            // A handle of its own: the attack's state may hold these images too, and needs no gradient.
            let leaf = window.images.to_kind(self.classifier.precision().kind()).detach();
            let leaf = leaf.set_requires_grad(self.attack.wants_gradients());
            let logits = self.classifier.logits(&leaf);
            let looked = self.look(&mut window, &leaf, &logits.detach())?;
            window.spend(start.elapsed());

            let mut live = Vec::with_capacity(window.rows.len());
            for place in 0..window.rows.len() {
                match looked.endings[place] {
                    None => live.push(place),
                    Some(ending) => sink(looked.finished(&window, &leaf, place, ending))?,
                }
            }
            if !live.is_empty() {
                self.advance(&mut window, &leaf, logits, (live, &looked))?;
                waiting = Some(window);
            }
        }
        Ok(())
    }

    /// What this pass says of every row.
    fn look(&self, window: &mut Window<A::Rows>, leaf: &Tensor, logits: &Tensor) -> Result<Looked> {
        let classes = logits.size()[1] as usize;
        let values = elements(logits);
        self.classifier.check_logits(&values, |place| window.rows[place].number)?;
        for (place, seen) in window.watch.take().into_iter().flat_map(Watch::read) {
            window.rows[place].traction |= seen;
        }
        let predicted = predictions(logits);
        let rows = values.chunks_exact(classes);
        let first: Vec<bool> = window.rows.iter().map(|row| row.passes == 0).collect();
        let goals: Vec<Goal> = window
            .rows
            .iter_mut()
            .zip(rows.clone().zip(&predicted))
            .map(|(row, (logits, predicted))| self.goal(row, logits, *predicted))
            .collect();
        let margins: Vec<f64> =
            goals.iter().zip(rows.clone()).map(|(goal, logits)| goal.margin(logits)).collect();
        let confidence = self.attack.confidence();
        let reached: Vec<bool> = goals
            .iter()
            .zip(rows.zip(predicted.iter().zip(&margins)))
            .map(|(goal, (logits, (predicted, margin)))| {
                goal.is_reached_by(*predicted)
                    && (confidence <= 0.0 || *margin >= confidence)
                    && (self.aim == Aim::Cost || *margin >= rounding(logits))
            })
            .collect();
        if let Some(best) = &mut window.best {
            best.compare(&leaf.detach(), &predicted, &reached, &margins);
        }
        let images = &leaf.detach();
        let pass = Pass {
            images,
            logits,
            goals: &goals,
            margins: &margins,
            reached: &reached,
            first: &first,
        };
        let standings = self.attack.judge(&pass, &mut window.state);
        let void = goals.iter().zip(&predicted).map(|(goal, predicted)| goal.is_void(*predicted));
        let endings = window.rows.iter_mut().zip(standings).zip(first.iter().zip(void));
        let endings = endings.map(|((row, standing), (first, void))| {
            row.passes += 1;
            row.meter.forward_queries(1);
            if *first {
                return void.then_some(Ending::Flipped);
            }
            row.meter.iterated(standing.iterations);
            self.ending(row, standing)
        });
        let endings = endings.collect();
        Ok(Looked { predicted, goals: goals.clone(), margins: margins.clone(), endings })
    }

    /// What is wanted of this row; its first pass says so.
    fn goal(&self, row: &mut Row, logits: &[f64], predicted: i64) -> Goal {
        *row.goal.get_or_insert_with(|| {
            let label = row.label.unwrap_or(predicted);
            // A stream beside that of the attack, so that the same target is drawn for every attack.
            let mut random = stream::of(!self.limits.seed, row.number);
            Goal { label, target: self.attack.target().class(label, logits, &mut random) }
        })
    }

    fn ending(&self, row: &Row, standing: Standing) -> Option<Ending> {
        let iterations = row.meter.iterations();
        // An attack that has no hold on the row yet might never have: its full cost may be none.
        let budget = row.budget.filter(|_| row.traction.is_sure());
        // A pass may complete several iterations, and so go beyond a budget.
        if let Some(budget) = budget.filter(|budget| iterations > budget.iterations()) {
            return Some(Ending::BudgetSpent(budget));
        }
        let ended = standing.exhausted || iterations >= self.cap;
        if standing.reached && (ended || self.aim != Aim::Result) {
            return Some(Ending::Flipped);
        }
        if ended {
            return Some(Ending::InVain { cap: self.cap });
        }
        let spent = budget.filter(|budget| iterations >= budget.iterations());
        spent.map(Ending::BudgetSpent)
    }

    /// Moves the live rows to their next images; the others leave.
    fn advance(
        &self,
        window: &mut Window<A::Rows>,
        leaf: &Tensor,
        logits: Tensor,
        (live, looked): (Vec<usize>, &Looked),
    ) -> Result<()> {
        let start = Instant::now();
        let leaving = live.len() < window.rows.len();
        let margins = live.iter().map(|place| looked.margins[*place]).collect();
        let kept = Kept::new(live, leaf.device());
        let logits = if leaving { logits.index_select(0, kept.indices()) } else { logits };
        if leaving {
            window.retain(&kept);
        }
        let unsure = window.unsure(leaf.device());
        let watched = unsure.as_ref().map(|unsure| kept.select(unsure));
        let iterate = Iterate {
            classifier: self.classifier,
            leaf,
            live: leaving.then_some(&kept),
            logits,
            numbers: window.rows.iter().map(|row| row.number).collect(),
            goals: window.rows.iter().filter_map(|row| row.goal).collect(),
            margins,
            first: window.rows.iter().map(|row| row.passes == 1).collect(),
            watched: watched.as_ref(),
            window: self.limits.window,
            queries: Queries::none(window.rows.len()),
        };
        // Images are float32 as files hold them, so that what flips is what can be kept.
        window.images = self.attack.advance(&iterate, &mut window.state).to_kind(Kind::Float);
        let queries = iterate.queries.into_inner();
        if let Some(fault) = queries.fault {
            return Err(fault.into());
        }
        if let (Some(unsure), Some(watched)) = (unsure, watched) {
            let before = leaf.detach().index_select(0, watched.indices());
            let after = window.images.index_select(0, unsure.indices());
            window.watch = Some(Watch::new(unsure, &before, &after, queries.slopes));
        }
        let charges = queries.gradients.into_iter().zip(queries.forward);
        for (row, (gradients, forward)) in window.rows.iter_mut().zip(charges) {
            row.meter.gradient_queries(gradients);
            row.meter.forward_queries(forward);
        }
        window.spend(start.elapsed());
        Ok(())
    }
}

/// What a pass says of the rows.
struct Looked {
    predicted: Vec<i64>,
    goals: Vec<Goal>,
    margins: Vec<f64>,
    endings: Vec<Option<Ending>>,
}

impl Looked {
    /// The row at this place, with the best image where it is kept.
    fn finished<S: RowState>(
        &self,
        window: &Window<S>,
        leaf: &Tensor,
        place: usize,
        ending: Ending,
    ) -> Finished {
        let row = &window.rows[place];
        let mut cost = row.meter.finish(ending);
        // A row that is attacked lives through its first pass.
        let set_aside = row.passes == 1;
        let (image, predicted) = match &window.best {
            Some(best) if !set_aside => {
                let found = best.get(place);
                if found.reached && !cost.censored {
                    // The attack may have ended in vain after it had flipped the label.
                    cost = row.meter.finish(Ending::Flipped);
                }
                cost.flipped = found.reached;
                cost.censored &= !found.reached;
                (found.image, found.predicted)
            }
            _ => (leaf.detach().get(place as i64), self.predicted[place]),
        };
        let no_cost = row.traction.lacks().filter(|_| !cost.flipped);
        let (row, goal) = (row.number, self.goals[place]);
        Finished { row, goal, predicted, set_aside, cost, no_cost, image }
    }
}

/// The class of the largest logit, row by row.
fn predictions(logits: &Tensor) -> Vec<i64> {
    let classes = logits.argmax(-1, false).to_device(Device::Cpu);
    let mut predictions = vec![0; classes.numel()];
    classes.copy_data(&mut predictions, classes.numel());
    predictions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};
    use crate::{Bim, Result, Target};
    use a2d_cost::Budget;
    use tch::Kind;

    /// An attack that flips labels.
    const STRONG: Bim =
        Bim { epsilon: 0.3, step: 0.004, iterations: 75, target: Target::Untargeted };

    /// An attack whose steps are too small to flip a label.
    const VAIN: Bim = Bim { epsilon: 1e-4, step: 1e-5, iterations: 5, target: Target::Untargeted };

    /// An attack whose steps are too small to be seen by float32.
    const STILL: Bim = Bim { epsilon: 0.3, step: 1e-12, iterations: 5, target: Target::Untargeted };

    fn queries(count: i64, label: Option<i64>) -> impl Iterator<Item = Result<Query>> {
        let images = images(count);
        (0..count).map(move |row| Ok(Query { label, ..Query::new(row as usize, images.get(row)) }))
    }

    fn outcomes(
        attack: &Bim,
        aim: Aim,
        limits: Limits,
        queries: impl Iterator<Item = Result<Query>>,
    ) -> Result<Vec<Finished>> {
        let mut outcomes = vec![];
        run(&classifier(), attack, aim, limits, queries, &mut |done| {
            outcomes.push(done);
            Ok::<(), Error>(())
        })?;
        outcomes.sort_by_key(|done| done.row);
        Ok(outcomes)
    }

    fn with_budget(count: i64, iterations: u32) -> impl Iterator<Item = Result<Query>> {
        let budget = Some(Budget::new(iterations).unwrap());
        queries(count, None).map(move |query| Ok(Query { budget, ..query? }))
    }

    fn predicted(image: &Tensor) -> i64 {
        predictions(&classifier().logits(&image.unsqueeze(0)))[0]
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
        let error =
            run(&classifier, &STRONG, Aim::Cost, Limits::default(), query, sink).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("image 7: expected finite logits, got inf"), "{message}");
        assert!(error.is_bad_input() && error.row() == Some(7));
    }

    #[test]
    fn a_budget_below_the_cap_censors() {
        for (iterations, expected) in
            [(1, (1, true)), (4, (4, true)), (5, (5, false)), (9, (5, false))]
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
        let of =
            |label| outcomes(&STRONG, Aim::Flip, Limits::default(), queries(1, label)).unwrap();
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
    fn no_queries_give_no_outcomes() {
        let done = outcomes(&STRONG, Aim::Flip, Limits::default(), queries(0, None));
        assert!(done.unwrap().is_empty());
    }

    #[test]
    fn attacks_and_limits_out_of_range_are_refused() {
        let empty = Limits { window: 0, ..Limits::default() };
        let message = outcomes(&STRONG, Aim::Flip, empty, queries(1, None)).unwrap_err();
        assert!(message.to_string().contains("at least 1 row, got 0"), "{message}");
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
}
