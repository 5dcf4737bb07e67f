//! The rungs that candidates are left at.

/// Shares of benign images that a surrogate puts below each rung.
const SHARES: [f64; 11] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95];

/// Levels of a surrogate, as benign images have them: an image at a rung looks more benign than so many of them. Below the
/// first there is one for whatever is misclassified.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ladder(Vec<f64>);

impl Ladder {
    /// By the numbers of benign images, of which there is at least one.
    pub(crate) fn of(mut benign: Vec<f64>) -> Self {
        benign.sort_by(f64::total_cmp);
        let last = benign.len().saturating_sub(1) as f64;
        let level = |share: &f64| benign.get((share * last).round() as usize).copied();
        Self(SHARES.iter().filter_map(level).collect())
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
        assert_eq!(ladder.top(), SHARES.len());
        let rungs = [-1.0, 0.0, 1.0, 3.9, 4.0, 100.0, 190.0, 1e9].map(|value| ladder.rung(value));
        assert_eq!(rungs, [0, 0, 1, 2, 3, 8, 11, 11]);
        assert_eq!(Ladder::of(vec![5.0]).rung(5.0), SHARES.len());
    }
}
