//! Local search: single pixels, by scores alone.

use std::collections::BTreeSet;

use a2d_model::transfer::to_device;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::engine::rowwise::elements;
use crate::row_state;
use crate::{Attack, Bounds, Iterate, Newcomers, Result, range};

/// The most locations that are looked at in a round, as in Foolbox 1.8.
const LOCATIONS: usize = 128;

/// The share of all locations that the first round looks at.
const FIRST_SHARE: f64 = 0.1;

/// The local search attack (Narodytska and Kasiviswanathan 2017, "Simple black-box adversarial attacks on
/// deep neural networks", section 4), with the choices of Foolbox 1.8 (`LocalSearchAttack`).
///
/// Each round, an iteration, probes locations near those it changed last: it pushes a location's
/// channels to extremes and asks for the label's probability. The `pixels` locations that lower it most
/// are changed, cyclically within \[0, 1\]. It needs scores only.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalSearch {
    /// Factor of the change, about the middle grey; from 0 to 2 (r).
    pub change: f64,
    /// Value about the middle grey of a probed channel; probes leave \[0, 1\] (p).
    pub probe: f64,
    /// Half the side of the square around a changed location that the next round looks at (d).
    pub reach: u32,
    /// Locations changed per round (t).
    pub pixels: u32,
    /// The most rounds (R).
    pub rounds: u32,
}

impl Default for LocalSearch {
    /// The parameters of Foolbox 1.8.
    fn default() -> Self {
        Self { change: 1.5, probe: 10.0, reach: 5, pixels: 5, rounds: 150 }
    }
}

/// What the rows of [`LocalSearch`] carry.
#[derive(Debug)]
pub struct LocalSearchRows {
    /// Where the next round looks.
    locations: Vec<Vec<Location>>,
    streams: Vec<ChaCha8Rng>,
}
row_state!(LocalSearchRows { locations, streams });

/// A pixel, counted along the rows of the image.
type Location = i64;

impl Attack for LocalSearch {
    type Rows = LocalSearchRows;

    fn check(&self) -> Result<()> {
        let is_within = (0.0..=2.0).contains(&self.change);
        range::check("lsa", "change", range::Short(self.change), "from 0 to 2", is_within)?;
        range::positive("lsa", "probe", self.probe)?;
        range::at_least_one("lsa", "pixels", self.pixels)?;
        range::at_least_one("lsa", "rounds", self.rounds)
    }

    fn queries_per_iteration(&self) -> u32 {
        // Every location that is probed.
        LOCATIONS as u32
    }

    fn cap(&self, _elements: usize) -> u32 {
        self.rounds
    }

    fn wants_gradients(&self) -> bool {
        false
    }

    fn bounds(&self) -> Bounds {
        Bounds::Picked
    }

    fn start(&self, newcomers: &Newcomers<'_>) -> LocalSearchRows {
        let (height, width) = sides(newcomers.images);
        let all: Vec<Location> = (0..height * width).collect();
        let count = (all.len() as f64 * FIRST_SHARE).max(1.0) as usize;
        let mut streams = newcomers.streams();
        let first = |random| drawn(all.clone(), count, random);
        LocalSearchRows { locations: streams.iter_mut().map(first).collect(), streams }
    }

    fn advance(&self, iterate: &Iterate<'_>, rows: &mut LocalSearchRows) -> Tensor {
        let images = iterate.images();
        let sides = sides(&images);
        let looked_at = rows.locations.iter_mut().zip(&mut rows.streams);
        let looked_at: Vec<Vec<Location>> = looked_at
            .map(|(locations, random)| drawn(std::mem::take(locations), LOCATIONS, random))
            .collect();
        let pixels = images.flatten(2, -1);
        let changed = self.most_telling(iterate, &pixels, &looked_at);
        for (locations, changed) in rows.locations.iter_mut().zip(&changed) {
            let near = changed.iter().flat_map(|location| self.around(*location, sides));
            *locations = near.collect::<BTreeSet<_>>().into_iter().collect();
        }
        let area = sides.0 * sides.1;
        let changed = changed.iter().zip(0..);
        let changed =
            changed.flat_map(|(changed, row)| changed.iter().map(move |at| row * area + at));
        let changed: Vec<i64> = changed.collect();
        let changed = to_device(&Tensor::from_slice(&changed), pixels.device());
        let rows = pixels.size()[0];
        let marks = Tensor::zeros([rows * area], (Kind::Bool, pixels.device()));
        let marks = marks.index_fill(0, &changed, 1).view([rows, 1, area]);
        self.cycled(&pixels).where_self(&marks, &pixels).view_as(&images)
    }
}

impl LocalSearch {
    /// The locations of each row, among those that are looked at, whose probes lower the probability of its label
    /// most; `pixels` are \[N, C, H * W\].
    fn most_telling(
        &self,
        iterate: &Iterate<'_>,
        pixels: &Tensor,
        looked_at: &[Vec<Location>],
    ) -> Vec<Vec<Location>> {
        let probes = looked_at.iter().enumerate();
        let probes = probes.flat_map(|(row, locations)| locations.iter().map(move |at| (row, *at)));
        let probes: Vec<(usize, Location)> = probes.collect();
        let mut scored: Vec<Vec<(f64, Location)>> = vec![vec![]; looked_at.len()];
        // A portion at a time, of several rows: all probes at once would fill the memory.
        for portion in probes.chunks(iterate.window()) {
            let rows: Vec<usize> = portion.iter().map(|(row, _)| *row).collect();
            let logits = iterate.query_for(&rows, &self.probes(iterate, pixels, portion));
            let scores = elements(&logits.softmax(-1, Kind::Double));
            let scores = scores.chunks_exact(scores.len() / portion.len());
            for (scores, (row, location)) in scores.zip(portion) {
                let label = iterate.goals()[*row].label as usize;
                scored[*row].push((scores[label], *location));
            }
        }
        let telling = scored.into_iter().map(|mut scored| {
            scored.sort_by(|a, b| a.0.total_cmp(&b.0));
            scored.into_iter().take(self.pixels as usize).map(|(_, location)| location).collect()
        });
        telling.collect()
    }

    /// The image of a row once for each location, with its channels there pushed to extremes, \[M, C, H, W\].
    fn probes(
        &self,
        iterate: &Iterate<'_>,
        pixels: &Tensor,
        probes: &[(usize, Location)],
    ) -> Tensor {
        let (count, channels) = (probes.len() as i64, pixels.size()[1]);
        let places = probes.iter().map(|(row, _)| *row as i64);
        let places: Vec<i64> = places.chain(probes.iter().map(|(_, location)| *location)).collect();
        let places = to_device(&Tensor::from_slice(&places), pixels.device()).view([2, count]);
        let images = pixels.index_select(0, &places.get(0));
        let locations = places.get(1).view([count, 1, 1]).expand([count, channels, 1], false);
        let pushed = (images.gather(2, &locations, false) - 0.5).sign() * self.probe + 0.5;
        let [channels, height, width] = iterate.input_shape();
        images.scatter(2, &locations, &pushed).view([count, channels, height, width])
    }

    /// The channels of a pixel multiplied about the middle grey; what leaves \[0, 1\] comes back in at the
    /// other end.
    fn cycled(&self, pixel: &Tensor) -> Tensor {
        let raised = (pixel - 0.5) * self.change + 0.5;
        let down = raised.gt(1.0).to_kind(raised.kind());
        let up = raised.lt(0.0).to_kind(raised.kind());
        (raised - down + up).clamp(0.0, 1.0)
    }

    /// The square of locations around this one, as far as it lies within the image.
    fn around(
        &self,
        location: Location,
        (height, width): (i64, i64),
    ) -> impl Iterator<Item = Location> + use<> {
        let (y, x, reach) = (location / width, location % width, i64::from(self.reach));
        let columns = (x - reach).max(0)..(x + reach + 1).min(width);
        let rows = (y - reach).max(0)..(y + reach + 1).min(height);
        rows.flat_map(move |y| columns.clone().map(move |x| y * width + x))
    }
}

/// At most `count` of these locations, drawn at random.
fn drawn(mut locations: Vec<Location>, count: usize, random: &mut ChaCha8Rng) -> Vec<Location> {
    locations.shuffle(random);
    locations.truncate(count.min(LOCATIONS));
    locations
}

/// Height and width of images, \[N, C, H, W\].
fn sides(images: &Tensor) -> (i64, i64) {
    let size = images.size();
    (size[2], size[3])
}
