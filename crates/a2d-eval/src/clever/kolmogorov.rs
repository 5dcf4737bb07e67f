//! The two-sided test of Kolmogorov and Smirnov.

/// Where n d² is larger, the p-value is below 5e-16 (2 exp(-2 n d²) bounds it) and 1 - P cannot tell it
/// from 0.
const FAR: f64 = 18.0;

/// Factorials in the matrix below: 1 / 20! is less than the rounding of the sums it would enter.
const TERMS: usize = 20;

/// How likely a sample of the continuous distribution `cdf` is as far from it as `sorted`, values in
/// rising order. Exact but for rounding, and 0 where it is below 5e-16.
pub(crate) fn p_value(sorted: &[f64], cdf: impl Fn(f64) -> f64) -> f64 {
    let n = sorted.len() as f64;
    let steps = sorted.iter().enumerate().map(|(below, &value)| {
        let probability = cdf(value);
        (probability - below as f64 / n).max((below + 1) as f64 / n - probability)
    });
    p_value_of_distance(steps.fold(0.0, f64::max), sorted.len())
}

/// 1 - P(D < `distance`) of `n` values. P is Durbin's n!/nⁿ (Hⁿ)ₖₖ, as in Marsaglia, Tsang, Wang,
/// "Evaluating Kolmogorov's distribution", Journal of Statistical Software 8(18), 2003. A vector takes
/// the place of their powers of the matrix, and what is beyond [`TERMS`] diagonals is left out, so that it
/// takes n² d steps instead of (n d)³. Each step is scaled by 1/e, the most by which H can stretch a vector.
fn p_value_of_distance(distance: f64, n: usize) -> f64 {
    let count = n as f64;
    if count * distance * distance > FAR {
        return 0.0;
    }
    let k = (count * distance).floor() as usize + 1;
    let matrix = DurbinMatrix::new(2 * k - 1, k as f64 - count * distance);
    let mut vector = vec![0.0; 2 * k - 1];
    vector[k - 1] = 1.0;
    for _ in 0..n {
        vector = matrix.times(&vector);
    }
    // n! (e/n)ⁿ
    let rescale: f64 = (1..=n).map(|i| (i as f64 / count).ln() + 1.0).sum();
    (1.0 - vector[k - 1] * rescale.exp()).clamp(0.0, 1.0)
}

/// H / e: a band of inverse factorials, from the diagonal above the main one downwards, but for its first
/// column and last row.
struct DurbinMatrix {
    /// 1 / (e l!) for the diagonal l below the uppermost.
    band: [f64; TERMS],
    /// The first column; turned round, it is the last row.
    edge: Vec<f64>,
}

impl DurbinMatrix {
    fn new(size: usize, h: f64) -> Self {
        let mut band = [(-1.0_f64).exp(); TERMS];
        for l in 1..TERMS {
            band[l] = band[l - 1] / l as f64;
        }
        let power = |exponent: usize| h.powi(exponent as i32);
        let inverse_factorial = |l: usize| band.get(l).copied().unwrap_or_default();
        let column = (1..=size).map(|l| inverse_factorial(l) * (1.0 - power(l)));
        let mut edge: Vec<f64> = column.collect();
        let corner = 1.0 - 2.0 * power(size) + (2.0 * h - 1.0).max(0.0).powi(size as i32);
        edge[size - 1] = inverse_factorial(size) * corner;
        Self { band, edge }
    }

    fn times(&self, vector: &[f64]) -> Vec<f64> {
        let size = vector.len();
        let rows = (0..size - 1).map(|row| {
            let from = (row + 2).saturating_sub(TERMS).max(1);
            let band = vector[from..=row + 1].iter().rev().zip(&self.band);
            let first = self.edge[row] * vector[0];
            first + band.map(|(v, inverse_factorial)| v * inverse_factorial).sum::<f64>()
        });
        let last = self.edge.iter().rev().zip(vector).map(|(entry, v)| entry * v).sum();
        rows.chain([last]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // from scipy.stats import kstwo  # 1.17.1
    // [kstwo.sf(d, n) for d, n in cases]
    #[test]
    fn p_values_are_those_of_scipy() {
        for (distance, n, expected) in [
            (0.6, 1, 0.8),
            (0.3, 2, 0.98),
            (0.8, 2, 0.08),
            (0.05, 10, 1.0),
            (0.274, 10, 0.371_520_384_543_495_7),
            (0.5, 10, 0.007_777_41),
            (0.07, 50, 0.952_714_328_220_661_9),
            (0.27, 50, 0.001_038_766_591_968_11),
            (0.4, 50, 9.863_563_364_410_06e-8),
        ] {
            let found = p_value_of_distance(distance, n);
            assert!((found - expected).abs() < 1e-12, "{distance} {n}: {found} {expected}");
        }
    }

    // scipy takes an approximation for these.
    #[test]
    fn p_values_of_many_are_near_those_of_scipy() {
        for (distance, n, expected) in [
            (0.02, 500, 0.985_987_178_685_747_1),
            (0.0872, 500, 0.000_931_737_213_705_711_6),
            (0.15, 500, 2.758_171_849_513_672e-10),
            (0.009, 10_000, 0.390_439_212_033_122_26),
            (0.0195, 10_000, 0.000_982_580_810_123_865),
        ] {
            let found = p_value_of_distance(distance, n);
            assert!((found - expected).abs() < 1e-9, "{distance} {n}: {found} {expected}");
        }
    }

    // The formula in mpmath 1.4.1 with 60 digits and the whole matrix.
    #[test]
    fn left_out_diagonals_do_not_matter() {
        for (distance, n, expected) in
            [(0.02, 500, 0.985_987_178_543_257_3), (0.0872, 500, 0.000_931_737_213_624_825_2)]
        {
            let found = p_value_of_distance(distance, n);
            assert!((found - expected).abs() < 1e-13, "{distance} {n}: {found} {expected}");
        }
    }

    // from scipy.stats import kstest
    // [kstest(x, "uniform").pvalue for x in ([0.1, 0.15, 0.45, 0.9], [0.5, 0.6, 0.7, 0.95])]
    #[test]
    fn distance_is_taken_on_both_sides_of_a_step() {
        let uniform = |sorted: &[f64]| p_value(sorted, |x| x);
        assert!((uniform(&[0.1, 0.15, 0.45, 0.9]) - 0.605_05).abs() < 1e-12);
        assert!((uniform(&[0.5, 0.6, 0.7, 0.95]) - 0.1875).abs() < 1e-12);
    }

    #[test]
    fn a_sample_far_from_its_distribution_is_impossible() {
        assert_eq!(p_value(&[2.0; 100], |_| 1.0), 0.0);
    }
}
