//! Carlini and Wagner's attack under the Euclidean norm.

mod adam;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

pub(super) use adam::Adam;

use crate::engine::rowwise::{mask, numbers};
use crate::row_state;
use crate::{Attack, Iterate, Newcomers, Pass, Preference, Result, Standing, Target, range};

/// Keeps pixels of 0 and 1 at a finite place of the space that the attack moves in.
const NEARLY_ONE: f64 = 0.999_999;

/// The attack of Carlini and Wagner under the Euclidean norm (2017, "Towards evaluating the robustness of
/// neural networks", section VI.A), with the parameters and the early abort of Foolbox 1.8
/// (`CarliniWagnerL2Attack`).
///
/// Adam minimises the squared distance plus c times what the margin lacks of `confidence`, over
/// w with image = (tanh w + 1) / 2, so that pixels stay in \[0, 1\]. A binary search finds the smallest
/// c that works. An iteration is a step of Adam; a defense stops at the first that flips.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CarliniWagner {
    /// By how much the wanted logit has to win (kappa), at least 0.
    pub confidence: f64,
    /// The first c.
    pub initial_c: f64,
    /// Values of c that are tried.
    pub searches: u32,
    /// The most steps for each.
    pub iterations: u32,
    /// Adam's step size.
    pub learning_rate: f64,
    /// Goes on to the next c when the loss has not fallen over a tenth of the iterations.
    pub abort_early: bool,
    /// The class that rows are to get.
    #[serde(default)]
    pub target: Target,
}

impl Default for CarliniWagner {
    /// The parameters of Foolbox 1.8.
    fn default() -> Self {
        Self {
            confidence: 0.0,
            initial_c: 1e-2,
            searches: 5,
            iterations: 1000,
            learning_rate: 5e-3,
            abort_early: true,
            target: Target::Untargeted,
        }
    }
}

/// What the rows of [`CarliniWagner`] carry.
#[derive(Debug)]
pub struct CarliniWagnerRows {
    /// The images as they came, in the space of w.
    origins: Tensor,
    /// The same as pixels again, from which distances are taken.
    restored: Tensor,
    moved: Tensor,
    adam: Adam,
    searches: Vec<Search>,
}
row_state!(CarliniWagnerRows { origins, restored, moved, adam, searches });

/// The search of a row for its c.
#[derive(Clone, Copy, Debug)]
struct Search {
    c: f64,
    /// The largest c that did not work.
    low: f64,
    /// The smallest that did.
    high: f64,
    /// Values tried to the end.
    done: u32,
    /// Steps taken with this c.
    steps: u32,
    found: bool,
    last_loss: f64,
    /// The next image is the original again.
    restarts: bool,
}

impl Attack for CarliniWagner {
    type Rows = CarliniWagnerRows;

    fn check(&self) -> Result<()> {
        range::not_negative("cw", "confidence", self.confidence)?;
        range::positive("cw", "initial_c", self.initial_c)?;
        range::at_least_one("cw", "searches", self.searches)?;
        range::at_least_one("cw", "iterations", self.iterations)?;
        range::positive("cw", "learning_rate", self.learning_rate)
    }

    fn queries_per_iteration(&self) -> u32 {
        2
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.searches.saturating_mul(self.iterations)
    }

    fn target(&self) -> Target {
        self.target
    }

    fn confidence(&self) -> f64 {
        self.confidence
    }

    fn result(&self) -> Preference {
        Preference::Closest
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> CarliniWagnerRows {
        let images = newcomers.images.to_kind(Kind::Double);
        let origins = ((images * 2.0 - 1.0) * NEARLY_ONE).atanh();
        let search = Search {
            c: self.initial_c,
            low: 0.0,
            high: f64::INFINITY,
            done: 0,
            steps: 0,
            found: false,
            last_loss: f64::INFINITY,
            restarts: false,
        };
        CarliniWagnerRows {
            restored: pixels(&origins),
            moved: origins.zeros_like(),
            adam: Adam::new(&origins),
            searches: vec![search; newcomers.numbers.len()],
            origins,
        }
    }

    fn judge(&self, pass: &Pass<'_>, rows: &mut CarliniWagnerRows) -> Vec<Standing> {
        let distances = pass.squared_distances(&rows.restored);
        let standing = |(place, search): (usize, &mut Search)| {
            let reached = pass.reached[place];
            let lack = (self.confidence - pass.margins[place]).max(0.0);
            let iterations = u32::from(search.steps > 0);
            search.found |= reached;
            if self.is_over(search, distances[place] + search.c * lack) {
                search.next();
            }
            let exhausted = search.done == self.searches;
            Standing { iterations, reached, exhausted }
        };
        rows.searches.iter_mut().enumerate().map(standing).collect()
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut CarliniWagnerRows) -> Tensor {
        let constants = rows.searches.iter().map(|search| search.c);
        let constants = numbers(constants, &rows.origins).view([-1]);
        let lack = (self.confidence - iterate.margins()).clamp_min(0.0);
        let gradient = iterate.gradient(&(lack * constants).sum(Kind::Float));
        let images = iterate.images();
        let slope = gradient + (&images - &rows.restored) * 2.0;
        // The derivative of (tanh w + 1) / 2, in terms of the pixel.
        let chain = &images * (1.0 - &images) * 2.0;

        for search in &mut rows.searches {
            search.steps += u32::from(!search.restarts);
        }
        rows.moved -= rows.adam.step(&(slope * chain), self.learning_rate);
        let restarts: Vec<bool> = rows.searches.iter().map(|search| search.restarts).collect();
        if restarts.contains(&true) {
            let kept = mask(&restarts, &rows.moved).logical_not().to_kind(rows.moved.kind());
            rows.moved *= &kept;
            rows.adam.reset(&kept);
            rows.searches.iter_mut().for_each(|search| search.restarts = false);
        }
        pixels(&(&rows.origins + &rows.moved))
    }
}

impl CarliniWagner {
    /// Whether to go on to the next c after a pass with this loss.
    fn is_over(&self, search: &mut Search, loss: f64) -> bool {
        let check = self.abort_early && search.steps.is_multiple_of(self.iterations.div_ceil(10));
        // Written so that a loss that is not a number counts as no progress.
        let progressed = loss <= 0.9999 * search.last_loss;
        if check {
            search.last_loss = loss;
        }
        search.steps == self.iterations || check && !progressed
    }
}

impl Search {
    /// Goes on to the next c.
    fn next(&mut self) {
        if self.found {
            self.high = self.c;
        } else {
            self.low = self.c;
        }
        let bisects = self.high.is_finite();
        self.c = if bisects { f64::midpoint(self.low, self.high) } else { self.c * 10.0 };
        self.done += 1;
        self.steps = 0;
        self.found = false;
        self.last_loss = f64::INFINITY;
        self.restarts = true;
    }
}

fn pixels(w: &Tensor) -> Tensor {
    ((w.tanh() + 1.0) * 0.5).clamp(0.0, 1.0)
}
