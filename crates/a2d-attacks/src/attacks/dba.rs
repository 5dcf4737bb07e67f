//! The boundary attack: a walk along the decision boundary, by labels alone.

mod walk;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::engine::rowwise::{dot, norm, numbers};
use crate::row_state;
use crate::{Attack, Iterate, Newcomers, Pass, Preference, Result, Standing, range};
use walk::{Judgement, Step, Use, Walk};

/// The boundary attack (Brendel, Rauber and Bethge 2018, "Decision-based adversarial attacks", algorithm 1)
/// with the step sizes of Foolbox 1.8 (`BoundaryAttack`), which needs labels only.
///
/// It blends the image with noise until the label flips, then walks along the boundary towards the
/// image: each iteration tries up to `directions` random steps on the sphere around the image, each
/// followed by one towards it, until one stays on the far side. Every tenth tries all directions, and
/// the step on the sphere by itself, by which step sizes are adapted. Its cost is the first iteration after
/// which the mean squared distance is below `distance`; the search for the start does not count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boundary {
    /// Mean squared distance to the image at which the attack ends.
    pub distance: f64,
    /// Steps that are tried per iteration.
    pub directions: u32,
    /// Length of the first steps on the sphere, relative to its radius.
    pub spherical_step: f64,
    /// Length of the first steps towards the image, relative to the distance from it.
    pub source_step: f64,
    /// Factor by which step sizes are adapted, above 1.
    pub adaptation: f64,
    /// The most iterations.
    pub iterations: u32,
}

impl Default for Boundary {
    /// The parameters of Foolbox 1.8, and the paper's distance for MNIST.
    fn default() -> Self {
        Self {
            distance: 0.02,
            directions: 25,
            spherical_step: 1e-2,
            source_step: 1e-2,
            adaptation: 1.5,
            iterations: 5000,
        }
    }
}

/// What the rows of [`Boundary`] carry.
#[derive(Debug)]
pub struct BoundaryRows {
    origins: Tensor,
    /// The noise that the row is blended with, then its place on the far side of the boundary.
    places: Tensor,
    /// The step towards the image that follows the step on the sphere.
    following: Tensor,
    /// A place found within an iteration that goes on.
    kept: Tensor,
    walks: Vec<Walk>,
    streams: Vec<ChaCha8Rng>,
}
row_state!(BoundaryRows { origins, places, following, kept, walks, streams });

impl Attack for Boundary {
    type Rows = BoundaryRows;

    fn check(&self) -> Result<()> {
        range::positive("dba", "distance", self.distance)?;
        range::at_least_one("dba", "directions", self.directions)?;
        range::positive("dba", "spherical_step", self.spherical_step)?;
        range::share("dba", "source_step", self.source_step)?;
        let is_within = self.adaptation > 1.0 && self.adaptation <= 1e3;
        let adaptation = range::Short(self.adaptation);
        range::check("dba", "adaptation", adaptation, "above 1 and at most 1000", is_within)?;
        range::at_least_one("dba", "iterations", self.iterations)
    }

    fn queries_per_iteration(&self) -> u32 {
        self.directions
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.iterations
    }

    fn wants_gradients(&self) -> bool {
        false
    }

    fn result(&self) -> Preference {
        Preference::Closest
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> BoundaryRows {
        let walk = Walk::new(self.spherical_step, self.source_step);
        BoundaryRows {
            origins: newcomers.images.shallow_clone(),
            places: newcomers.images.copy(),
            following: newcomers.images.zeros_like(),
            kept: newcomers.images.zeros_like(),
            walks: vec![walk; newcomers.numbers.len()],
            streams: newcomers.streams(),
        }
    }

    fn judge(&self, pass: &Pass<'_>, rows: &mut BoundaryRows) -> Vec<Standing> {
        let elements = pass.images.numel() as f64 / pass.reached.len() as f64;
        let distances = pass.squared_distances(&rows.origins);
        let mut standings = vec![];
        for (place, walk) in rows.walks.iter_mut().enumerate() {
            let distance = distances[place] / elements;
            let Judgement { standing, image } = if pass.first[place] {
                Judgement::SEARCHING
            } else {
                walk.judge(self, pass.reached[place], distance)
            };
            let row = place as i64;
            match image {
                Use::None => (),
                Use::Place => rows.places.get(row).copy_(&pass.images.get(row)),
                Use::Keep => rows.kept.get(row).copy_(&pass.images.get(row)),
                Use::PlaceKept => rows.places.get(row).copy_(&rows.kept.get(row)),
            }
            standings.push(standing);
        }
        standings
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut BoundaryRows) -> Tensor {
        let next = rows.places.copy();
        let steps: Vec<Step> = rows.walks.iter().map(Walk::next).collect();
        for (place, step) in steps.iter().enumerate() {
            let (row, random) = (place as i64, &mut rows.streams[place]);
            match step {
                Step::Noise => next.get(row).copy_(&noise(random, iterate.input_shape())),
                Step::Blend(share) => {
                    let blend = rows.origins.get(row).lerp(&rows.places.get(row), *share);
                    next.get(row).copy_(&blend.clamp(0.0, 1.0));
                }
                Step::Follow => next.get(row).copy_(&rows.following.get(row)),
                Step::Sphere | Step::Both => (),
            }
        }
        if steps.iter().any(|step| matches!(step, Step::Sphere | Step::Both)) {
            step_aside(&steps, rows, &next);
        }
        next
    }
}

/// Sets the next images of rows that take a step on the sphere around their image, and the step
/// towards it that follows.
fn step_aside(steps: &[Step], rows: &mut BoundaryRows, next: &Tensor) {
    let stepping: Vec<i64> = (0i64..)
        .zip(steps)
        .filter(|(_, step)| matches!(step, Step::Sphere | Step::Both))
        .map(|(place, _)| place)
        .collect();
    let walks = || stepping.iter().map(|place| &rows.walks[*place as usize]);
    let spherical_steps: Vec<f64> = walks().map(|walk| walk.spherical_step).collect();
    let source_steps: Vec<f64> = walks().map(|walk| walk.source_step).collect();

    let elements = next.get(0).numel();
    let mut normals = Vec::with_capacity(stepping.len() * elements);
    for place in &stepping {
        let random = &mut rows.streams[*place as usize];
        normals.extend((0..elements).map(|_| random.sample::<f32, _>(StandardNormal)));
    }
    let indices = Tensor::from_slice(&stepping).to_device(next.device());
    let origins = rows.origins.index_select(0, &indices);
    let places = rows.places.index_select(0, &indices);
    let normals = Tensor::from_slice(&normals).to_device(next.device());
    let normals = normals.to_kind(next.kind()).view_as(&origins);

    let (on_sphere, beyond) =
        neighbours(&origins, &places, &normals, [spherical_steps, source_steps]);
    let _ = rows.following.index_copy_(0, &indices, &beyond);
    for (row, place) in (0i64..).zip(&stepping) {
        let step = steps[*place as usize];
        let image = if step == Step::Sphere { &on_sphere } else { &beyond };
        next.get(*place).copy_(&image.get(row));
    }
}

/// Points beside `places` on the spheres around `origins`, in the directions of `normals`, and those that
/// lie from there towards the origins. Step sizes are on the sphere, and towards the origin.
fn neighbours(
    origins: &Tensor,
    places: &Tensor,
    normals: &Tensor,
    step_sizes: [Vec<f64>; 2],
) -> (Tensor, Tensor) {
    let [spherical, source] = step_sizes.map(|sizes| numbers(sizes, origins));
    let inward = origins - places;
    let radius = norm(&inward);
    let direction = &inward / &radius;
    let aside = normals - dot(normals, &direction) * &direction;
    let aside = &aside * (&spherical * &radius / norm(&aside));
    let shrink = (spherical.square() + 1.0).rsqrt();
    let on_sphere = (origins + shrink * (aside - inward)).clamp(0.0, 1.0);

    // Clipping moves points off the sphere; the step towards the origin makes up for it.
    let inward = origins - &on_sphere;
    let distance = norm(&inward);
    let length = (source * &radius + (&distance - &radius)).clamp_min(0.0) / &distance;
    let beyond = (&on_sphere + length * inward).clamp(0.0, 1.0);
    (on_sphere, beyond)
}

/// An image drawn evenly from all images.
fn noise(random: &mut ChaCha8Rng, shape: [i64; 3]) -> Tensor {
    let count = shape.iter().product::<i64>();
    let pixels: Vec<f32> = (0..count).map(|_| random.random()).collect();
    Tensor::from_slice(&pixels).view(shape)
}
