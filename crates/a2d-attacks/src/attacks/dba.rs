//! The boundary attack: a walk along the decision boundary, by labels alone.

mod position;
mod walk;

use a2d_model::transfer::to_device;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::engine::rowwise::pixels;
use crate::{Attack, Iterate, Newcomers, Pass, Preference, Result, Standing, range};
use position::Position;
use walk::{Judgement, Walk};

/// The boundary attack (Brendel, Rauber and Bethge 2018, "Decision-based adversarial attacks", algorithm 1)
/// with the step sizes of Foolbox 1.8 (`BoundaryAttack`), which needs labels only.
///
/// It blends the image with noise until the label flips, then walks along the boundary towards the
/// image: each iteration tries up to `directions` random steps on the sphere around the image, each
/// followed by one towards it, until one stays on the far side. Every tenth tries all directions, and
/// the step on the sphere by itself, by which step sizes are adapted. Its cost is the first iteration after
/// which the mean squared distance is below `distance`; the search for the start does not count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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

/// A row of [`Boundary`].
#[derive(Debug)]
pub struct BoundaryRow {
    walk: Walk,
    position: Position,
    stream: ChaCha8Rng,
}

impl Attack for Boundary {
    type Rows = Vec<BoundaryRow>;

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

    fn start(&self, newcomers: &Newcomers<'_>) -> Vec<BoundaryRow> {
        let pixels = pixels(newcomers.images);
        let images = pixels.chunks_exact(pixels.len() / newcomers.numbers.len());
        let rows = images.zip(newcomers.streams()).map(|(image, stream)| BoundaryRow {
            walk: Walk::new(self.spherical_step, self.source_step),
            position: Position::at(image),
            stream,
        });
        rows.collect()
    }

    fn judge(&self, pass: &Pass<'_>, rows: &mut Vec<BoundaryRow>) -> Vec<Standing> {
        let passed = rows.iter_mut().zip(pass.reached.iter().zip(pass.first));
        let standings = passed.map(|(BoundaryRow { walk, position, .. }, (flipped, first))| {
            if *first {
                return Standing::SEARCHING;
            }
            // Nobody asks how far away an image is whose label has not flipped.
            let distance = if *flipped { position.distance() } else { f64::INFINITY };
            let Judgement { standing, image } = walk.judge(self, *flipped, distance);
            position.take(image);
            standing
        });
        standings.collect()
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut Vec<BoundaryRow>) -> Tensor {
        let [channels, height, width] = iterate.input_shape();
        let mut next = Vec::with_capacity(rows.len() * (channels * height * width) as usize);
        for BoundaryRow { walk, position, stream } in rows {
            position.advance(walk.next(), [walk.spherical_step, walk.source_step], stream);
            next.extend_from_slice(position.image());
        }
        let next = Tensor::from_slice(&next).view([-1, channels, height, width]);
        to_device(&next, iterate.logits().device())
    }
}
