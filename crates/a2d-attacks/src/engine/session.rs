//! The session that every attack runs in: a moving window of independent rows.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use a2d_cost::{AttackCost, Ending, NoCost};
use a2d_model::transfer::to_device;
use a2d_model::{Classifier, Prediction, Session};
use tch::{Kind, Tensor};

use super::admission::{Admission, first_outside};
use super::best::Best;
use super::goal::rounding;
use super::iterate::Queries;
use super::stream;
use super::traction::{Traction, Watch};
use super::wanted::Wanted;
use super::window::{Opening, Row, Window};
use crate::{
    Aim, Attack, Error, Goal, Iterate, Kept, Limits, Newcomers, Pass, Query, Result, RowState,
    Standing,
};

/// An attack on images that join as there is room and leave when they are done.
pub type AttackSession = dyn Session<Query = Query, Outcome = Finished, Error = Error>;

/// A row that is done.
#[derive(Debug)]
pub struct Finished {
    /// Its number.
    pub row: usize,
    /// What was wanted of it.
    pub goal: Goal,
    /// What the network says of the image as it came.
    pub prediction: Prediction,
    /// The class of the image.
    pub predicted: i64,
    /// It was never attacked: its label was lost, or was the target, as it came ([`Goal::is_void`]).
    pub set_aside: bool,
    /// What was spent on it, and what it cost unless there is none; one forward query if it was set aside.
    pub cost: AttackCost,
    /// Why it has no cost: its label has not flipped, and the attack had no hold on it.
    pub no_cost: Option<NoCost>,
    /// The last image that went through the network, \[C, H, W\], or the best so far if [`Aim`] asks for it: the network was seen to
    /// take it for `predicted`. A view that keeps the whole window in memory, so copy what is to stay.
    pub image: Tensor,
}

/// Begins an attack on images for this classifier.
///
/// A window of rows advances together, one forward pass a step, which gives the labels of the images and
/// the graph of their gradient. A row leaves when it is done, and another may take its place, so that the
/// batch stays full as long as queries come.
///
/// ```
/// use std::sync::Arc;
///
/// use a2d_attacks::{Aim, Bim, Limits, Query, Target, begin};
/// use a2d_model::{Architecture, Classifier, Session};
/// use tch::{Device, Kind, Tensor};
///
/// let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
/// let bim = Bim { epsilon: 0.3, step: 0.01, iterations: 50, target: Target::Untargeted };
/// let mut session = begin(Arc::new(bim), &classifier, Aim::Cost, Limits::default())?;
/// session.push(Query::new(0, Tensor::full([1, 28, 28], 0.5, (Kind::Float, Device::Cpu))))?;
/// while !session.is_idle() {
///     for done in session.step(&classifier)? {
///         println!("image {}: {} iterations", done.row, done.cost.iterations);
///     }
/// }
/// # Ok::<(), a2d_attacks::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`], [`Error::Untaught`] or [`Error::Window`] if attack or limits are out of range;
/// [`Error::NoGradient`] if the attack follows a gradient that the network does not give.
pub fn begin<A: Attack>(
    attack: Arc<A>,
    classifier: &Classifier,
    aim: Aim,
    limits: Limits,
) -> Result<impl Session<Query = Query, Outcome = Finished, Error = Error> + use<A>> {
    attack.check()?;
    attack.target().check("target", classifier.classes())?;
    limits.check()?;
    follow(attack.wants_gradients(), classifier)?;
    if attack.lessons() > 0 {
        return Err(Error::Untaught);
    }
    let admission = Admission::to(classifier);
    let cap = attack.cap(admission.input_shape.iter().product());
    Ok(Engine { attack, admission, cap, aim, limits, waiting: vec![], window: None, done: vec![] })
}

/// Refuses a classifier that gives no gradient where one is followed.
pub(crate) fn follow(wanted: bool, classifier: &Classifier) -> Result<()> {
    if wanted && !classifier.gives_gradients() {
        return Err(Error::NoGradient { name: classifier.name().to_owned() });
    }
    Ok(())
}

struct Engine<A: Attack> {
    attack: Arc<A>,
    admission: Admission,
    cap: u32,
    aim: Aim,
    limits: Limits,
    /// Queries that join at the next step.
    waiting: Vec<Query>,
    /// The rows under attack, unless there are none.
    window: Option<Window<A::Rows>>,
    /// Rows that left in a step that failed.
    done: Vec<Finished>,
}

impl<A: Attack> fmt::Debug for Engine<A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { admission, aim, limits, .. } = self;
        write!(formatter, "Engine {{ {admission:?}, {aim:?}, {limits:?}, {} rows }}", self.rows())
    }
}

impl<A: Attack> Session for Engine<A> {
    type Query = Query;
    type Outcome = Finished;
    type Error = Error;

    fn free(&self) -> usize {
        self.limits.window.saturating_sub(self.rows())
    }

    fn is_idle(&self) -> bool {
        self.rows() == 0 && self.done.is_empty()
    }

    fn push(&mut self, query: Query) -> Result<()> {
        if self.free() == 0 {
            return Err(Error::Full { row: query.row, window: self.limits.window });
        }
        self.admission.check(&query)?;
        self.waiting.push(query);
        Ok(())
    }

    fn step(&mut self, classifier: &Classifier) -> Result<Vec<Finished>> {
        self.admission.check_classifier(classifier)?;
        // The caller may have turned gradients on or off.
        if self.attack.wants_gradients() {
            tch::with_grad(|| self.advance_all(classifier))?;
        } else {
            tch::no_grad(|| self.advance_all(classifier))?;
        }
        Ok(std::mem::take(&mut self.done))
    }
}

impl<A: Attack> Engine<A> {
    /// Rows under attack, and those that wait for it.
    fn rows(&self) -> usize {
        self.waiting.len() + self.window.as_ref().map_or(0, |window| window.rows.len())
    }

    /// One forward pass, and a step of the rows that are not done after it.
    fn advance_all(&mut self, classifier: &Classifier) -> Result<()> {
        self.join()?;
        let Some(mut window) = self.window.take() else { return Ok(()) };
        let start = Instant::now();
        // A handle of its own: the attack's state may hold these images too, and needs no gradient.
        let leaf = window.images.to_kind(self.admission.kind).detach();
        let leaf = leaf.set_requires_grad(self.attack.wants_gradients());
        let logits = match classifier.logits(&leaf) {
            Ok(logits) => logits,
            Err(fault) => return self.fail(window, fault),
        };
        let looked = match self.look(classifier, &mut window, &leaf, &logits.detach()) {
            Ok(looked) => looked,
            Err(fault) => return self.fail(window, fault),
        };
        window.spend(start.elapsed());

        let mut live = Vec::with_capacity(window.rows.len());
        for place in 0..window.rows.len() {
            match looked.endings[place] {
                None => live.push(place),
                Some(ending) => {
                    let image = window.images.get(place as i64);
                    self.done.push(looked.finished(&window, place, (place, image), ending));
                }
            }
        }
        if live.is_empty() {
            return Ok(());
        }
        let live = Kept::new(live, leaf.device());
        let passed = window.images.shallow_clone();
        let fault = self.advance(classifier, &mut window, &leaf, logits, (&live, &looked));
        if let Some(fault) = fault {
            return self.fail(window, fault);
        }
        self.window = self.dismiss_foretold(window, &live, &looked, &passed);
        Ok(())
    }

    /// The window without the rows whose cost is known without another pass: they are done. They were the `live` ones among
    /// those that `passed` last.
    fn dismiss_foretold(
        &mut self,
        mut window: Window<A::Rows>,
        live: &Kept,
        looked: &Looked,
        passed: &Tensor,
    ) -> Option<Window<A::Rows>> {
        let foretold = self.attack.foretold(&window.state);
        if self.aim != Aim::Cost || foretold.iter().all(Option::is_none) {
            return Some(window);
        }
        window.note_traction();
        let mut others = vec![];
        for (place, standing) in foretold.into_iter().enumerate() {
            let row = &mut window.rows[place];
            let ending = standing.and_then(|standing| {
                row.meter.iterated(standing.iterations);
                self.ending(row, standing)
            });
            let Some(ending) = ending else {
                others.push(place);
                continue;
            };
            let seen = live.places()[place];
            let image = passed.get(seen as i64);
            self.done.push(looked.finished(&window, place, (seen, image), ending));
        }
        window.keep(others)
    }

    /// The error; without the row that it is about, the others stay.
    fn fail(&mut self, window: Window<A::Rows>, fault: impl Into<Error>) -> Result<()> {
        let fault = fault.into();
        self.window = match fault.row() {
            Some(row) => window.without(row),
            None => Some(window),
        };
        Err(fault)
    }

    /// Waiting queries join the window.
    fn join(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let images: Vec<_> = self.waiting.iter().map(|query| &query.image).collect();
        let images = Tensor::stack(&images, 0);
        if let Some((place, [low, high])) = first_outside(&images) {
            let got = format!("pixels from {low} to {high}");
            return Err(self.waiting.remove(place).refused("pixels from 0 to 1".into(), got));
        }
        let images = to_device(&images, self.admission.device);
        let newcomers = std::mem::take(&mut self.waiting);
        let numbers: Vec<usize> = newcomers.iter().map(|query| query.stream).collect();
        let start = images.to_kind(self.admission.kind);
        let (seed, attack) = (self.limits.seed, &self.attack);
        let state = attack.start(&Newcomers { images: &start, numbers: &numbers, seed });
        let best = (self.aim != Aim::Cost).then(|| Best::new(&images, attack.result()));
        let rows = newcomers.into_iter().map(|query| Row {
            number: query.row,
            stream: query.stream,
            label: query.label,
            budget: query.budget,
            opening: None,
            passes: 0,
            traction: Traction::none(attack.wants_gradients()),
            meter: a2d_cost::CostMeter::default(),
        });
        let joined =
            Window { rows: rows.collect(), images, state, wanted: None, watch: None, best };
        match &mut self.window {
            Some(window) => window.append(joined),
            none => *none = Some(joined),
        }
        Ok(())
    }

    /// What this pass says of every row.
    fn look(
        &self,
        classifier: &Classifier,
        window: &mut Window<A::Rows>,
        leaf: &Tensor,
        logits: &Tensor,
    ) -> Result<Looked> {
        let values = window.read(logits);
        classifier.check_logits(&values, |place| window.rows[place].number)?;
        let rows = values.chunks_exact(classifier.classes());
        let predicted: Vec<i64> =
            rows.clone().map(|logits| Prediction::class_of(logits) as i64).collect();
        let first: Vec<bool> = window.rows.iter().map(|row| row.passes == 0).collect();
        let openings = window.rows.iter_mut().zip(rows.clone());
        let openings: Vec<Opening> =
            openings.map(|(row, logits)| self.opening(row, logits)).collect();
        let goals: Vec<Goal> = openings.iter().map(|opening| opening.goal).collect();
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
        let (goals, margins) = (&goals[..], &margins[..]);
        let pass = Pass { images, logits, goals, margins, reached: &reached, first: &first };
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
        Ok(Looked { predicted, openings, margins: margins.to_vec(), endings })
    }

    /// What the row's first pass says, which these logits are of if none was before.
    fn opening(&self, row: &mut Row, logits: &[f64]) -> Opening {
        *row.opening.get_or_insert_with(|| {
            let prediction = Prediction::of(logits);
            let label = row.label.unwrap_or(prediction.class as i64);
            // A stream beside that of the attack, so that the same target is drawn for every attack.
            let mut random = stream::of(!self.limits.seed, row.stream);
            let target = self.attack.target().class(label, logits, &mut random);
            Opening { goal: Goal { label, target }, prediction }
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

    /// Moves the live rows to their next images; the others leave. What went wrong, if anything did.
    fn advance(
        &self,
        classifier: &Classifier,
        window: &mut Window<A::Rows>,
        leaf: &Tensor,
        logits: Tensor,
        (kept, looked): (&Kept, &Looked),
    ) -> Option<a2d_model::Error> {
        let start = Instant::now();
        let leaving = kept.places().len() < window.rows.len();
        let margins = kept.places().iter().map(|place| looked.margins[*place]).collect();
        let logits = if leaving { logits.index_select(0, kept.indices()) } else { logits };
        if leaving {
            window.retain(kept);
        }
        let unsure = window.unsure(leaf.device());
        let watched = unsure.as_ref().map(|unsure| kept.select(unsure));
        let goals = || kept.places().iter().map(|place| looked.openings[*place].goal).collect();
        let wanted = window.wanted.get_or_insert_with(|| Wanted::of(goals(), &logits.detach()));
        let iterate = Iterate {
            classifier,
            loss: self.attack.loss(),
            leaf,
            live: leaving.then_some(kept),
            logits,
            numbers: window.rows.iter().map(|row| row.number).collect(),
            wanted,
            margins,
            first: window.rows.iter().map(|row| row.passes == 1).collect(),
            watched: watched.as_ref(),
            window: self.limits.window,
            queries: Queries::none(window.rows.len()),
        };
        // Images are float32 as files hold them, so that what flips is what can be kept.
        window.images = self.attack.advance(&iterate, &mut window.state).to_kind(Kind::Float);
        let queries = iterate.queries.into_inner();
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
        queries.fault
    }
}

/// What a pass says of the rows.
struct Looked {
    predicted: Vec<i64>,
    openings: Vec<Opening>,
    margins: Vec<f64>,
    endings: Vec<Option<Ending>>,
}

impl Looked {
    /// The row at this place, with the best image where it is kept. In the pass it was at another one, with the image that went
    /// through the network.
    fn finished<S: RowState>(
        &self,
        window: &Window<S>,
        place: usize,
        (seen, image): (usize, Tensor),
        ending: Ending,
    ) -> Finished {
        let row = &window.rows[place];
        let Opening { goal, prediction } = self.openings[seen];
        let mut cost = row.meter.finish(ending);
        let set_aside = row.passes == 1 && goal.is_void(self.predicted[seen]);
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
            _ => (image, self.predicted[seen]),
        };
        let no_cost = row.traction.lacks().filter(|_| !cost.flipped);
        let row = row.number;
        Finished { row, goal, prediction, predicted, set_aside, cost, no_cost, image }
    }
}

#[cfg(test)]
mod tests;
