//! The saliency map attack towards the class that the gradient leads to first.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::ball::{Ball, Rms};
use super::jsma::Jsma;
use crate::engine::loss::towards_goals;
use crate::engine::rowwise::numbers;
use crate::engine::wanted::Wanted;
use crate::row_state;
use crate::{Attack, Bounds, Goal, Iterate, Newcomers, Pass, Result, Standing, Target, range};

/// Lengths along the gradient at which the class is looked for, evenly up to a root mean square of 1.
const LENGTHS: usize = 1000;

/// How many of them are asked for at once.
const BLOCK: usize = 50;

/// [`Jsma`] as Foolbox 1.8 crafts with it where nobody names a class (`SaliencyMapAttack` with
/// `num_random_targets=0`): it goes to the class in which the image first lands along the gradient of the
/// cross-entropy (`GradientAttack`), or to a random one if the label is never lost there. Any other class than
/// the label will do as a result.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsmaGradient {
    /// Change of an element per iteration, in units of \[0, 1\].
    pub theta: f64,
    /// The most changes of an element.
    pub changes: u32,
    /// The most iterations.
    pub iterations: u32,
}

/// What the rows of [`JsmaGradient`] carry.
#[derive(Debug)]
pub struct JsmaGradientRows {
    /// How often each element of a row may still change, \[N, elements\].
    changes: Tensor,
    /// Where each row goes, once that is known.
    classes: Vec<Option<i64>>,
    /// Whether the row has left its image.
    moved: Vec<bool>,
    streams: Vec<ChaCha8Rng>,
}
row_state!(JsmaGradientRows { changes, classes, moved, streams });

impl Attack for JsmaGradient {
    type Rows = JsmaGradientRows;

    fn check(&self) -> Result<()> {
        range::share("jsma-gradient", "theta", self.theta)?;
        range::at_least_one("jsma-gradient", "changes", self.changes)?;
        range::at_least_one("jsma-gradient", "iterations", self.iterations)
    }

    fn queries_per_iteration(&self) -> u32 {
        2
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.iterations
    }

    fn bounds(&self) -> Bounds {
        Bounds::Picked
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> JsmaGradientRows {
        let count = newcomers.numbers.len();
        JsmaGradientRows {
            changes: self.single_steps().start(newcomers),
            classes: vec![None; count],
            moved: vec![false; count],
            streams: newcomers.streams(),
        }
    }

    fn judge(&self, pass: &Pass<'_>, rows: &mut JsmaGradientRows) -> Vec<Standing> {
        let rows = pass.reached.iter().zip(&rows.moved);
        rows.map(|(reached, moved)| match moved {
            true => Standing::iterated(*reached),
            false => Standing::SEARCHING,
        })
        .collect()
    }

    /// The first step of a row finds its class and leaves the image as it is.
    fn advance(&self, iterate: &Iterate<'_>, rows: &mut JsmaGradientRows) -> Tensor {
        let goals = iterate.goals().iter().zip(&rows.classes);
        let goals: Vec<Goal> =
            goals.map(|(goal, class)| Goal { label: goal.label, target: *class }).collect();
        let wanted = Wanted::of(goals, iterate.logits());
        let losses = towards_goals(iterate.logits(), &wanted, &iterate.margins);
        let ascent = iterate.gradient(&losses.sum(Kind::Float));

        let steps: Vec<u32> = rows.classes.iter().map(|class| u32::from(class.is_some())).collect();
        let images = iterate.images();
        for (place, class) in rows.classes.iter_mut().enumerate() {
            match class {
                Some(_) => rows.moved[place] = true,
                None => {
                    *class =
                        Some(first_class(iterate, place, &images, &ascent).unwrap_or_else(|| {
                            random_class(iterate, place, &mut rows.streams[place])
                        }));
                }
            }
        }
        self.single_steps().change_rows(&images, &ascent, &mut rows.changes, &steps)
    }
}

impl JsmaGradient {
    /// What changes the elements.
    fn single_steps(&self) -> Jsma {
        let Self { theta, changes, iterations } = *self;
        Jsma { theta, changes, iterations, target: Target::Untargeted }
    }
}

/// The class that the network first takes the image of this row for along the ascent, other than its label.
fn first_class(
    iterate: &Iterate<'_>,
    place: usize,
    images: &Tensor,
    ascent: &Tensor,
) -> Option<i64> {
    let row = |rows: &Tensor| rows.narrow(0, place as i64, 1);
    let (image, direction) = (row(images), Rms::direction(&row(ascent)));
    let label = iterate.goals()[place].label;
    let lengths: Vec<f64> = (1..=LENGTHS).map(|step| step as f64 / LENGTHS as f64).collect();
    lengths.chunks(BLOCK).find_map(|lengths| {
        let lengths = numbers(lengths.iter().copied(), &image);
        let along = (&image + &direction * lengths).clamp(0.0, 1.0).to_kind(Kind::Float);
        let classes: Vec<i64> =
            iterate.query(place, &along).argmax(-1, false).try_into().unwrap_or_default();
        classes.into_iter().find(|class| *class != label)
    })
}

/// A class other than the row's label, drawn evenly.
fn random_class(iterate: &Iterate<'_>, place: usize, stream: &mut ChaCha8Rng) -> i64 {
    let other = stream.random_range(0..iterate.logits().size()[1] - 1);
    other + i64::from(other >= iterate.goals()[place].label)
}
