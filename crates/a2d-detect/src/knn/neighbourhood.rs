//! The neighbours of an input, counted by class and by whether they are nearer than the k-th or as far.

use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};

/// Numbers of samples by class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCounts {
    /// Benign samples.
    pub benign: usize,
    /// Adversarial samples.
    pub adversarial: usize,
}

impl ClassCounts {
    /// The samples of both classes.
    pub fn total(self) -> usize {
        self.benign + self.adversarial
    }

    /// A single sample.
    pub(super) fn one(adversarial: bool) -> Self {
        Self { benign: usize::from(!adversarial), adversarial: usize::from(adversarial) }
    }
}

impl Add for ClassCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            benign: self.benign + other.benign,
            adversarial: self.adversarial + other.adversarial,
        }
    }
}

impl Sum for ClassCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Self::add)
    }
}

/// The samples that have a part in the `k` votes on an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Neighbourhood {
    /// Samples nearer than the k-th, fewer than `k`.
    pub(super) nearer: ClassCounts,
    /// All samples that are as far as the k-th.
    pub(super) tied: ClassCounts,
}

impl Neighbourhood {
    /// The vote of each tied sample: an equal part of what is left of the `k` votes.
    pub(super) fn weight(&self, k: usize) -> f64 {
        (k - self.nearer.total()) as f64 / self.tied.total() as f64
    }

    /// The share of the `k` votes that is adversarial. It is a fraction of whole numbers that is rounded
    /// once, so that an exact half, or any other share, is told from what lies next to it.
    pub(super) fn share(&self, k: usize) -> f64 {
        let [nearer, tied] = [self.nearer, self.tied].map(|counts| counts.adversarial as u64);
        let [left, places] = [k - self.nearer.total(), self.tied.total()].map(|n| n as u64);
        (nearer * places + tied * left) as f64 / (k as u64 * places) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(nearer: [usize; 2], tied: [usize; 2], k: usize) -> f64 {
        let [nearer, tied] =
            [nearer, tied].map(|[benign, adversarial]| ClassCounts { benign, adversarial });
        Neighbourhood { nearer, tied }.share(k)
    }

    #[test]
    fn the_tied_share_what_the_nearer_leave() {
        assert_eq!(share([0, 0], [2, 9], 4), 9.0 / 11.0);
        assert_eq!(share([1, 2], [3, 1], 5), (2.0 + 0.5) / 5.0);
        assert_eq!(share([2, 1], [0, 1], 4), 0.5);
    }

    #[test]
    fn an_exact_share_is_that_number() {
        // Three tenths and an equal part of six more: in floats, 0.1 * 3.0 is above 0.3.
        for places in 1..200 {
            assert_eq!(share([3 * places, 3 * places], [places, places], 7 * places), 0.5);
            assert_eq!(share([0, 0], [7 * places, 3 * places], places), 0.3);
        }
    }
}
