//! D'Agostino and Pearson's test of normality.

use crate::moments::mean_and_deviation;

/// The fewest values [`normality_p_value`] is used on. The normal approximation of the kurtosis holds
/// from 20 values on (Anscombe and Glynn, "Distribution of the kurtosis statistic b2 for normal
/// samples", Biometrika 70, 1983); scipy warns below.
pub(crate) const LEAST_VALUES: usize = 20;

/// The p-value of D'Agostino and Pearson's K² test: how likely values at least as skewed or tailed as
/// these are, were they normal. At least [`LEAST_VALUES`] values that are not all the same.
///
/// K² is chi-squared with two degrees of freedom, whose upper tail is exp(-K²/2).
pub(crate) fn normality_p_value(values: &[f64]) -> f64 {
    (-k_squared(values) / 2.0).exp()
}

/// The sum of the squared z-scores of skewness and kurtosis (D'Agostino, Belanger and D'Agostino Jr., "A
/// suggestion for using powerful and informative tests of normality", The American Statistician 44, 1990).
fn k_squared(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let (mean, deviation) = mean_and_deviation(values);
    let moment = |order| {
        let powers = values.iter().map(|x| ((x - mean) / deviation).powi(order));
        powers.sum::<f64>() / n
    };
    skewness_z(moment(3), n).powi(2) + kurtosis_z(moment(4), n).powi(2)
}

/// The sample skewness as a standard normal z-score.
fn skewness_z(skewness: f64, n: f64) -> f64 {
    let y = skewness * ((n + 1.0) * (n + 3.0) / (6.0 * (n - 2.0))).sqrt();
    let beta2 = 3.0 * (n * n + 27.0 * n - 70.0) * (n + 1.0) * (n + 3.0)
        / ((n - 2.0) * (n + 5.0) * (n + 7.0) * (n + 9.0));
    let w2 = (2.0 * (beta2 - 1.0)).sqrt() - 1.0;
    let delta = 1.0 / (0.5 * w2.ln()).sqrt();
    let alpha = (2.0 / (w2 - 1.0)).sqrt();
    delta * (y / alpha).asinh()
}

/// The sample kurtosis (3 for a normal distribution) as a standard normal z-score.
fn kurtosis_z(kurtosis: f64, n: f64) -> f64 {
    let expected = 3.0 * (n - 1.0) / (n + 1.0);
    let variance = 24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0).powi(2) * (n + 3.0) * (n + 5.0));
    let x = (kurtosis - expected) / variance.sqrt();
    let root_beta1 = 6.0 * (n * n - 5.0 * n + 2.0) / ((n + 7.0) * (n + 9.0))
        * (6.0 * (n + 3.0) * (n + 5.0) / (n * (n - 2.0) * (n - 3.0))).sqrt();
    let a = 6.0 + 8.0 / root_beta1 * (2.0 / root_beta1 + (1.0 + 4.0 / root_beta1.powi(2)).sqrt());
    let ratio = (1.0 - 2.0 / a) / (1.0 + x * (2.0 / (a - 4.0)).sqrt());
    (1.0 - 2.0 / (9.0 * a) - ratio.cbrt()) / (2.0 / (9.0 * a)).sqrt()
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    use super::*;
    use crate::tests::{BIM, JSMA, WITH_ZEROS};

    // scipy 1.17.1, numpy 2.4.6
    // for x in bim, jsma, with_zeros, [*range(1, 20), 60]:
    //     print(*stats.normaltest(x))
    #[test]
    fn statistics_are_those_of_scipy() {
        let outlier: Vec<f64> = (1..20).chain([60]).map(f64::from).collect();
        for (values, k2, p) in [
            (&BIM[..], 1.330_561_546_864_551_3, 0.514_129_153_632_280_2),
            (&JSMA[..], 106.835_855_407_017_3, 6.322_498_917_502_501e-24),
            (&WITH_ZEROS[..], 13.821_287_570_862_978, 0.000_997_115_661_271_606_7),
            (&outlier[..], 36.033_032_914_668_04, 1.498_050_036_317_567_3e-8),
        ] {
            let (our_k2, our_p) = (k_squared(values), normality_p_value(values));
            assert!((our_k2 - k2).abs() < 1e-8, "{our_k2} {k2}");
            assert!((our_p / p - 1.0).abs() < 1e-8, "{our_p} {p}");
        }
    }

    #[test]
    fn upper_tail_of_chi_squared_is_exponential() {
        let chi_squared = ChiSquared::new(2.0).unwrap();
        for k2 in [0.1, 1.0, 5.991, 30.0] {
            assert!((chi_squared.sf(k2) / (-k2 / 2.0).exp() - 1.0).abs() < 1e-9);
        }
    }
}
