//! Examples as 8-bit images: the search for one beside an example whose flip does not survive rounding.

use a2d_model::{Classifier, Prediction};
use tch::{Device, Kind, Tensor};

use crate::engine::goal::rounding;
use crate::engine::rowwise::{self, elements};
use crate::{Bounds, Facts, Goal, Result};

/// The largest value of an 8-bit pixel, which stands for 1.
const LARGEST: f64 = 255.0;

/// Times that the search goes one level further than before.
const ROUNDS: u32 = 16;

/// Weights of the network's slope that are tried at once: powers of 2 from the first, in levels.
const WEIGHTS: u32 = 16;
const FIRST_WEIGHT: f64 = 0.25;

/// Multiples of the perturbation that are tried where there is no slope to follow.
const STRETCHES: [f64; 12] = [1.0, 1.01, 1.02, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.6, 1.8, 2.0];

/// Room, in levels, for the rounding of float32 at the edge of a ball.
const SLACK: f64 = 1e-4;

/// Finds 8-bit images, all pixels multiples of 1/255, that are where an attack wants them.
///
/// Plain rounding of the attack's result does where it can. Where that loses the goal and the attack
/// follows gradients, every element is chosen among the levels around the result as Bonnet, Furon and
/// Bas choose (2020, "What if adversarial samples were digital images?"): the level that
/// minimises the squared distance from the original less a weight times the slope of the goal's margin,
/// the smallest weight that reaches the goal. Where none does, the slope is taken anew at the image
/// furthest along it and the levels reach one further, up to 16 times: at most 17 forward queries and
/// a gradient each time. Attacks without gradients get none here either: their perturbation is
/// stretched, up to twofold, and rounded. Either way the attack's [`Bounds`] hold.
pub(crate) struct Rounding<'a> {
    classifier: &'a Classifier,
    confidence: f64,
    bounds: Bounds,
    follows_gradients: bool,
}

/// An 8-bit image that is where it is wanted.
#[derive(Debug)]
pub(crate) struct Found {
    /// \[C, H, W\].
    pub(crate) image: Tensor,
    pub(crate) predicted: i64,
}

/// An image in levels, \[C, H, W\] of float64 on the CPU, and the levels that the elements may have.
struct Levels {
    original: Tensor,
    example: Tensor,
    lowest: Tensor,
    highest: Tensor,
}

impl<'a> Rounding<'a> {
    pub(crate) fn of(attack: Facts, classifier: &'a Classifier) -> Self {
        let Facts { confidence, bounds, wants_gradients: follows_gradients, .. } = attack;
        Self { classifier, confidence, bounds, follows_gradients }
    }

    /// An 8-bit image near `example`, which an attack made of `original`, both \[C, H, W\], that is
    /// where the goal wants it. `None` if the search finds none.
    pub(crate) fn near(
        &self,
        goal: Goal,
        original: &Tensor,
        example: &Tensor,
    ) -> Result<Option<Found>> {
        let Some(levels) = Levels::new(original, example, self.bounds) else { return Ok(None) };
        let plain = levels.bounded(&nearest(&levels.example));
        let found = self.first(goal, &levels, &[plain.shallow_clone()])?;
        if found.is_some() {
            return Ok(found);
        }
        if !self.follows_gradients {
            let perturbation = &levels.example - &levels.original;
            let stretched =
                |stretch| levels.bounded(&nearest(&(&levels.original + &perturbation * stretch)));
            return self.first(goal, &levels, &STRETCHES.map(stretched));
        }
        let mut place = plain;
        for reach in 0..ROUNDS {
            let Some(slope) = self.slope(goal, &levels, &place)? else { return Ok(None) };
            let mut candidates = levels.along(&slope, f64::from(reach));
            let found = self.first(goal, &levels, &candidates)?;
            if found.is_some() {
                return Ok(found);
            }
            let Some(last) = candidates.pop() else { return Ok(None) };
            place = last;
        }
        Ok(None)
    }

    /// The first of these images, in levels, that is where the goal wants it.
    fn first(&self, goal: Goal, levels: &Levels, candidates: &[Tensor]) -> Result<Option<Found>> {
        let images: Vec<Tensor> = candidates.iter().map(pixels).collect();
        let batch = Tensor::stack(&images, 0).to_device(self.classifier.device());
        let logits = elements(&tch::no_grad(|| self.classifier.logits(&batch))?);
        let rows = logits.chunks_exact(self.classifier.classes()).zip(candidates).zip(0..);
        let mut wanted = rows.filter_map(|((logits, candidate), place)| {
            let predicted = Prediction::class_of(logits) as i64;
            let needed = self.confidence.max(rounding(logits));
            let is_there = goal.is_reached_by(predicted)
                && goal.margin(logits) >= needed
                && levels.are_within(candidate, self.bounds);
            is_there.then_some((place, predicted))
        });
        let found = wanted.next();
        Ok(found.map(|(place, predicted)| Found { image: batch.get(place).copy(), predicted }))
    }

    /// The slope of the goal's margin at an image in levels, its largest size 1; none where it is flat.
    fn slope(&self, goal: Goal, levels: &Levels, place: &Tensor) -> Result<Option<Tensor>> {
        let slope = tch::with_grad(|| {
            let leaf = pixels(place).unsqueeze(0).to_device(self.classifier.device());
            let leaf = leaf.set_requires_grad(true);
            let logits = self.classifier.logits(&leaf)?.get(0);
            let (winner, loser) = goal.rivals(&elements(&logits.detach()));
            let margin = logits.get(winner as i64) - logits.get(loser as i64);
            // libtorch would crash where the logits do not depend on the image.
            let has_slope = margin.requires_grad();
            has_slope.then(|| self.classifier.gradient(&margin, &leaf, false)).transpose()
        });
        let Some(slope) = slope? else { return Ok(None) };
        let slope = slope.get(0).to_device(Device::Cpu).to_kind(Kind::Double);
        // What cannot move does not set the scale.
        let slope = slope * levels.highest.gt_tensor(&levels.lowest).to_kind(Kind::Double);
        let largest = slope.abs().max().double_value(&[]);
        Ok((largest > 0.0 && largest.is_finite()).then(|| slope / largest))
    }
}

impl Levels {
    /// `None` if no 8-bit image is within the bounds.
    fn new(original: &Tensor, example: &Tensor, bounds: Bounds) -> Option<Self> {
        let levels =
            |image: &Tensor| image.detach().to_device(Device::Cpu).to_kind(Kind::Double) * LARGEST;
        let (original, example) = (levels(original), levels(example));
        let (none, all) = (original.zeros_like(), original.full_like(LARGEST));
        let (lowest, highest) = match bounds {
            Bounds::Box | Bounds::Rms(_) => (none, all),
            Bounds::Linf(epsilon) => {
                let reach = epsilon * LARGEST + SLACK;
                (
                    (&original - reach).ceil().clamp_min(0.0),
                    (&original + reach).floor().clamp_max(LARGEST),
                )
            }
            Bounds::Picked => {
                let (kept, picked) = (nearest(&original), original.ne_tensor(&example));
                (none.where_self(&picked, &kept), all.where_self(&picked, &kept))
            }
        };
        let is_empty = lowest.gt_tensor(&highest).any().int64_value(&[]) != 0;
        (!is_empty).then_some(Self { original, example, lowest, highest })
    }

    fn bounded(&self, image: &Tensor) -> Tensor {
        image.maximum(&self.lowest).minimum(&self.highest)
    }

    /// Images of the levels up to `reach` beyond those around the example, from the original towards the
    /// slope, and last the furthest.
    fn along(&self, slope: &Tensor, reach: f64) -> Vec<Tensor> {
        let low = self.bounded(&(self.example.floor() - reach));
        let high = self.bounded(&(self.example.ceil() + reach));
        let within = |image: &Tensor| image.maximum(&low).minimum(&high);
        let weights = (0..WEIGHTS).map(|power| FIRST_WEIGHT * f64::from(power).exp2());
        let weighed = weights.map(|weight| within(&nearest(&(&self.original + slope * weight))));
        let still = within(&nearest(&self.example));
        let furthest = high.where_self(&slope.gt(0.0), &low.where_self(&slope.lt(0.0), &still));
        weighed.chain([furthest]).collect()
    }

    fn are_within(&self, candidate: &Tensor, bounds: Bounds) -> bool {
        let Bounds::Rms(epsilon) = bounds else { return true };
        let change = (candidate - &self.original).square().mean(Kind::Double).sqrt();
        change.double_value(&[]) <= epsilon * LARGEST + SLACK
    }
}

/// The nearest levels, the upper one from halfway on, as writers of 8-bit files have it.
fn nearest(levels: &Tensor) -> Tensor {
    (levels + 0.5).floor()
}

/// Whole levels as pixels: exactly what readers of 8-bit files make of them.
fn pixels(levels: &Tensor) -> Tensor {
    let pixels: Vec<f32> =
        rowwise::pixels(levels).into_iter().map(|level| level / LARGEST as f32).collect();
    Tensor::from_slice(&pixels).view_as(levels)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "levels are exact")]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};
    use crate::{Aim, Bim, Error, JsmaPairs, Limits, NamedAttack, Target, queries};

    const BIM: Bim = Bim { epsilon: 0.3, step: 0.004, iterations: 75, target: Target::Untargeted };

    fn bim() -> NamedAttack {
        NamedAttack::new("bim", BIM).unwrap()
    }

    fn label(image: &Tensor) -> i64 {
        let logits = tch::no_grad(|| classifier().logits(&image.unsqueeze(0)).unwrap());
        Prediction::class_of(&elements(&logits)) as i64
    }

    fn is_integer(image: &Tensor) -> bool {
        rowwise::pixels(image).iter().all(|pixel| {
            let level = (pixel * 255.0).round();
            level / 255.0 == *pixel && (0.0..=255.0).contains(&level)
        })
    }

    /// What an attack makes of images, drawn back to a hair beyond the boundary: what rounding repairs.
    fn close_examples(attack: &NamedAttack) -> Vec<(Goal, Tensor, Tensor)> {
        let (images, mut close) = (images(6), vec![]);
        let (limits, aim) = (Limits::default(), Aim::Flip);
        attack
            .run(&classifier(), aim, limits, queries(&images), &mut |done| {
                let original = images.get(done.row as i64);
                let (mut inside, mut beyond) = (0.0, 1.0);
                while beyond - inside > 1e-5 {
                    let middle = f64::midpoint(inside, beyond);
                    let is_there =
                        done.goal.is_reached_by(label(&original.lerp(&done.image, middle)));
                    *(if is_there { &mut beyond } else { &mut inside }) = middle;
                }
                if done.cost.flipped {
                    let example = original.lerp(&done.image, beyond);
                    close.push((done.goal, original, example));
                }
                Ok::<(), Error>(())
            })
            .unwrap();
        close
    }

    /// Original, example and what is found near it; `None` where nothing is.
    fn found(
        attack: &NamedAttack,
        follows_gradients: bool,
    ) -> Vec<Option<(Tensor, Tensor, Tensor)>> {
        let classifier = classifier();
        let rounding = Rounding { follows_gradients, ..Rounding::of(attack.facts(), &classifier) };
        let near = |(goal, original, example): (Goal, Tensor, Tensor)| {
            let found = rounding.near(goal, &original, &example).unwrap()?;
            assert!(goal.is_reached_by(found.predicted) && found.predicted == label(&found.image));
            assert!(is_integer(&found.image));
            Some((original, example, found.image))
        };
        close_examples(attack).into_iter().map(near).collect()
    }

    #[test]
    fn an_example_on_the_boundary_has_8_bit_images_beside_it() {
        for follows_gradients in [true, false] {
            let found = found(&bim(), follows_gradients);
            assert_eq!(found.len(), 6);
            let mut repaired = 0;
            for found in found {
                let (original, example, image) = found.unwrap();
                let rounded = pixels(&nearest(&(example.to_kind(Kind::Double) * LARGEST)));
                repaired += usize::from(label(&rounded) == label(&original));
                let distance = |image: &Tensor| (image - &original).norm().double_value(&[]);
                let (ours, theirs) = (distance(&image), distance(&example));
                assert!(ours < 2.0 * theirs, "{ours} after {theirs}");
            }
            assert!(repaired > 0, "plain rounding does for all");
        }
    }

    #[test]
    fn bounds_of_the_attack_hold() {
        let largest = |image: &Tensor| image.abs().max().double_value(&[]);
        for (original, example, image) in found(&bim(), true).into_iter().flatten() {
            assert!(largest(&(&example - &original)) <= BIM.epsilon);
            assert!(largest(&(image - original)) <= BIM.epsilon + 1e-6);
        }
        let jsma = JsmaPairs { theta: 1.0, gamma: 0.1, target: Target::SECOND };
        let found: Vec<_> =
            found(&NamedAttack::new("jsma", jsma).unwrap(), true).into_iter().flatten().collect();
        assert!(!found.is_empty());
        for (original, example, image) in found {
            let kept = pixels(&nearest(&(original.to_kind(Kind::Double) * LARGEST)));
            let still = original.eq_tensor(&example).to_kind(Kind::Float);
            assert!(largest(&still) > 0.0 && largest(&((image - kept) * still)) == 0.0);
        }
    }

    #[test]
    fn a_ball_without_8_bit_images_gives_none() {
        let original = Tensor::full([1, 28, 28], 0.5, (Kind::Float, Device::Cpu));
        for (epsilon, is_there) in [(0.001, false), (0.5 / 255.0, true), (0.3, true)] {
            let levels = Levels::new(&original, &original, Bounds::Linf(epsilon));
            assert_eq!(levels.is_some(), is_there, "{epsilon}");
        }
    }

    #[test]
    fn steps_of_whole_levels_stay_whole() {
        let original = Tensor::from_slice(&[0f32, 7.0 / 255.0, 200.0 / 255.0, 1.0]).view([1, 2, 2]);
        let levels = Levels::new(&original, &original, Bounds::Linf(8.0 / 255.0)).unwrap();
        assert_eq!(elements(&levels.lowest.to_kind(Kind::Float)), [0.0, 0.0, 192.0, 247.0]);
        assert_eq!(elements(&levels.highest.to_kind(Kind::Float)), [8.0, 15.0, 208.0, 255.0]);
    }
}
