//! Mean and variance without loss of digits.

/// A mean as the sum of the first value and the average distance from it, left unevaluated: equal values
/// have no deviation at all, and those of a small spread far from 0 lose no digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mean {
    origin: f64,
    offset: f64,
}

impl Mean {
    /// Of one value or more.
    pub(crate) fn of(values: &[f64]) -> Self {
        let origin = values[0];
        let distances = values.iter().map(|value| value - origin);
        Self { origin, offset: distances.sum::<f64>() / values.len() as f64 }
    }

    /// How far `value` is above this mean.
    pub(crate) fn deviation(self, value: f64) -> f64 {
        (value - self.origin) - self.offset
    }

    /// How far this mean is above `other`.
    pub(crate) fn above(self, other: Self) -> f64 {
        (self.origin - other.origin) + (self.offset - other.offset)
    }
}

/// Number, mean and spread of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moments {
    pub(crate) n: f64,
    pub(crate) mean: Mean,
    /// The variance with n - 1 in the denominator.
    pub(crate) variance: f64,
}

impl Moments {
    /// Of two values or more.
    pub(crate) fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = Mean::of(values);
        let squares: f64 = values.iter().map(|&value| mean.deviation(value).powi(2)).sum();
        Self { n, mean, variance: squares / (n - 1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_is_between_and_variance_divides_by_n_less_one() {
        let Moments { n, mean, variance } = Moments::of(&[1.0, 3.0, 5.0]);
        assert_eq!((n, mean.deviation(0.0), variance), (3.0, -3.0, 4.0));
        assert_eq!(mean.above(Mean::of(&[-2.0, 4.0])), 2.0);
    }

    #[test]
    fn equal_tenths_have_no_variance() {
        assert_eq!(Moments::of(&[0.1; 10]).variance, 0.0);
    }

    // from fractions import Fraction as F
    // x = [F(1e9 + step) for step in (0, 0.25, 0.625)]; y = [F(1e9 + step) for step in (0.125, 0.25)]
    // float(sum((v - sum(x) / 3) ** 2 for v in x) / 2), float(sum(x) / 3 - sum(y) / 2)
    // 0.09895833333333333 0.10416666666666667
    #[test]
    fn small_spread_far_from_zero_is_kept() {
        let far = |steps: &[f64]| Moments::of(&steps.iter().map(|s| 1e9 + s).collect::<Vec<_>>());
        let (x, y) = (far(&[0.0, 0.25, 0.625]), far(&[0.125, 0.25]));
        assert!((x.variance - 0.098_958_333_333_333_33).abs() < 1e-15, "{}", x.variance);
        let difference = x.mean.above(y.mean);
        assert!((difference - 0.104_166_666_666_666_67).abs() < 1e-15, "{difference}");
    }
}
