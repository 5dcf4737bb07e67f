//! The L-BFGS attack.

mod curvature;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::engine::rowwise::{dot, elements, mask, norm, numbers};
use crate::row_state;
use crate::{Attack, Iterate, Newcomers, Pass, Preference, Result, Standing, Target, range};
use curvature::Curvature;

/// Share of the slope's promise that a step has to keep (Armijo).
const SUFFICIENT: f64 = 1e-4;

/// Times that a step is halved before the search in its direction is given up.
const HALVINGS: u32 = 20;

/// Times that c is doubled before a row is given up, as in Foolbox 1.8.
const DOUBLINGS: u32 = 30;

/// The relative fall of the objective, in numbers of this kind, below which it counts as minimised. Float32
/// sees falls of 1e-6, but then rounding decides where each search ends, and costs of other windows differ
/// by up to a hundred.
fn flat(kind: Kind) -> f64 {
    match kind {
        Kind::Double => 1e-6,
        _ => 1e-4,
    }
}

/// The L-BFGS attack (Szegedy et al. 2014, "Intriguing properties of neural networks", section 4.1; Tabacof
/// and Valle 2016, "Exploring the space of adversarial images", algorithm 1), with the parameters of
/// Foolbox 1.8 (`LBFGSAttack`).
///
/// It minimises the mean squared distance plus c times the cross-entropy of the target over the box of
/// all images, by L-BFGS with steps projected onto the box. c is doubled until the target is got, then
/// bisected down to `epsilon`. An iteration is an accepted step, whatever the c; trial points within a
/// line search count as queries only.
///
/// In float32 the search under each c ends as soon as a step lowers the objective by less than 1e-4 of it, in
/// float64 by less than 1e-6. So costs in float64 are higher, and tell more: digits by FGSM from benign ones at
/// an AUROC of 0.90 instead of 0.83 (LeNet-5, 64 of each).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lbfgs {
    /// The first c is twice this; the bisection of c ends when its interval is shorter.
    pub epsilon: f64,
    /// The most steps for each c.
    pub iterations: u32,
    /// The class that rows are to get; it must be one.
    pub target: Target,
}

impl Default for Lbfgs {
    /// The parameters of Foolbox 1.8, towards the second most likely class.
    fn default() -> Self {
        Self { epsilon: 1e-5, iterations: 150, target: Target::SECOND }
    }
}

/// What the rows of [`Lbfgs`] carry.
#[derive(Debug)]
pub struct LbfgsRows {
    origins: Tensor,
    /// The last accepted images.
    places: Tensor,
    /// The gradients of the objective there.
    gradients: Tensor,
    /// The directions in which better images are searched for.
    directions: Tensor,
    curvature: Curvature,
    searches: Vec<Search>,
}
row_state!(LbfgsRows { origins, places, gradients, directions, curvature, searches });

/// The search of a row for its c, and for the minimum under it.
#[derive(Clone, Copy, Debug)]
struct Search {
    c: f64,
    low: f64,
    high: f64,
    doublings: u32,
    /// Steps accepted with this c.
    steps: u32,
    /// The objective at the last accepted image.
    objective: f64,
    phase: Phase,
    /// Length of the trial step.
    length: f64,
    halvings: u32,
    /// By how much the trial step should lower the objective, to first order.
    promise: f64,
    /// The last accepted image got the target.
    reached: bool,
}

/// What the last pass was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The image as it came, under a new c.
    Restarted,
    /// A trial step that was taken.
    Accepted,
    /// One that was not: half as far next.
    Rejected,
    /// The minimum: the image as it came is next, under the next c.
    Minimised,
}

impl Attack for Lbfgs {
    type Rows = LbfgsRows;

    fn check(&self) -> Result<()> {
        range::positive("lbfgs", "epsilon", self.epsilon)?;
        range::at_least_one("lbfgs", "iterations", self.iterations)?;
        let is_one = !self.target.is_untargeted();
        range::check("lbfgs", "target", self.target, "that is a class", is_one)
    }

    fn queries_per_iteration(&self) -> u32 {
        2
    }

    fn cap(&self, _elements: usize) -> u32 {
        // The last c is 2^30 epsilon: as many halvings bring its interval below epsilon.
        self.iterations.saturating_mul(2 * DOUBLINGS)
    }

    fn target(&self) -> Target {
        self.target
    }

    fn result(&self) -> Preference {
        Preference::Closest
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> LbfgsRows {
        let images = newcomers.images;
        let search = Search {
            c: 2.0 * self.epsilon,
            low: 0.0,
            high: f64::INFINITY,
            doublings: 1,
            steps: 0,
            objective: f64::INFINITY,
            phase: Phase::Minimised,
            length: 1.0,
            halvings: 0,
            promise: 0.0,
            reached: false,
        };
        LbfgsRows {
            origins: images.shallow_clone(),
            places: images.copy(),
            gradients: images.zeros_like(),
            directions: images.zeros_like(),
            curvature: Curvature::none(images),
            searches: vec![search; newcomers.numbers.len()],
        }
    }

    fn judge(&self, pass: &Pass<'_>, rows: &mut LbfgsRows) -> Vec<Standing> {
        let elements = pass.images.numel() as f64 / pass.reached.len() as f64;
        let distances = pass.squared_distances(&rows.origins);
        let cross_entropies = pass.cross_entropies();
        let flat = flat(pass.logits.kind());
        let judge = |(place, search): (usize, &mut Search)| {
            let objective = distances[place] / elements + search.c * cross_entropies[place];
            search.judge(self, flat, objective, pass.reached[place])
        };
        rows.searches.iter_mut().enumerate().map(judge).collect()
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut LbfgsRows) -> Tensor {
        let is = |phase| {
            let phases: Vec<bool> = rows.searches.iter().map(|row| row.phase == phase).collect();
            mask(&phases, &rows.origins)
        };
        let (accepted, restarted) = (is(Phase::Accepted), is(Phase::Restarted));
        let minimised = is(Phase::Minimised);
        let fresh = accepted.logical_or(&restarted);

        let images = iterate.images();
        let weights = numbers(rows.searches.iter().map(|search| search.c), &images).view([-1]);
        let pull = iterate.gradient(&(iterate.cross_entropies() * weights).sum(Kind::Float));
        let size = images.get(0).numel() as f64;
        let gradients = (&images - &rows.origins) * (2.0 / size) + pull;
        let (step, change) = (&images - &rows.places, &gradients - &rows.gradients);
        rows.curvature.learn(&step, &change, &accepted);
        rows.curvature.forget(&restarted);
        rows.places = images.where_self(&fresh, &rows.places);
        rows.gradients = gradients.where_self(&fresh, &rows.gradients);
        let directions = descent(&rows.places, &rows.gradients, &rows.curvature);
        rows.directions = directions.where_self(&fresh, &rows.directions);

        let reaches = elements(&norm(&rows.directions));
        for (search, reach) in rows.searches.iter_mut().zip(reaches) {
            search.aim(reach);
        }
        let lengths = numbers(rows.searches.iter().map(|search| search.length), &images);
        let trial = (&rows.places + &rows.directions * lengths).clamp(0.0, 1.0);
        let promises = elements(&dot(&rows.gradients, &(&trial - &rows.places)));
        for (search, promise) in rows.searches.iter_mut().zip(promises) {
            search.promise = promise;
        }
        rows.origins.where_self(&minimised, &trial)
    }
}

impl Search {
    fn judge(&mut self, attack: &Lbfgs, flat: f64, objective: f64, reached: bool) -> Standing {
        if self.phase == Phase::Minimised {
            (self.objective, self.reached, self.steps) = (objective, reached, 0);
            self.phase = Phase::Restarted;
            return Standing::SEARCHING;
        }
        if self.promise >= 0.0 {
            return Standing::SEARCHING.or_exhausted(self.next_c(attack));
        }
        if objective <= self.objective + SUFFICIENT * self.promise {
            let fall = self.objective - objective;
            let is_flat = fall <= flat * self.objective.abs().max(objective.abs());
            (self.objective, self.reached, self.phase) = (objective, reached, Phase::Accepted);
            self.steps += 1;
            let is_minimised = is_flat || self.steps == attack.iterations;
            let exhausted = is_minimised && self.next_c(attack);
            return Standing::iterated(reached).or_exhausted(exhausted);
        }
        (self.length, self.phase) = (self.length / 2.0, Phase::Rejected);
        self.halvings += 1;
        let is_minimised = self.halvings == HALVINGS;
        Standing::SEARCHING.or_exhausted(is_minimised && self.next_c(attack))
    }

    /// Goes on to the next c. True if there is none.
    fn next_c(&mut self, attack: &Lbfgs) -> bool {
        self.phase = Phase::Minimised;
        if self.reached {
            self.high = self.c;
        } else {
            self.low = self.c;
        }
        if self.high.is_finite() {
            self.c = f64::midpoint(self.low, self.high);
            return self.high - self.low < attack.epsilon;
        }
        self.c *= 2.0;
        self.doublings += 1;
        self.doublings > DOUBLINGS
    }

    /// Sets the length of the first trial step in a direction of this norm.
    fn aim(&mut self, reach: f64) {
        match self.phase {
            // Without curvature the scale is unknown: go as far as one pixel's range at most.
            Phase::Restarted => (self.length, self.halvings) = ((1.0 / reach).min(1e9), 0),
            Phase::Accepted => (self.length, self.halvings) = (1.0, 0),
            Phase::Rejected | Phase::Minimised => (),
        }
    }
}

/// Directions that lower the objective and do not lead out of the box.
fn descent(places: &Tensor, gradients: &Tensor, curvature: &Curvature) -> Tensor {
    let leaves_below = places.le(0.0).logical_and(&gradients.gt(0.0));
    let leaves_above = places.ge(1.0).logical_and(&gradients.lt(0.0));
    let is_free = leaves_below.logical_or(&leaves_above).logical_not().to_kind(places.kind());
    let steepest = -gradients * &is_free;
    let newton = curvature.inverse(&steepest) * &is_free;
    let descends = dot(&newton, gradients).lt(0.0);
    newton.where_self(&descends, &steepest)
}
