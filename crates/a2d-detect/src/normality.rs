use crate::moments::mean_and_deviation;

/// The fewest values [`normality_p_value`] is used on. The normal approximation of the kurtosis holds
/// from 20 values on (Anscombe and Glynn, "Distribution of the kurtosis statistic b2 for normal
/// samples", Biometrika 70, 1983); scipy warns below.
pub(crate) const LEAST_VALUES: usize = 20;

/// The p-value of D'Agostino and Pearson's K² test: how likely values at least as skewed or tailed as
/// these are, were they normal. At least [`LEAST_VALUES`] values that are not all the same.
///
/// K² is the sum of the squared z-scores of skewness and kurtosis (D'Agostino, Belanger and D'Agostino
/// Jr., "A suggestion for using powerful and informative tests of normality", The American Statistician
/// 44, 1990), chi-squared with two degrees of freedom, whose upper tail is exp(-K²/2).
pub(crate) fn normality_p_value(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let (mean, deviation) = mean_and_deviation(values);
    let moment = |order| {
        let powers = values.iter().map(|x| ((x - mean) / deviation).powi(order));
        powers.sum::<f64>() / n
    };
    let k2 = skewness_z(moment(3), n).powi(2) + kurtosis_z(moment(4), n).powi(2);
    (-k2 / 2.0).exp()
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
    use crate::tests::{BIM, JSMA};

    // from scipy import stats
    // stats.normaltest(bim).pvalue, stats.normaltest(jsma).pvalue
    // stats.normaltest([*range(1, 20), 60]).pvalue
    // (0.5141291536322801, 6.322498917502501e-24, 1.4980500363175673e-08)
    #[test]
    fn p_values_are_those_of_scipy() {
        let outlier: Vec<f64> = (1..20).chain([60]).map(f64::from).collect();
        for (values, expected) in [
            (&BIM[..], 0.514_129_153_632_280_1),
            (&JSMA[..], 6.322_498_917_502_501e-24),
            (&outlier[..], 1.498_050_036_317_567_3e-8),
        ] {
            let p = normality_p_value(values);
            assert!((p / expected - 1.0).abs() < 1e-9, "{p} {expected}");
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
