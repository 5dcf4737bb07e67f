//! The rungs that candidates are left at.

/// Shares of benign images that a surrogate puts below each rung.
const SHARES: [f64; 11] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95];

/// Multiples of the last of these at which there are further rungs, if it is above 0: what a surrogate takes for a benign cost may be a
/// lower one for the detector.
const BEYOND: [f64; 4] = [1.25, 1.5, 2.0, 3.0];

/// Levels of a surrogate, as benign images have them: an image at a rung looks more benign than so many of them, or more than any.
/// Below the first there is one for whatever is misclassified.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ladder(Vec<f64>);

impl Ladder {
    /// By the numbers of benign images, of which there is at least one.
    pub(crate) fn of(mut benign: Vec<f64>) -> Self {
        benign.sort_by(f64::total_cmp);
        let last = benign.len().saturating_sub(1) as f64;
        let level = |share: &f64| benign.get((share * last).round() as usize).copied();
        let mut levels: Vec<f64> = SHARES.iter().filter_map(level).collect();
        if let Some(top) = levels.last().copied().filter(|top| *top > 0.0) {
            levels.extend(BEYOND.iter().map(|times| times * top));
        }
        Self(levels)
    }

    /// The highest rung that an image with this number has reached.
    pub(crate) fn rung(&self, value: f64) -> usize {
        self.0.partition_point(|level| *level <= value)
    }

    /// The last rung.
    pub(crate) fn top(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_are_shares_of_benign_images() {
        let ladder = Ladder::of((0..=200).rev().map(f64::from).collect());
        assert_eq!(ladder.top(), SHARES.len() + BEYOND.len());
        let values = [-1.0, 0.0, 1.0, 3.9, 4.0, 100.0, 190.0, 200.0, 237.5, 1e9];
        assert_eq!(values.map(|value| ladder.rung(value)), [0, 0, 1, 2, 3, 8, 11, 11, 12, 15]);
        assert_eq!(Ladder::of(vec![5.0]).rung(5.0), SHARES.len());
        assert_eq!(Ladder::of(vec![-5.0]).top(), SHARES.len());
    }
}
