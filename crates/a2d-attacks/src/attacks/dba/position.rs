//! Where a row of the boundary attack is, and its steps from there: plain loops over pixels.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::walk::{Step, Use};

/// Keeps a norm that is divided by above zero.
const TINY: f32 = 1e-12;

/// A sum is kept in so many parts, which a processor adds side by side.
const LANES: usize = 8;

/// The images of a row, each as its pixels.
///
/// Pixels are float32, as the network sees them, and sums float64, whatever the network computes with. One row
/// stays in the processor's cache from the first pass over its pixels to the last.
#[derive(Debug)]
pub(crate) struct Position {
    /// The image as it came.
    origin: Vec<f32>,
    /// The noise that the row is blended with, then its place on the far side of the boundary.
    place: Vec<f32>,
    /// From the place to the image as it came, of length 1.
    direction: Vec<f32>,
    /// The length of that way.
    radius: f32,
    /// The image that the network looks at next.
    image: Vec<f32>,
    /// The step towards the image as it came that follows the step on the sphere; empty until there is one.
    following: Vec<f32>,
    /// A place found within an iteration that goes on; empty until there is one.
    kept: Vec<f32>,
}

impl Position {
    /// At the image as it came.
    pub(crate) fn at(origin: &[f32]) -> Self {
        Self {
            origin: origin.to_vec(),
            place: origin.to_vec(),
            direction: vec![0.0; origin.len()],
            radius: TINY,
            image: origin.to_vec(),
            following: vec![],
            kept: vec![],
        }
    }

    /// The image that the network looks at next.
    pub(crate) fn image(&self) -> &[f32] {
        &self.image
    }

    /// The mean squared distance of that image from the one that came.
    pub(crate) fn distance(&self) -> f64 {
        let squares = sum(&self.image, &self.origin, |image, origin| {
            (f64::from(image) - f64::from(origin)).powi(2)
        });
        squares / self.origin.len() as f64
    }

    /// Uses the image that the network has looked at.
    pub(crate) fn take(&mut self, image: Use) {
        match image {
            Use::None => return,
            Use::Keep => return self.kept.clone_from(&self.image),
            Use::Place => self.place.clone_from(&self.image),
            Use::PlaceKept => self.place.clone_from(&self.kept),
        }
        for (inward, (origin, place)) in
            self.direction.iter_mut().zip(self.origin.iter().zip(&self.place))
        {
            *inward = origin - place;
        }
        self.radius = norm(&self.direction);
        self.direction.iter_mut().for_each(|inward| *inward /= self.radius);
    }

    /// Makes the next image; step sizes are on the sphere, and towards the image that came.
    pub(crate) fn advance(
        &mut self,
        step: Step,
        [spherical, source]: [f64; 2],
        random: &mut ChaCha8Rng,
    ) {
        match step {
            Step::Noise => self.image.fill_with(|| random.random()),
            Step::Blend(share) => self.blend(share as f32),
            Step::Sphere => {
                self.step_aside(spherical as f32, random);
                let mut following = std::mem::take(&mut self.following);
                following.clone_from(&self.image);
                self.step_inward(source as f32, &mut following);
                self.following = following;
            }
            Step::Follow => std::mem::swap(&mut self.image, &mut self.following),
            Step::Both => {
                self.step_aside(spherical as f32, random);
                let mut image = std::mem::take(&mut self.image);
                self.step_inward(source as f32, &mut image);
                self.image = image;
            }
        }
    }

    /// To this share of the way to the place, from whichever end of it is nearer.
    fn blend(&mut self, share: f32) {
        for (image, (origin, place)) in
            self.image.iter_mut().zip(self.origin.iter().zip(&self.place))
        {
            let (from, share) = if share < 0.5 { (origin, share) } else { (place, share - 1.0) };
            *image = share.mul_add(place - origin, *from).clamp(0.0, 1.0);
        }
    }

    /// To a point beside the place on the sphere around the image as it came, in a random direction.
    fn step_aside(&mut self, size: f32, random: &mut ChaCha8Rng) {
        self.image.fill_with(|| random.sample(StandardNormal));
        let along = dot(&self.image, &self.direction);
        for (aside, direction) in self.image.iter_mut().zip(&self.direction) {
            *aside -= along * direction;
        }
        let scale = size * self.radius / norm(&self.image);
        let shrink = 1.0 / (size * size + 1.0).sqrt();
        for (image, (origin, place)) in
            self.image.iter_mut().zip(self.origin.iter().zip(&self.place))
        {
            *image = (origin + shrink * (*image * scale - (origin - place))).clamp(0.0, 1.0);
        }
    }

    /// From this point on the sphere towards the image as it came.
    ///
    /// Clipping has moved the point off the sphere; the step makes up for it.
    fn step_inward(&self, size: f32, point: &mut [f32]) {
        let distance = root(sum(&self.origin, point, |origin, point| square(origin - point)));
        let length = (size * self.radius + (distance - self.radius)).max(0.0) / distance;
        for (point, origin) in point.iter_mut().zip(&self.origin) {
            *point = (*point + length * (origin - *point)).clamp(0.0, 1.0);
        }
    }
}

/// The sum of the terms that pairs of pixels make.
fn sum(one: &[f32], other: &[f32], term: impl Fn(f32, f32) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    for (one, other) in one.chunks(LANES).zip(other.chunks(LANES)) {
        for (lane, (one, other)) in lanes.iter_mut().zip(one.iter().zip(other)) {
            *lane += term(*one, *other);
        }
    }
    lanes.iter().sum()
}

fn square(length: f32) -> f64 {
    f64::from(length * length)
}

fn root(squares: f64) -> f32 {
    (squares as f32).sqrt().max(TINY)
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    sum(one, other, |one, other| f64::from(one * other)) as f32
}

/// The Euclidean norm, never quite 0.
fn norm(pixels: &[f32]) -> f32 {
    root(sum(pixels, pixels, |pixel, _| square(pixel)))
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact")]
mod tests {
    use super::*;
    use rand::SeedableRng;

    const SIZES: [f64; 2] = [0.02, 0.01];

    fn random() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(7)
    }

    /// A position whose image as it came is of this grey, with a place drawn from all images a share of the
    /// way to noise; 803 pixels, which are no multiple of the lanes.
    fn position(grey: f32, share: f64) -> Position {
        let mut position = Position::at(&[grey; 803]);
        for step in [Step::Noise, Step::Blend(share)] {
            position.advance(step, SIZES, &mut random());
            position.take(Use::Place);
        }
        position
    }

    fn distance(one: &[f32], other: &[f32]) -> f32 {
        let differences: Vec<f32> = one.iter().zip(other).map(|(a, b)| a - b).collect();
        norm(&differences)
    }

    fn is_close(one: f32, other: f32) -> bool {
        (one / other - 1.0).abs() < 1e-4
    }

    #[test]
    fn norms_and_products_are_of_all_pixels() {
        let pixels: Vec<f32> = (1..=19u8).map(f32::from).collect();
        assert_eq!(dot(&pixels, &[2.0; 19]), 380.0);
        assert!(is_close(norm(&pixels), 2470f32.sqrt()));
        assert_eq!(norm(&[0.0; 19]), TINY);
        let large = [1e8f32, 1.0, -1e8, 0.0];
        assert_eq!(dot(&large, &[1.0; 4]), 1.0, "float32 would lose the 1");
    }

    #[test]
    fn a_blend_goes_from_the_image_to_the_place() {
        let mut position = position(0.25, 1.0);
        assert!(position.place.iter().any(|pixel| *pixel > 0.9));
        let whole = distance(&position.place, &position.origin);
        for share in [0.0, 0.125, 0.5, 0.875, 1.0] {
            position.advance(Step::Blend(share), SIZES, &mut random());
            let moved = distance(&position.image, &position.origin);
            assert!((moved - share as f32 * whole).abs() < 1e-4 * whole, "{share}");
            let mean = f64::from(moved).powi(2) / 803.0;
            assert!((position.distance() - mean).abs() < 1e-6);
        }
        assert_eq!(position.image, position.place);
    }

    #[test]
    fn a_step_aside_stays_on_the_sphere_and_the_next_goes_to_its_centre() {
        let mut at = position(0.5, 0.5);
        let (radius, random) = (at.radius, &mut random());
        assert!(is_close(radius, distance(&at.place, &at.origin)));
        at.advance(Step::Sphere, SIZES, random);
        let on_sphere = at.image.clone();
        assert!(is_close(distance(&on_sphere, &at.origin), radius));
        assert!((distance(&on_sphere, &at.place) / (0.02 * radius) - 1.0).abs() < 1e-3);
        at.advance(Step::Follow, SIZES, random);
        assert!(is_close(distance(&at.image, &at.origin), 0.99 * radius));
        assert!(is_close(distance(&at.image, &on_sphere), 0.01 * radius));
    }

    #[test]
    fn both_steps_at_once_are_one_after_the_other() {
        let [mut one, mut both] = [position(0.1, 0.5), position(0.1, 0.5)];
        one.advance(Step::Sphere, SIZES, &mut random());
        one.advance(Step::Follow, SIZES, &mut random());
        both.advance(Step::Both, SIZES, &mut random());
        assert_eq!(one.image, both.image);
        let other = &mut ChaCha8Rng::seed_from_u64(8);
        both.advance(Step::Both, SIZES, other);
        assert_ne!(one.image, both.image, "another direction");
    }

    /// Pixels of black images are clipped, which shortens steps on the sphere by more than a step inward.
    #[test]
    fn images_stay_images_and_none_goes_outward() {
        let mut at = position(0.0, 0.5);
        for _ in 0..50 {
            at.advance(Step::Both, [1.0, 0.01], &mut random());
            assert!(at.image.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
            assert!(distance(&at.image, &at.origin) <= 0.991 * at.radius.max(TINY));
        }
    }

    #[test]
    fn a_place_that_was_kept_is_taken_later() {
        let mut at = position(0.5, 0.5);
        at.advance(Step::Both, SIZES, &mut random());
        let (found, radius) = (at.image.clone(), at.radius);
        at.take(Use::Keep);
        at.advance(Step::Both, SIZES, &mut random());
        at.take(Use::None);
        assert_eq!(at.radius, radius);
        at.take(Use::PlaceKept);
        assert_eq!(at.place, found);
        assert!(is_close(at.radius, distance(&found, &at.origin)));
        assert!(is_close(norm(&at.direction), 1.0));
    }
}
