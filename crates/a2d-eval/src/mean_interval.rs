//! A mean, and how far off it may be.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF as _, StudentsT};

use crate::{Error, Result};

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
        if values.is_empty() {
            return Err(Error::TooFew {
                operation: OPERATION,
                name: "values",
                expected: 1,
                got: 0,
            });
        }
        if !(0.0 < confidence && confidence < 1.0) {
            return Err(Error::Confidence { confidence });
        }
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let standard_error = (squares / (n - 1.0) / n).sqrt();
        let quantile = f64::midpoint(1.0, confidence);
        let students_t = StudentsT::new(0.0, 1.0, n - 1.0).ok(); // not of a single value
        let half_width = students_t.map(|t| t.inverse_cdf(quantile) * standard_error);
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

    #[test]
    fn a_single_value_has_no_interval_and_none_no_mean() {
        let single = MeanInterval::new(&[1.0], 0.95).unwrap();
        assert_eq!(single, MeanInterval { mean: 1.0, half_width: None });
        assert_eq!((single.low(), single.high()), (None, None));
        assert!(MeanInterval::new(&[], 0.95).unwrap_err().to_string().contains("got 0"));
        for confidence in [0.0, 1.0, f64::NAN] {
            let error = MeanInterval::new(&[1.0], confidence).unwrap_err();
            assert!(error.to_string().contains("above 0 and below 1"), "{error}");
        }
    }
}
