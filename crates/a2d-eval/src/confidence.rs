//! The level of all intervals.

/// The 97.5 % quantile of the normal distribution: 95 % of it lies within so many deviations.
pub(crate) const NORMAL_95: f64 = 1.959_963_984_540_054;

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, Normal};

    use super::*;

    #[test]
    fn quantile_is_that_of_the_normal_distribution() {
        assert!((NORMAL_95 - Normal::standard().inverse_cdf(0.975)).abs() < 1e-9);
    }
}
