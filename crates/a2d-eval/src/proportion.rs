//! A share of samples with its interval.

use serde::{Deserialize, Serialize};

use crate::confidence::NORMAL_95;
use crate::{Error, Result};

/// A share of samples with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    /// The share found, from 0 to 1.
    pub share: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Proportion {
    /// The share of `hits` among independent `trials`, with the score interval of Wilson, "Probable
    /// inference, the law of succession, and statistical inference", Journal of the American Statistical
    /// Association 22, 1927. Unlike a symmetric interval it stays within [0, 1] and has a width where all
    /// trials or none are hits.
    ///
    /// # Errors
    /// If there are no trials, or fewer than hits.
    pub fn wilson(hits: usize, trials: usize) -> Result<Self> {
        if trials == 0 || hits > trials {
            return Err(Error::Proportion { hits, trials });
        }
        let n = trials as f64;
        let share = hits as f64 / n;
        let z2 = NORMAL_95 * NORMAL_95;
        let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let variance = share * (1.0 - share) / n + z2 / (4.0 * n * n);
        let reach = NORMAL_95 * variance.sqrt() / (1.0 + z2 / n);
        // Where nothing or everything is a hit, an end of the interval is the share, but for rounding.
        Ok(Self {
            share,
            low: (centre - reach).clamp(0.0, share),
            high: (centre + reach).clamp(share, 1.0),
        })
    }

    /// The mean of shares of independent samples, each of which weighs the same whatever its size, with the
    /// interval that the ends of theirs give (MOVER: G. Y. Zou and A. Donner, "Construction of confidence limits
    /// about effect measures", Statistics in Medicine 27, 2008); none without shares.
    pub fn mean(shares: &[Self]) -> Option<Self> {
        let n = shares.len() as f64;
        let share = shares.iter().map(|one| one.share).sum::<f64>() / n;
        let reach = |end: fn(&Self) -> f64| {
            shares.iter().map(|one| (end(one) - one.share).powi(2)).sum::<f64>().sqrt() / n
        };
        let (below, above) = (reach(|one| one.low), reach(|one| one.high));
        (!shares.is_empty()).then(|| Self {
            share,
            low: (share - below).max(0.0),
            high: (share + above).min(1.0),
        })
    }

    /// The share and interval of what `grow`, a growing function, makes of the share.
    pub(crate) fn map(self, grow: impl Fn(f64) -> f64) -> Self {
        Self { share: grow(self.share), low: grow(self.low), high: grow(self.high) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::assert_close;

    // from scipy import stats  # 1.17.1
    // stats.binomtest(hits, trials).proportion_ci(method="wilson")
    #[test]
    fn intervals_are_those_of_scipy() {
        for (hits, trials, low, high) in [
            (0, 10, 0.0, 0.277_532_799_862_889_26),
            (3, 10, 0.107_791_267_406_301_02, 0.603_221_852_538_854_6),
            (10, 10, 0.722_467_200_137_110_9, 1.0),
            (1, 1, 0.206_549_314_377_237_45, 1.0),
            (941, 1000, 0.924_639_097_228_540_8, 0.953_985_701_787_199_5),
            (1_999_999, 2_000_000, 0.999_997_167_538_482_6, 0.999_999_911_737_717_1),
        ] {
            let found = Proportion::wilson(hits, trials).unwrap();
            assert_eq!(found.share, hits as f64 / trials as f64);
            assert_close(found.low, low);
            assert_close(found.high, high);
        }
    }

    #[test]
    fn impossible_counts_are_refused() {
        for (hits, trials) in [(0, 0), (3, 2)] {
            let message = Proportion::wilson(hits, trials).unwrap_err().to_string();
            assert!(message.ends_with(&format!("got {hits} in {trials}")), "{message}");
        }
    }

    proptest! {
        #[test]
        fn misses_mirror_hits_and_trials_narrow(hits in 0..1000_usize, misses in 1..1000_usize) {
            let trials = hits + misses;
            let found = Proportion::wilson(hits, trials).unwrap();
            let ends = [0.0, found.low, found.share, found.high, 1.0];
            prop_assert!(ends.is_sorted() && found.low < found.high, "{:?}", found);
            let misses = Proportion::wilson(misses, trials).unwrap();
            prop_assert!((misses.low + found.high - 1.0).abs() < 1e-12);
            let more = Proportion::wilson(2 * hits, 2 * trials).unwrap();
            prop_assert!(more.high - more.low < found.high - found.low);
        }
    }

    #[test]
    fn a_mean_weighs_shares_alike_and_is_surer_than_each() {
        let [few, many] = [(9, 10), (500, 1000)].map(|(k, n)| Proportion::wilson(k, n).unwrap());
        let mean = Proportion::mean(&[few, many]).unwrap();
        assert_close(mean.share, 0.7);
        let below = ((0.9 - few.low).powi(2) + (0.5 - many.low).powi(2)).sqrt() / 2.0;
        assert_close(mean.low, 0.7 - below);
        assert!(mean.high - mean.low < few.high - few.low);
        assert_eq!(Proportion::mean(&[many]), Some(many));
        assert_eq!(Proportion::mean(&[]), None);
    }
}
