//! 95 % intervals of what is made of several means, by the intervals of these.

use super::{number, optional};
use crate::tables::cell::Cell;
use anyhow::Result;
use serde_json::Value;

/// A mean, and how far its 95 % interval reaches to either side: unknown for a single input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mean {
    pub(crate) value: f64,
    reach: Option<f64>,
}

impl Mean {
    /// That of a set in what `a2d evidence` printed.
    pub(crate) fn of(set: &Value) -> Result<Self> {
        let (low, high) = (optional(set, "/low"), optional(set, "/high"));
        let reach = low.zip(high).map(|(low, high)| (high - low) / 2.0);
        Ok(Self { value: number(set, "/mean")?, reach })
    }

    /// The mean of means of independent inputs by their weights. Its variance is recovered from their intervals
    /// (Zou and Donner, "Construction of confidence limits about effect measures", Statistics in Medicine 27,
    /// 2008), each of which has Student's factor for its own inputs alone: together they know the variance
    /// better, so the interval is rather too wide.
    pub(crate) fn weighted(parts: &[(f64, Self)]) -> Self {
        let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
        let value = parts.iter().map(|(weight, mean)| weight / total * mean.value).sum();
        let variance: Option<f64> =
            parts.iter().map(|(weight, mean)| Some((weight / total * mean.reach?).powi(2))).sum();
        Self { value, reach: variance.map(f64::sqrt) }
    }

    /// The mean and its interval.
    pub(crate) fn cell(self, row: &str, column: &str) -> Cell {
        let end = |side: f64| self.reach.map(|reach| self.value + side * reach);
        Cell::new(row, column, self.value).within(end(-1.0), end(1.0))
    }

    /// The interval of the ratio to another mean by Fieller ("Some problems in interval estimation", Journal of
    /// the Royal Statistical Society B 16, 1954). There is none where the other one may be 0.
    pub(crate) fn ratio_interval(self, below: Self) -> Option<(f64, f64)> {
        let (a, b) = (self.value, below.value);
        let (reach_a, reach_b) = (self.reach?, below.reach?);
        if b <= reach_b {
            return None;
        }
        let divisor = b * b - reach_b * reach_b;
        let root = (a * a * reach_b * reach_b + reach_a * reach_a * divisor).sqrt();
        Some(((a * b - root) / divisor, (a * b + root) / divisor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mean(value: f64, reach: f64) -> Mean {
        Mean { value, reach: Some(reach) }
    }

    #[test]
    fn means_have_the_interval_that_was_printed() {
        let printed = Mean::of(&json!({"mean": 5.0, "low": 3.0, "high": 7.0})).unwrap();
        assert_eq!(printed, mean(5.0, 2.0));
        let cell = Cell::new("bim", "benign", 5.0);
        assert_eq!(printed.cell("bim", "benign"), cell.clone().within(Some(3.0), Some(7.0)));
        let single = Mean::of(&json!({"mean": 5.0, "low": null, "high": null})).unwrap();
        assert_eq!(single.cell("bim", "benign"), cell);
        assert_eq!(Mean::weighted(&[(1.0, printed), (1.0, single)]).reach, None);
    }

    #[test]
    fn variances_of_independent_means_add_up() {
        assert_eq!(Mean::weighted(&[(1.0, mean(1.0, 6.0)), (1.0, mean(3.0, 8.0))]), mean(2.0, 5.0));
        assert_eq!(Mean::weighted(&[(3.0, mean(1.0, 2.0)), (1.0, mean(5.0, 0.0))]), mean(2.0, 1.5));
    }

    /// Fieller's ends r are where the interval of `above - r below` begins or ends with 0.
    #[test]
    fn a_ratio_has_the_interval_of_fieller() {
        let (above, below) = (mean(6.0, 1.0), mean(2.0, 0.5));
        let (low, high) = above.ratio_interval(below).unwrap();
        assert!(low < 3.0 && 3.0 < high && high - 3.0 > 3.0 - low);
        for ratio in [low, high] {
            let difference = 6.0 - ratio * 2.0;
            assert!((difference.abs() - 1.0_f64.hypot(ratio * 0.5)).abs() < 1e-12);
        }
        assert_eq!(above.ratio_interval(mean(2.0, 2.0)), None);
    }
}
