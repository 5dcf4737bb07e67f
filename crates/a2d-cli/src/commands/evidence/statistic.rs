//! Statistics that few or equal values do not have, and the interval of a mean.

use a2d_eval::{Error, PValue};
use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// A statistic, or none where the values are too few or too much alike to have it.
pub(super) fn defined<T>(found: a2d_eval::Result<T>) -> a2d_eval::Result<Option<T>> {
    match found {
        Ok(statistic) => Ok(Some(statistic)),
        Err(Error::TooFew { .. } | Error::Constant { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Half the interval that has the mean with this confidence, by Student's t; none for a single value.
pub(super) fn half_width(values: &[f64], confidence: f64) -> anyhow::Result<Option<f64>> {
    if values.len() < 2 {
        return Ok(None);
    }
    let n = values.len() as f64;
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let standard_error = (squares / (n - 1.0) / n).sqrt();
    let quantile = f64::midpoint(1.0, confidence);
    Ok(Some(StudentsT::new(0.0, 1.0, n - 1.0)?.inverse_cdf(quantile) * standard_error))
}

/// The ends of the mean's 95 % confidence interval; none for a single value.
pub(super) fn interval(values: &[f64]) -> anyhow::Result<(Option<f64>, Option<f64>)> {
    let (mean, reach) = (mean(values), half_width(values, 0.95)?);
    Ok((reach.map(|reach| mean - reach), reach.map(|reach| mean + reach)))
}

/// A p-value for people; empty if there is none.
pub(super) fn p_text(p: Option<PValue>) -> String {
    match p {
        None => String::new(),
        Some(PValue { value, .. }) if value >= 1e-3 => format!("{value:.4}"),
        Some(PValue { value, .. }) if value > 0.0 => format!("{value:.2e}"),
        Some(PValue { log10, .. }) if log10.is_finite() => format!("1e{log10:.0}"),
        Some(_) => "0".into(),
    }
}

#[cfg(test)]
mod tests {
    use a2d_eval::WelchTest;

    use super::*;

    #[test]
    fn undefined_statistics_are_none_and_bad_values_errors() {
        let test = |benign: &[f64], other: &[f64]| defined(WelchTest::new(benign, other));
        assert_eq!(test(&[1.0, 1.0], &[1.0, 1.0]), Ok(None));
        assert_eq!(test(&[1.0], &[1.0, 2.0]), Ok(None));
        assert!(test(&[1.0, 2.0], &[1.0, 2.0]).unwrap().is_some());
        assert!(test(&[1.0, f64::NAN], &[1.0, 2.0]).is_err());
    }

    // from scipy import stats  # 1.17.1
    // x = [1, 2, 4, 9]; stats.sem(x) * stats.t.ppf(0.95, 3)
    // 4.187840924808042
    #[test]
    fn interval_is_that_of_scipy() {
        let values = [1.0, 2.0, 4.0, 9.0];
        let found = half_width(&values, 0.9).unwrap().unwrap();
        assert!((found / 4.187_840_924_808_042 - 1.0).abs() < 1e-9, "{found}");
        let (low, high) = interval(&values).unwrap();
        assert!((low.unwrap() + high.unwrap() - 8.0).abs() < 1e-9);
        assert!(high.unwrap() > 4.0 + found);
        assert_eq!(interval(&[1.0]).unwrap(), (None, None));
    }

    #[test]
    fn small_p_values_stay_readable() {
        for (value, log10, text) in [
            (0.25, -0.602, "0.2500"),
            (5.66e-94, -93.247, "5.66e-94"),
            (0.0, -612.4, "1e-612"),
            (0.0, f64::NEG_INFINITY, "0"),
        ] {
            assert_eq!(p_text(Some(PValue { value, log10 })), text);
        }
        assert_eq!(p_text(None), "");
    }
}
