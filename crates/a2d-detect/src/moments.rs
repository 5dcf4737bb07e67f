//! Mean and deviation.

/// Mean and population standard deviation (divided by n, as numpy's and scipy's `zscore`).
pub(crate) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / n).sqrt())
}

/// True if every value is the same. A deviation of 0 would not tell: the mean of equal numbers
/// is not always that number.
#[expect(clippy::float_cmp, reason = "equality is what is asked")]
pub(crate) fn is_constant(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviation_divides_by_n() {
        assert_eq!(mean_and_deviation(&[1.0, 3.0]), (2.0, 1.0));
    }

    #[test]
    fn equal_tenths_are_constant_though_their_deviation_is_not_zero() {
        assert!(is_constant(&[0.1; 10]));
        assert!(mean_and_deviation(&[0.1; 10]).1 > 0.0);
        assert!(!is_constant(&[1.0, 1.0, 2.0]));
    }
}
