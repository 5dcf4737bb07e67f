//! The walk of the boundary attack, row by row.

use std::collections::VecDeque;

use crate::{Boundary, Standing};

/// Noise images drawn before a row is given up, as in Foolbox 1.8 (`BlendedUniformNoiseAttack`).
const DRAWS: u32 = 1000;

/// Shares of noise that are tried: coarse ones first, then the fine ones below the first that works.
const COARSE: u32 = 100;
const FINE_PER_COARSE: u32 = 10;

/// Every so many iterations, steps on the sphere are looked at by themselves, in all directions.
const SPHERICAL_CHECK: u32 = 10;

/// Outcomes by which the step sizes are judged.
const SPHERICAL_OUTCOMES: usize = 100;
const STEP_OUTCOMES: usize = 30;

/// A row's way to the boundary and along it.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    phase: Phase,
    pub(crate) spherical_step: f64,
    pub(crate) source_step: f64,
    /// Mean squared distance of the row's place.
    distance: f64,
    /// Iterations begun.
    iteration: u32,
    /// Directions tried in this one.
    tried: u32,
    /// Mean squared distance of the first place found in it, where the search goes on.
    found: Option<f64>,
    spherical: Outcomes,
    steps: Outcomes,
}

/// What the next pass looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The n-th noise image.
    Noise(u32),
    /// A coarse share of noise.
    Coarse(u32),
    /// A fine one.
    Fine(u32),
    /// A step on the sphere alone.
    Sphere,
    /// The step towards the image that follows it.
    Follow,
    /// Both steps at once.
    Both,
}

/// How the next image is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// Drawn evenly from all images.
    Noise,
    /// This share of the way from the image to the noise.
    Blend(f64),
    /// A step on the sphere.
    Sphere,
    /// The step that follows the one on the sphere.
    Follow,
    /// Both steps.
    Both,
}

/// What a pass means for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) standing: Standing,
    pub(crate) image: Use,
}

/// What becomes of the image of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Nothing.
    None,
    /// It is the row's new place.
    Place,
    /// It is kept until the iteration ends.
    Keep,
    /// Nothing, but the one that was kept is the row's new place.
    PlaceKept,
}

impl Judgement {
    pub(crate) const SEARCHING: Self = Self { standing: Standing::SEARCHING, image: Use::None };
}

impl Walk {
    pub(crate) fn new(spherical_step: f64, source_step: f64) -> Self {
        Self {
            phase: Phase::Noise(1),
            spherical_step,
            source_step,
            distance: f64::INFINITY,
            iteration: 0,
            tried: 0,
            found: None,
            spherical: Outcomes::of_last(SPHERICAL_OUTCOMES),
            steps: Outcomes::of_last(STEP_OUTCOMES),
        }
    }

    pub(crate) fn next(&self) -> Step {
        let fine = f64::from(COARSE * FINE_PER_COARSE);
        match self.phase {
            Phase::Noise(_) => Step::Noise,
            Phase::Coarse(share) => Step::Blend(f64::from(share) / f64::from(COARSE)),
            Phase::Fine(share) => Step::Blend(f64::from(share) / fine),
            Phase::Sphere => Step::Sphere,
            Phase::Follow => Step::Follow,
            Phase::Both => Step::Both,
        }
    }

    /// Takes in whether the image of this pass, so far from the row's own, flipped.
    pub(crate) fn judge(&mut self, attack: &Boundary, flipped: bool, distance: f64) -> Judgement {
        match (self.phase, flipped) {
            (Phase::Noise(draw), false) => {
                self.phase = Phase::Noise(draw + 1);
                let standing = Standing::SEARCHING.or_exhausted(draw == DRAWS);
                Judgement { standing, image: Use::None }
            }
            (Phase::Noise(_), true) => {
                self.phase = Phase::Coarse(1);
                Judgement { image: Use::Place, ..Judgement::SEARCHING }
            }
            (Phase::Coarse(share), false) => {
                self.phase = Phase::Coarse(COARSE.min(share + 1));
                Judgement::SEARCHING
            }
            (Phase::Coarse(share), true) => {
                self.phase = Phase::Fine((share - 1) * FINE_PER_COARSE + 1);
                Judgement::SEARCHING
            }
            (Phase::Fine(share), false) => {
                self.phase = Phase::Fine((COARSE * FINE_PER_COARSE).min(share + 1));
                Judgement::SEARCHING
            }
            (Phase::Fine(_), true) => {
                self.distance = distance;
                self.begin_iteration();
                Judgement { image: Use::Place, ..Judgement::SEARCHING }
            }
            (Phase::Sphere, _) => {
                self.spherical.push(flipped);
                if flipped {
                    self.phase = Phase::Follow;
                    return Judgement::SEARCHING;
                }
                self.try_again(attack)
            }
            (Phase::Follow, _) => {
                self.steps.push(flipped);
                let is_first = flipped && self.found.is_none();
                if is_first {
                    self.found = Some(distance);
                }
                let next = self.try_again(attack);
                match next.image {
                    Use::None if is_first => Judgement { image: Use::Keep, ..next },
                    Use::PlaceKept if is_first => Judgement { image: Use::Place, ..next },
                    _ => next,
                }
            }
            (Phase::Both, true) => {
                self.found = Some(distance);
                let end = self.end_iteration(attack);
                let image = if end.image == Use::PlaceKept { Use::Place } else { Use::None };
                Judgement { image, ..end }
            }
            (Phase::Both, false) => self.try_again(attack),
        }
    }

    fn begin_iteration(&mut self) {
        self.iteration += 1;
        self.tried = 0;
        self.found = None;
        self.phase = self.first_phase();
    }

    fn first_phase(&self) -> Phase {
        if self.iteration.is_multiple_of(SPHERICAL_CHECK) { Phase::Sphere } else { Phase::Both }
    }

    fn try_again(&mut self, attack: &Boundary) -> Judgement {
        self.tried += 1;
        if self.tried == attack.directions {
            return self.end_iteration(attack);
        }
        self.phase = self.first_phase();
        Judgement::SEARCHING
    }

    /// Ends an iteration; what it found is the row's place if it is nearer.
    fn end_iteration(&mut self, attack: &Boundary) -> Judgement {
        let nearer = self.found.filter(|distance| *distance < self.distance);
        self.distance = nearer.unwrap_or(self.distance);
        self.adapt(attack.adaptation);
        self.begin_iteration();
        let image = if nearer.is_some() { Use::PlaceKept } else { Use::None };
        Judgement { standing: Standing::iterated(self.distance < attack.distance), image }
    }

    /// Larger steps where most succeed, smaller ones where few do.
    fn adapt(&mut self, adaptation: f64) {
        let factor = |share: f64| match share {
            share if share > 0.5 => Some(adaptation),
            share if share < 0.2 => Some(1.0 / adaptation),
            _ => None,
        };
        if let Some(factor) = self.spherical.share().and_then(factor) {
            self.spherical_step *= factor;
            self.source_step *= factor;
            self.spherical.clear();
        }
        if let Some(factor) = self.steps.share().and_then(factor) {
            self.source_step *= factor;
            self.steps.clear();
        }
    }
}

/// The last outcomes of something that may succeed.
#[derive(Clone, Debug)]
struct Outcomes {
    last: VecDeque<bool>,
    wanted: usize,
}

impl Outcomes {
    fn of_last(wanted: usize) -> Self {
        Self { last: VecDeque::with_capacity(wanted), wanted }
    }

    fn push(&mut self, succeeded: bool) {
        if self.last.len() == self.wanted {
            self.last.pop_front();
        }
        self.last.push_back(succeeded);
    }

    /// The share that succeeded, once there are enough.
    fn share(&self) -> Option<f64> {
        let succeeded = self.last.iter().filter(|succeeded| **succeeded).count();
        (self.last.len() == self.wanted).then(|| succeeded as f64 / self.wanted as f64)
    }

    fn clear(&mut self) {
        self.last.clear();
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact")]
mod tests {
    use super::*;

    const ATTACK: Boundary = Boundary {
        distance: 0.02,
        directions: 3,
        spherical_step: 0.01,
        source_step: 0.01,
        adaptation: 1.5,
        iterations: 100,
    };

    /// A walk that has just reached the boundary.
    fn at_the_boundary() -> Walk {
        let mut walk = Walk::new(0.01, 0.01);
        for (step, flipped) in [
            (Step::Noise, false),
            (Step::Noise, true),
            (Step::Blend(0.01), false),
            (Step::Blend(0.02), true),
            (Step::Blend(0.011), false),
        ] {
            assert_eq!(walk.next(), step);
            let placed = step == Step::Noise && flipped;
            assert_eq!(walk.judge(&ATTACK, flipped, 0.5).image == Use::Place, placed);
        }
        assert_eq!(walk.next(), Step::Blend(0.012));
        let judgement = walk.judge(&ATTACK, true, 0.3);
        assert_eq!(judgement, Judgement { image: Use::Place, ..Judgement::SEARCHING });
        walk
    }

    #[test]
    fn an_iteration_ends_with_a_step_that_stays_beyond_or_with_its_directions() {
        let mut walk = at_the_boundary();
        assert_eq!(walk.next(), Step::Both);
        let found = walk.judge(&ATTACK, true, 0.2);
        assert_eq!(found, Judgement { standing: Standing::iterated(false), image: Use::Place });
        for _ in 0..2 {
            assert_eq!(walk.judge(&ATTACK, false, 0.1), Judgement::SEARCHING);
        }
        let given_up = walk.judge(&ATTACK, false, 0.1);
        assert_eq!(given_up, Judgement { standing: Standing::iterated(false), image: Use::None });
        let farther = walk.judge(&ATTACK, true, 0.25);
        assert_eq!(farther, Judgement { standing: Standing::iterated(false), image: Use::None });
        let near = walk.judge(&ATTACK, true, 0.01);
        assert_eq!(near, Judgement { standing: Standing::iterated(true), image: Use::Place });
    }

    #[test]
    fn every_tenth_iteration_looks_at_the_sphere_alone_in_all_directions() {
        let mut walk = at_the_boundary();
        for _ in 1..10 {
            assert_eq!(walk.next(), Step::Both);
            assert_eq!(walk.judge(&ATTACK, true, 0.2).standing.iterations, 1);
        }
        let kept = Judgement { image: Use::Keep, ..Judgement::SEARCHING };
        for (step, flipped, distance, expected) in [
            (Step::Sphere, true, 0.2, Judgement::SEARCHING),
            (Step::Follow, true, 0.15, kept),
            (Step::Sphere, false, 0.2, Judgement::SEARCHING),
            (Step::Sphere, true, 0.2, Judgement::SEARCHING),
        ] {
            assert_eq!(walk.next(), step);
            assert_eq!(walk.judge(&ATTACK, flipped, distance), expected);
        }
        let end = walk.judge(&ATTACK, true, 0.1);
        assert_eq!(end, Judgement { standing: Standing::iterated(false), image: Use::PlaceKept });
        assert_eq!(walk.distance, 0.15, "the first place found counts");
        assert_eq!(walk.next(), Step::Both);
        assert_eq!((walk.spherical.last.len(), walk.steps.last.len()), (3, 2));
    }

    #[test]
    fn step_sizes_follow_the_successes() {
        for (spherical, steps, expected) in [
            (true, true, (0.015, 0.0225)),
            (false, false, (0.01 / 1.5, 0.01 / 2.25)),
            (true, false, (0.015, 0.01)),
        ] {
            let mut walk = at_the_boundary();
            (0..SPHERICAL_OUTCOMES).for_each(|_| walk.spherical.push(spherical));
            (0..STEP_OUTCOMES).for_each(|_| walk.steps.push(steps));
            walk.adapt(1.5);
            let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
            assert!(close(walk.spherical_step, expected.0) && close(walk.source_step, expected.1));
            assert_eq!((walk.spherical.share(), walk.steps.share()), (None, None));
        }
    }

    #[test]
    fn a_row_whose_label_no_noise_changes_is_given_up() {
        let mut walk = Walk::new(0.01, 0.01);
        for _ in 1..DRAWS {
            assert_eq!(walk.judge(&ATTACK, false, 0.5), Judgement::SEARCHING);
        }
        assert!(walk.judge(&ATTACK, false, 0.5).standing.exhausted);
    }
}
