//! A walk along the border of what the detector passes, by verdicts alone.

use a2d_attacks::Distances;
use a2d_detect::Calibration;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::adversary::Attackers;
use crate::look::{Look, picked};
use crate::{Adversary, Benign, Candidate, Error, Result, Scene, Spent, Trail, Victim};

/// Halvings of the line between an image and its start.
const HALVINGS: u32 = 8;

/// By how much a walk grows bolder after a step that was passed, and shyer after one that was not.
const BOLDER: f64 = 1.5;
const SHYER: f64 = 0.9;

/// A boundary attack (W. Brendel, J. Rauber and M. Bethge, "Decision-based adversarial attacks", ICLR 2018) on the network
/// and the first detector together: from a benign image of another class, which the detector passes, towards the image, by
/// steps after which it is still misclassified and passed. It sees classes and true verdicts, no gradient.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerdictWalk {
    /// Proposals for each image.
    pub(crate) proposals: u32,
    /// The share of benign images that the detector flags.
    pub(crate) rate: f64,
}

impl Default for VerdictWalk {
    fn default() -> Self {
        Self { proposals: 200, rate: 0.05 }
    }
}

impl Adversary for VerdictWalk {
    const NAME: &'static str = "walk";

    fn prepare(&self, _: &Victim<'_>, benign: &Benign) -> Result<Box<dyn Attackers>> {
        if self.proposals == 0 {
            return Err(Error::parameter(Self::NAME, "at least one proposal", 0));
        }
        let threshold = Calibration::new(benign.scores(0).into_iter().flatten().collect())?
            .threshold(self.rate)?;
        Ok(Box::new(Walk { proposals: self.proposals, threshold }))
    }
}

/// A walk, and the highest score that the detector passes.
#[derive(Debug)]
struct Walk {
    proposals: u32,
    threshold: f64,
}

/// Where an image's walk is.
struct Walker {
    /// Its place in the scene.
    place: usize,
    origin: Tensor,
    now: Tensor,
    predicted: i64,
    /// How far it steps around the image and towards it, in distances from it.
    boldness: f64,
    random: ChaCha8Rng,
}

impl Attackers for Walk {
    fn attack(&self, scene: &Scene<'_>) -> Result<Vec<Trail>> {
        let mut spent = vec![Spent::default(); scene.numbers.len()];
        let mut walkers = self.starts(scene);
        self.halve(scene, &mut walkers, &mut spent)?;
        for _ in 0..self.proposals {
            let proposed: Vec<_> = walkers.iter_mut().map(Walker::propose).collect();
            let answers = self.ask(scene, &walkers, &proposed, &mut spent)?;
            for ((walker, image), passed) in walkers.iter_mut().zip(proposed).zip(answers) {
                match passed {
                    Some(predicted) => {
                        (walker.now, walker.predicted) = (image, predicted);
                        walker.boldness = (walker.boldness * BOLDER).min(0.5);
                    }
                    None => walker.boldness *= SHYER,
                }
            }
        }
        let mut trails: Vec<Trail> = scene.numbers.iter().map(|_| Trail::default()).collect();
        for walker in walkers {
            let distances = Distances::between(&walker.now, &walker.origin);
            if scene.cap.holds(&distances) {
                let (image, predicted) = (walker.now, walker.predicted);
                let spent = spent[walker.place];
                let level = None;
                let candidate = Candidate { rung: 0, level, image, predicted, distances, spent };
                trails[walker.place].candidates.push(candidate);
            }
        }
        Ok(trails)
    }
}

impl Walk {
    /// A walker for each image that a benign image of another class is there for, which the detector passes: the nearest.
    fn starts(&self, scene: &Scene<'_>) -> Vec<Walker> {
        let passed: Vec<usize> = scene.benign.passed(0, self.threshold);
        let streams = scene.streams().into_iter().enumerate();
        let walkers = streams.filter_map(|(place, random)| {
            let origin = scene.images.get(place as i64);
            let others = passed
                .iter()
                .filter(|benign| scene.benign.class(**benign) != scene.labels[place])
                .map(|benign| (*benign, scene.benign.images().get(*benign as i64)));
            let far = |image: &Tensor| Distances::between(image, &origin).l2;
            let nearest = others.min_by(|(_, one), (_, other)| far(one).total_cmp(&far(other)));
            let (benign, image) = nearest?;
            let predicted = scene.benign.class(benign);
            Some(Walker { place, origin, now: image.copy(), predicted, boldness: 0.1, random })
        });
        walkers.collect()
    }

    /// As far along the line towards each image as it is passed.
    fn halve(&self, scene: &Scene<'_>, walkers: &mut [Walker], spent: &mut [Spent]) -> Result<()> {
        let ends: Vec<Tensor> = walkers.iter().map(|walker| walker.now.shallow_clone()).collect();
        let mut between = vec![(0.0, 1.0); walkers.len()];
        for _ in 0..HALVINGS {
            let blends =
                walkers.iter().zip(&ends).zip(&between).map(|((walker, end), (low, high))| {
                    &walker.origin + (end - &walker.origin) * f64::midpoint(*low, *high)
                });
            let blends: Vec<_> = blends.collect();
            let answers = self.ask(scene, walkers, &blends, spent)?;
            let found = walkers.iter_mut().zip(&mut between).zip(blends.into_iter().zip(answers));
            for ((walker, (low, high)), (blend, passed)) in found {
                let middle = f64::midpoint(*low, *high);
                match passed {
                    Some(predicted) => {
                        *high = middle;
                        (walker.now, walker.predicted) = (blend, predicted);
                    }
                    None => *low = middle,
                }
            }
        }
        Ok(())
    }

    /// For each walker's image the class that it is taken for, if that is wrong and the detector passes it.
    fn ask(
        &self,
        scene: &Scene<'_>,
        walkers: &[Walker],
        images: &[Tensor],
        spent: &mut [Spent],
    ) -> Result<Vec<Option<i64>>> {
        let mut answers = vec![None; walkers.len()];
        if walkers.is_empty() {
            return Ok(answers);
        }
        let labels: Vec<i64> = walkers.iter().map(|walker| scene.labels[walker.place]).collect();
        let images = Tensor::stack(images, 0);
        let number = |row: usize| scene.numbers[walkers[row].place];
        let look = Look::at(scene.victim.classifier, &images, number)?;
        for walker in walkers {
            spent[walker.place].forward += 1;
        }
        let fooled = look.fooled(&labels);
        let fooled: Vec<usize> = (0..walkers.len()).filter(|row| fooled[*row]).collect();
        let scores = scene.judge.scores(0, &scene.victim, &picked(&images, &fooled))?;
        for (row, score) in fooled.into_iter().zip(scores) {
            spent[walkers[row].place].verdicts += 1;
            if score.is_some_and(|score| score <= self.threshold) {
                answers[row] = Some(look.predicted[row]);
            }
        }
        Ok(answers)
    }
}

impl Walker {
    /// The next image: around the sphere about the origin in a random direction, then a little nearer.
    fn propose(&mut self) -> Tensor {
        let away = &self.now - &self.origin;
        let draws: Vec<f32> =
            (0..away.numel()).map(|_| StandardNormal.sample(&mut self.random)).collect();
        let draws = Tensor::from_slice(&draws).view_as(&away).to_device(away.device());
        let length = |change: &Tensor| {
            change.square().sum(Kind::Double).sqrt().double_value(&[]).max(f64::MIN_POSITIVE)
        };
        let distance = length(&away);
        let around = &away + &draws * (self.boldness * distance / length(&draws));
        let nearer = distance * (1.0 - self.boldness / 2.0) / length(&around);
        (&self.origin + around * nearer).clamp(0.0, 1.0)
    }
}
