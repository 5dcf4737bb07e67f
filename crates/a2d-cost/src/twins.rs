//! Which inputs are the same images again.

use crate::Sketch;
use crate::sketch::{PROJECTIONS, SCALE};

/// How much two images may differ and still count as the same one.
///
/// The limits are for the root mean square, over all pixels, of the difference. It is estimated from
/// [`Sketch`]es: to within a factor of 2, 98 times in 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// At most 1/255: as rounding to 8 bits changes an image, or noise below 1/1000 on every pixel, or
    /// another value of a few pixels.
    Rounding,
    /// At most 2^-18: as arithmetic in another order changes an image, and less than a step of an attack
    /// does.
    Arithmetic,
}

impl Likeness {
    /// The largest sum of the squared differences of all projections.
    fn limit(self) -> f64 {
        let rms = SCALE
            * match self {
                Self::Rounding => 1.0 / 255.0,
                Self::Arithmetic => 2_f64.powi(-18),
            };
        PROJECTIONS as f64 * rms.powi(2)
    }
}

/// The inputs that are among the others, each with one of those that it is like, by their places.
///
/// ```
/// use a2d_cost::{Likeness, Sketcher, twins};
///
/// let sketcher = Sketcher::new([1, 2, 2]);
/// let fitted = [[0.0, 0.25, 0.5, 1.0], [0.5; 4]].map(|pixels| sketcher.sketch(&pixels));
/// let scored = [[1.0; 4], [0.0, 0.2501, 0.5, 0.9999]].map(|pixels| sketcher.sketch(&pixels));
/// assert_eq!(twins(&scored, &fitted, Likeness::Rounding), [(1, 0)]);
/// ```
pub fn twins(inputs: &[Sketch], others: &[Sketch], likeness: Likeness) -> Vec<(usize, usize)> {
    let index = Index::new(others, likeness);
    let twin = |(place, input)| Some((place, index.like(input, others.len())?));
    inputs.iter().enumerate().filter_map(twin).collect()
}

/// The inputs that came before, each with an earlier one that it is like, by their places.
pub fn repeats(inputs: &[Sketch], likeness: Likeness) -> Vec<(usize, usize)> {
    let index = Index::new(inputs, likeness);
    let earlier = |(place, input)| Some((place, index.like(input, place)?));
    inputs.iter().enumerate().filter_map(earlier).collect()
}

/// Sketches in the order of their first projection, so that only those near in it are compared.
struct Index<'a> {
    sketches: &'a [Sketch],
    limit: f64,
    /// First projections with their places, those of equal ones in order.
    order: Vec<(i32, usize)>,
}

impl<'a> Index<'a> {
    fn new(sketches: &'a [Sketch], likeness: Likeness) -> Self {
        let firsts = sketches.iter().map(|sketch| sketch.projections()[0]);
        let mut order: Vec<_> = firsts.zip(0..).collect();
        order.sort_unstable();
        Self { sketches, limit: likeness.limit(), order }
    }

    /// The place of one that `input` is like, below `end`.
    fn like(&self, input: &Sketch, end: usize) -> Option<usize> {
        let first = input.projections()[0];
        let reach = self.limit.sqrt() as i32;
        let start = self.order.partition_point(|(other, _)| *other < first - reach);
        let near = self.order[start..].iter().take_while(|(other, _)| *other <= first + reach);
        let mut places = near.map(|(_, place)| *place).filter(|place| *place < end);
        places.find(|place| distance(input, &self.sketches[*place]) <= self.limit)
    }
}

/// The sum of the squared differences of all projections.
fn distance(one: &Sketch, other: &Sketch) -> f64 {
    let differences = one.projections().iter().zip(other.projections());
    differences.map(|(one, other)| f64::from(one - other).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Sketcher;

    const SHAPE: [usize; 3] = [1, 8, 8];
    const PIXELS: usize = 64;

    fn sketches(images: &[Vec<f32>]) -> Vec<Sketch> {
        let sketcher = Sketcher::new(SHAPE);
        images.iter().map(|pixels| sketcher.sketch(pixels)).collect()
    }

    /// Images of bytes, or of any numbers, no two alike.
    fn images() -> impl Strategy<Value = Vec<Vec<f32>>> {
        let bytes = (0_u8..=255).prop_map(|byte| f32::from(byte) / 255.0);
        let pixel = prop_oneof![bytes, 0.0_f32..=1.0];
        prop::collection::vec(prop::collection::vec(pixel, PIXELS), 2..12)
    }

    proptest! {
        #[test]
        fn different_images_are_apart(images in images()) {
            let sketches = sketches(&images);
            prop_assert_eq!(repeats(&sketches, Likeness::Rounding), []);
            let (some, others) = sketches.split_at(1);
            prop_assert_eq!(twins(some, others, Likeness::Rounding), []);
        }

        #[test]
        fn the_same_images_are_found_in_any_order_after_noise_below_a_thousandth(
            images in images(),
            order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
            kept in 1..12_usize,
            noise in prop::collection::vec(-0.001_f32..0.001, 12 * PIXELS),
        ) {
            let chosen: Vec<usize> =
                order.into_iter().filter(|place| *place < images.len()).take(kept).collect();
            let again = chosen.iter().map(|place| {
                let noise = &noise[place * PIXELS..];
                let nudged = images[*place].iter().zip(noise).map(|(pixel, noise)| pixel + noise);
                nudged.collect()
            });
            let again = sketches(&again.collect::<Vec<_>>());
            let expected: Vec<_> = chosen.iter().copied().enumerate().collect();
            prop_assert_eq!(twins(&again, &sketches(&images), Likeness::Rounding), expected);
        }

        #[test]
        fn images_are_found_again_once_rounded_to_bytes(images in images()) {
            let round = |pixel: &f32| (pixel * 255.0).round() / 255.0;
            let rounded = images.iter().map(|pixels| pixels.iter().map(round).collect());
            let rounded = sketches(&rounded.collect::<Vec<_>>());
            let found = twins(&rounded, &sketches(&images), Likeness::Rounding);
            prop_assert_eq!(found.len(), images.len());
        }

        #[test]
        fn arithmetic_is_forgiven_and_the_step_of_an_attack_is_not(
            images in images(),
            signs in prop::collection::vec(any::<bool>(), PIXELS),
        ) {
            let moved = |step: f32| {
                let image = images[0].iter().zip(&signs);
                let image = image.map(|(pixel, up)| if *up { pixel + step } else { pixel - step });
                sketches(&[image.collect()])
            };
            let original = sketches(&images[..1]);
            let is_twin = |step| !twins(&moved(step), &original, Likeness::Arithmetic).is_empty();
            prop_assert!(is_twin(0.0) && is_twin(1e-7) && !is_twin(1e-4));
        }
    }

    #[test]
    fn repeats_are_counted_from_the_second_on() {
        let [a, b] = [vec![0.25; PIXELS], vec![0.5; PIXELS]];
        let sketches = sketches(&[a.clone(), b.clone(), a.clone(), a, b]);
        assert_eq!(repeats(&sketches, Likeness::Arithmetic), [(2, 0), (3, 0), (4, 1)]);
        assert_eq!(repeats(&sketches[..2], Likeness::Rounding), []);
        assert_eq!(twins(&[], &sketches, Likeness::Rounding), []);
    }

    #[test]
    fn many_equal_images_take_no_longer_than_different_ones() {
        let sketches = vec![sketches(&[vec![0.25; PIXELS]])[0]; 100_000];
        assert_eq!(repeats(&sketches, Likeness::Rounding).len(), 99_999);
        assert_eq!(twins(&sketches, &sketches, Likeness::Rounding).len(), 100_000);
    }
}
