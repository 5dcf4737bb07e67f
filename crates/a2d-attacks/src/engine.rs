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
                    Some(ending) => sink(looked.finished(&window, place, ending))?,
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
            best.compare(&window.images, &predicted, &reached, &margins);
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
    fn finished<S: RowState>(&self, window: &Window<S>, place: usize, ending: Ending) -> Finished {
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
            _ => (window.images.get(place as i64), self.predicted[place]),
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
mod tests;
