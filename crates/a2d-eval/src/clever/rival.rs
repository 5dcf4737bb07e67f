//! A class that an image may be taken for, and when it is too far to matter.

use super::{CleverScore, Lipschitz, Result};

/// How much farther than the nearest class a class may seem after the pilot without being dropped.
const FAR: f64 = 1.5;

/// A class that the image may be mistaken for, and what is known of how far away it is.
#[derive(Debug)]
pub(crate) struct Rival {
    pub(crate) class: usize,
    /// The lead of the label's output over this class's.
    pub(crate) margin: f64,
    /// Whether a score of its own is asked for, so that it is never dropped.
    pub(crate) named: bool,
    /// The largest gradient norm of the margin in each batch so far.
    pub(crate) maxima: Vec<f64>,
}

impl Rival {
    /// The distance by the largest gradient norm so far.
    fn distance(&self) -> f64 {
        if self.margin == 0.0 {
            return 0.0;
        }
        self.margin / self.maxima.iter().copied().fold(0.0, f64::max)
    }

    /// The score by all maxima, at most `radius`.
    pub(crate) fn score(self, label: usize, radius: f64) -> Result<CleverScore> {
        let Self { class, margin, maxima, .. } = self;
        let lipschitz = Lipschitz::estimate(maxima)?;
        let constant = lipschitz.constant;
        let score = match constant {
            // On the boundary is no distance from it, however flat the surroundings.
            _ if margin == 0.0 => 0.0,
            constant if constant > 0.0 => (margin / constant).min(radius),
            _ => radius,
        };
        Ok(CleverScore { score, label, target: class, margin, lipschitz })
    }
}

/// Drops the classes that are too far to be the nearest.
pub(crate) fn drop_far(rivals: &mut Vec<Rival>) {
    let nearest = rivals.iter().map(Rival::distance).fold(f64::INFINITY, f64::min);
    rivals.retain(|rival| {
        let is_far = rival.distance() > FAR * nearest;
        rival.named || !is_far
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rival(class: usize, margin: f64, maxima: &[f64]) -> Rival {
        Rival { class, margin, named: false, maxima: maxima.into() }
    }

    fn kept(mut rivals: Vec<Rival>) -> Vec<usize> {
        drop_far(&mut rivals);
        rivals.iter().map(|rival| rival.class).collect()
    }

    #[test]
    fn a_flat_surrounding_is_no_distance_where_the_margin_is_none() {
        let score = |margin, maxima: &[f64]| rival(1, margin, maxima).score(0, 5.0).unwrap().score;
        assert_eq!(score(0.0, &[0.0, 0.0]).to_bits(), 0.0_f64.to_bits());
        assert_eq!(score(1e-3, &[0.0, 0.0]).to_bits(), 5.0_f64.to_bits());
        assert_eq!(score(0.0, &[1.0, 1.0]).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn classes_far_beyond_the_least_distance_are_dropped() {
        let near = || rival(3, 2.0, &[0.5, 2.0, 1.0]);
        assert_eq!(kept(vec![near(), rival(1, 3.0, &[2.0]), rival(0, 3.1, &[1.0, 2.0])]), [3, 1]);
        let named = Rival { named: true, ..rival(0, 3.1, &[2.0]) };
        assert_eq!(kept(vec![named, near()]), [0, 3]);
        assert_eq!(kept(vec![rival(1, 1.0, &[0.0]), near()]), [3]);
    }

    #[test]
    fn classes_that_cannot_be_told_apart_are_kept() {
        let flat = |class, margin| rival(class, margin, &[0.0]);
        assert_eq!(kept(vec![flat(0, 1.0), flat(1, 9.0)]), [0, 1]);
        assert_eq!(kept(vec![flat(0, 1.0), flat(1, 9.0), flat(2, 0.0)]), [2]);
        assert_eq!(kept(vec![rival(0, 0.0, &[1.0]), rival(1, 0.0, &[2.0])]), [0, 1]);
    }
}
