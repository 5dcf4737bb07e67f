//! A mean, and how far off it may be.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::estimate::{self, Estimate};

/// The mean of values, and the interval that has the mean of all such values with some confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanInterval {
    /// The mean.
    pub mean: f64,
    /// The interval reaches so far to either side; none for a single value.
    pub half_width: Option<f64>,
}

impl MeanInterval {
    /// The interval by Student's t.
    ///
    /// # Errors
    /// If there is no value, or the confidence is not above 0 and below 1.
    pub fn new(values: &[f64], confidence: f64) -> Result<Self> {
        Self::weighted(&[(1.0, values)], confidence)
    }

    /// The mean of the means of several sets, each with its weight before it: with their sizes as weights, that
    /// of all values. How many values there are of each set is taken as given, so only those of one set are compared
    /// with each other; the interval is by Student's t with the degrees of freedom of Satterthwaite, "An approximate
    /// distribution of estimates of variance components", Biometrics Bulletin 2, 1946. There is none where a set
    /// has a single value.
    ///
    /// # Errors
    /// If there is no set or one without values, or the confidence is not above 0 and below 1.
    pub fn weighted(sets: &[(f64, &[f64])], confidence: f64) -> Result<Self> {
        estimate::check(confidence)?;
        let Estimate { mean, spread } = Estimate::weighted(OPERATION, sets)?;
        let half_width = spread.map(|spread| spread.factor(confidence) * spread.variance.sqrt());
        Ok(Self { mean, half_width })
    }

    /// The lower end; none for a single value.
    pub fn low(&self) -> Option<f64> {
        self.half_width.map(|reach| self.mean - reach)
    }

    /// The upper end; none for a single value.
    pub fn high(&self) -> Option<f64> {
        self.half_width.map(|reach| self.mean + reach)
    }
}

const OPERATION: &str = "find interval of mean";

#[cfg(test)]
mod tests {
    use super::*;

    // from scipy import stats  # 1.17.1
    // x = [1, 2, 4, 9]; stats.sem(x) * stats.t.ppf(0.95, 3)
    // 4.187840924808042
    #[test]
    fn interval_is_that_of_scipy() {
        let values = [1.0, 2.0, 4.0, 9.0];
        let found = MeanInterval::new(&values, 0.9).unwrap();
        let reach = found.half_width.unwrap();
        assert!((reach / 4.187_840_924_808_042 - 1.0).abs() < 1e-9, "{reach}");
        assert_eq!((found.low(), found.high()), (Some(4.0 - reach), Some(4.0 + reach)));
        assert!(MeanInterval::new(&values, 0.95).unwrap().half_width > found.half_width);
    }

    // from scipy import stats  # the interval of a difference of means is that of the mean with weights 1 and -1
    // t = stats.ttest_ind([1, 2, 4, 9], [3, 4, 4, 7, 6], equal_var=False).confidence_interval(0.95)
    // (t.high - t.low) / 2
    // 5.3335517749990435
    #[test]
    fn interval_over_sets_is_that_of_welch() {
        let (one, other) = ([1.0, 2.0, 4.0, 9.0], [3.0, 4.0, 4.0, 7.0, 6.0]);
        let found = MeanInterval::weighted(&[(1.0, &one), (1.0, &other)], 0.95).unwrap();
        assert_eq!(found.mean, 4.4);
        let reach = 2.0 * found.half_width.unwrap();
        assert!((reach / 5.333_551_774_999_043_5 - 1.0).abs() < 1e-9, "{reach}");
        let all = MeanInterval::weighted(&[(4.0, &one), (5.0, &other)], 0.95).unwrap();
        assert!((all.mean - 40.0 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn a_single_value_has_no_interval_and_none_no_mean() {
        let single = MeanInterval::new(&[1.0], 0.95).unwrap();
        assert_eq!(single, MeanInterval { mean: 1.0, half_width: None });
        assert_eq!((single.low(), single.high()), (None, None));
        let sets: [(f64, &[f64]); 2] = [(1.0, &[1.0]), (1.0, &[2.0, 4.0])];
        assert_eq!(MeanInterval::weighted(&sets, 0.95).unwrap().half_width, None);
        assert!(MeanInterval::new(&[], 0.95).unwrap_err().to_string().contains("got 0"));
        assert!(MeanInterval::weighted(&[], 0.95).is_err());
        for confidence in [0.0, 1.0, f64::NAN] {
            let error = MeanInterval::new(&[1.0], confidence).unwrap_err();
            assert!(error.to_string().contains("above 0 and below 1"), "{error}");
        }
    }

    #[test]
    fn equal_values_have_no_width() {
        assert_eq!(MeanInterval::new(&[0.1; 10], 0.95).unwrap().half_width, Some(0.0));
    }
}
