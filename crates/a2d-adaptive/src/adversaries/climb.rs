//! Steps within the cap, up a ladder: what most adversaries do.

use std::fmt::Debug;

use a2d_attacks::Distances;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use tch::{Kind, Tensor};

use crate::adversary::Attackers;
use crate::ladder::Ladder;
use crate::look::{Look, picked};
use crate::partners::Partners;
use crate::surrogate::{Slope, Surrogate};
use crate::{Candidate, Cap, Error, Norm, Result, Scene, Spent, Trail};

/// How far a climber goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Effort {
    /// Steps from each start.
    pub(super) steps: u32,
    /// The length of a step, as a share of the cap.
    pub(super) step: f64,
    /// Starts: the image itself, and further ones at random within the cap.
    pub(super) starts: u32,
}

impl Effort {
    pub(super) fn check(self, adversary: &str) -> Result<Self> {
        let refused = |expected: &str, got: String| Err(Error::parameter(adversary, expected, got));
        if self.steps == 0 || self.starts == 0 {
            return refused(
                "at least one step and one start",
                format!("{} and {}", self.steps, self.starts),
            );
        }
        if !(self.step > 0.0 && self.step <= 1.0) {
            return refused("a step above 0 and at most 1, in caps", self.step.to_string());
        }
        Ok(self)
    }
}

/// Where a climber steps.
pub(super) trait Way: Debug + Send + Sync {
    /// Whether it wants the surrogate's slope of rows that are not misclassified, too.
    fn wants_all_slopes(&self) -> bool {
        false
    }

    /// The directions, \[N, C, H, W\], of the rows of a look, which are these of the scene. The slope, where it is 0, was not asked
    /// for.
    fn of(&self, step: &Step<'_>) -> Result<Tensor>;
}

/// What a climber knows before it steps.
pub(super) struct Step<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) look: &'a Look<'a>,
    /// Their true classes.
    pub(super) labels: &'a [i64],
    /// Which are misclassified.
    pub(super) fooled: &'a [bool],
    /// Where the surrogate rises.
    pub(super) up: &'a Tensor,
}

/// An adversary that climbs.
#[derive(Debug)]
pub(super) struct Climber {
    pub(super) way: Box<dyn Way>,
    pub(super) surrogate: Box<dyn Surrogate>,
    pub(super) ladder: Ladder,
    pub(super) effort: Effort,
    /// Whether it knows the partners, and goes past each before it offers anything; then under which name.
    pub(super) against_partners: Option<&'static str>,
}

impl Attackers for Climber {
    fn attack(&self, scene: &Scene<'_>) -> Result<Vec<Trail>> {
        let mut trails: Vec<Trail> = scene.numbers.iter().map(|_| Trail::default()).collect();
        let mut spent = vec![Spent::default(); trails.len()];
        let mut streams = scene.streams();
        for start in 0..self.effort.starts {
            let images = match start {
                0 => scene.images.copy(),
                _ => elsewhere(scene.images, scene.cap, &mut streams),
            };
            self.climb(scene, images, &mut trails, &mut spent)?;
        }
        Ok(trails)
    }
}

impl Climber {
    /// From these images, until each is at the top, or out of steps.
    fn climb(
        &self,
        scene: &Scene<'_>,
        mut images: Tensor,
        trails: &mut [Trail],
        spent: &mut [Spent],
    ) -> Result<()> {
        let classifier = scene.victim.classifier;
        let length = self.effort.step * scene.cap.radius();
        let partners = self.against_partners.map(|name| Partners::of(scene, name)).transpose()?;
        let mut places: Vec<usize> = (0..trails.len()).collect();
        let mut reached: Vec<Option<usize>> = vec![None; trails.len()];
        for step in 0..=self.effort.steps {
            let look = Look::at(classifier, &images, |row| scene.numbers[places[row]])?;
            let labels: Vec<i64> = places.iter().map(|place| scene.labels[*place]).collect();
            let fooled = look.fooled(&labels);
            let wanted = fooled.iter().map(|fooled| *fooled || self.way.wants_all_slopes());
            let sloped: Vec<usize> =
                wanted.enumerate().filter(|(_, wanted)| *wanted).map(|(row, _)| row).collect();
            let mut values = vec![f64::NEG_INFINITY; places.len()];
            let up = images.zeros_like();
            if !sloped.is_empty() {
                let Slope { values: of_sloped, gradient, gradients, forward } =
                    self.surrogate.slope(&scene.victim, &look, &sloped)?;
                for ((row, value), of_row) in sloped.iter().zip(of_sloped).zip(0..) {
                    values[*row] = value;
                    up.get(*row as i64).copy_(&gradient.get(of_row));
                    spent[places[*row]].gradients += gradients;
                    spent[places[*row]].forward += forward;
                }
            }
            let (up, held) = match &partners {
                Some(partners) => {
                    let held = partners.hold(&images)?;
                    (held.or(&up), held.rows)
                }
                None => (up, vec![false; places.len()]),
            };
            let mut live = vec![];
            for (row, place) in places.iter().copied().enumerate() {
                spent[place].forward += 1;
                let offered = fooled[row] && !held[row];
                let rung = offered.then(|| self.ladder.rung(values[row]));
                if rung > reached[place] {
                    reached[place] = rung;
                    let image = images.get(row as i64).copy();
                    let distances = Distances::between(&image, &scene.images.get(place as i64));
                    if let Some(rung) = rung.filter(|_| scene.cap.holds(&distances)) {
                        let predicted = look.predicted[row];
                        let spent = spent[place];
                        trails[place].candidates.push(Candidate {
                            rung,
                            level: Some(values[row]),
                            image,
                            predicted,
                            distances,
                            spent,
                        });
                    }
                }
                if rung != Some(self.ladder.top()) {
                    live.push(row);
                }
            }
            if live.is_empty() || step == self.effort.steps {
                return Ok(());
            }
            let known = Step { scene, look: &look, labels: &labels, fooled: &fooled, up: &up };
            let direction = self.way.of(&known)?;
            for row in &live {
                spent[places[*row]].gradients += 1;
            }
            let (now, direction) = (picked(&images, &live), picked(&direction, &live));
            places = live.iter().map(|row| places[*row]).collect();
            let origins = picked(scene.images, &places);
            images = scene.cap.step(&now, &direction, &origins, length);
        }
        Ok(())
    }
}

/// Points drawn evenly from the box of a cap, or in a direction drawn evenly, at an even share of its radius.
fn elsewhere(images: &Tensor, cap: Cap, streams: &mut [ChaCha8Rng]) -> Tensor {
    let moved = images.copy();
    for (place, random) in (0..).zip(streams) {
        let image = images.get(place);
        let draws: Vec<f32> = match cap.norm() {
            Norm::Linf => (0..image.numel()).map(|_| random.random::<f32>() * 2.0 - 1.0).collect(),
            Norm::L2 => (0..image.numel()).map(|_| StandardNormal.sample(random)).collect(),
        };
        let change = Tensor::from_slice(&draws).view_as(&image).to_device(image.device());
        let length = match cap.norm() {
            Norm::Linf => cap.radius(),
            Norm::L2 => {
                let norm = change.square().sum(Kind::Double).sqrt().double_value(&[]);
                cap.radius() * random.random::<f64>() / norm.max(f64::MIN_POSITIVE)
            }
        };
        moved.get(place).copy_(&(image + change * length).clamp(0.0, 1.0));
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surrogates::Lead;
    use crate::tests::{Trial, cap};
    use crate::{Benign, Victim};

    /// Along noise.
    #[derive(Debug)]
    struct Drift;

    impl Way for Drift {
        fn of(&self, step: &Step<'_>) -> Result<Tensor> {
            Ok((step.look.images() * 1e4 + 1.0).sin())
        }
    }

    #[test]
    fn a_loss_that_says_nothing_finds_nothing() {
        let trial = Trial::new();
        let prepare = |_: &Victim<'_>, _: &Benign| -> Box<dyn Attackers> {
            let effort = Effort { steps: 60, step: 0.02, starts: 1 };
            let (way, surrogate) = (Box::new(Drift), Box::new(Lead));
            let ladder = Ladder::of(vec![1.0, 5.0]);
            Box::new(Climber { way, surrogate, ladder, effort, against_partners: None })
        };
        let found = trial.found(trial.victim(16), cap(6.0), &prepare, 8);
        let offered = found.iter().filter(|found| !found.candidates.is_empty()).count();
        assert!(offered <= 1, "{found:?}");
    }

    #[test]
    fn starts_are_within_the_cap_and_differ_between_images() {
        let images = Tensor::full([3, 1, 4, 4], 0.5, (Kind::Float, tch::Device::Cpu));
        let stream = |number| {
            let mut stream = <ChaCha8Rng as rand::SeedableRng>::seed_from_u64(1);
            stream.set_stream(number);
            stream
        };
        for norm in [Norm::L2, Norm::Linf] {
            let cap = Cap::new(norm, 0.3).unwrap();
            let moved = elsewhere(&images, cap, &mut [0, 1, 2].map(stream));
            for row in 0..3 {
                let distances = Distances::between(&moved.get(row), &images.get(row));
                assert!(cap.holds(&distances) && distances.l2 > 0.0, "{distances:?}");
            }
            assert_ne!(moved.get(0), moved.get(1));
        }
    }
}
