//! Pearson's and Spearman's correlation.

use serde::{Deserialize, Serialize};

use crate::moments::Mean;
use crate::ranks::average_ranks;
use crate::values::Named;
use crate::{Error, PValue, Result};

const OPERATION: &str = "correlate";

/// How far two measures of the same samples, such as cost and CLEVER score, rise and fall together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// From -1 (one falls as the other rises) over 0 to 1 (they rise together).
    pub coefficient: f64,
    /// The two-sided p-value: how likely a coefficient so far from 0 is without any correlation, from
    /// Student's t with n - 2 degrees of freedom. It is 1 for two samples, which always correlate.
    pub p: PValue,
}

impl Correlation {
    /// Pearson's correlation, which is perfect for points on a line. `x[i]` and `y[i]` are of the same
    /// sample. The p-value is exact for normal measures.
    ///
    /// # Errors
    /// If there are fewer than two samples, `x` and `y` differ in length, a value is not finite or beyond
    /// [`MAX_VALUE`](crate::MAX_VALUE), or all of `x` or all of `y` are the same.
    pub fn pearson(x: &[f64], y: &[f64]) -> Result<Self> {
        check(x, y)?;
        Self::of(x, y)
    }

    /// Spearman's correlation, which is perfect for points on any rising or falling curve: Pearson's of
    /// the ranks, equal values sharing the average of theirs. The p-value is an approximation for many
    /// samples.
    ///
    /// # Errors
    /// As [`pearson`](Self::pearson).
    pub fn spearman(x: &[f64], y: &[f64]) -> Result<Self> {
        check(x, y)?;
        Self::of(&average_ranks(x), &average_ranks(y))
    }

    /// For deviations x and y of length 1 in all, |x + y|² is 2 (1 + r) and |x - y|² is 2 (1 - r). Unlike
    /// r from their product these keep their digits near a perfect correlation, where p hangs on them.
    fn of(x: &[f64], y: &[f64]) -> Result<Self> {
        let (x, y) = (unit_deviations(x, "x values")?, unit_deviations(y, "y values")?);
        let with: f64 = x.iter().zip(&y).map(|(x, y)| (x + y).powi(2)).sum();
        let against: f64 = x.iter().zip(&y).map(|(x, y)| (x - y).powi(2)).sum();
        let coefficient = (with - against) / (with + against);
        let freedom = x.len() as f64 - 2.0;
        let p = if freedom > 0.0 {
            // r √(freedom / (1 - r²))
            let t = (with - against) / 2.0 * (freedom / (with * against)).sqrt();
            PValue::of_students_t(t, freedom)
        } else {
            PValue { value: 1.0, log10: 0.0 }
        };
        Ok(Self { coefficient, p })
    }
}

fn check(x: &[f64], y: &[f64]) -> Result<()> {
    if x.len() != y.len() {
        return Err(Error::Lengths { operation: OPERATION, x: x.len(), y: y.len() });
    }
    for (name, values) in [("x values", x), ("y values", y)] {
        Named { operation: OPERATION, name, values }.check(2)?;
    }
    Ok(())
}

/// Deviations from the mean whose squares add up to 1.
fn unit_deviations(values: &[f64], name: &'static str) -> Result<Vec<f64>> {
    let mean = Mean::of(values);
    let deviations = values.iter().map(|&value| mean.deviation(value));
    let largest = deviations.clone().fold(0.0_f64, |most, deviation| most.max(deviation.abs()));
    if largest == 0.0 {
        return Err(Error::Constant { operation: OPERATION, name });
    }
    // In units of the largest one no square overflows or is lost.
    let scaled: Vec<f64> = deviations.map(|deviation| deviation / largest).collect();
    let length = scaled.iter().map(|deviation| deviation.powi(2)).sum::<f64>().sqrt();
    Ok(scaled.iter().map(|deviation| deviation / length).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::{assert_close, values};

    const ITERATIONS: [f64; 12] =
        [201.0, 171.0, 114.0, 134.0, 83.0, 174.0, 109.0, 140.0, 131.0, 51.0, 82.0, 174.0];
    const CLEVER: [f64; 12] = [3.1, 2.9, 2.2, 1.9, 1.9, 3.4, 1.2, 2.6, 2.2, 0.7, 1.9, 2.4];

    type Measure = fn(&[f64], &[f64]) -> Result<Correlation>;
    const MEASURES: [Measure; 2] = [Correlation::pearson, Correlation::spearman];

    fn mapped(values: &[f64], map: impl Fn(f64) -> f64) -> Vec<f64> {
        values.iter().map(|&value| map(value)).collect()
    }

    // from scipy import stats  # 1.17.1
    // for f in stats.pearsonr, stats.spearmanr: f(iterations, clever)
    // (0.8589654415000261, 0.00034511529054331305)
    // (0.886947944387349, 0.00011995162416848322)
    // stats.pearsonr([1, 2, 4], [3, 7, 5])
    // (0.3273268353539885, 0.7877043849903435)
    #[test]
    fn correlations_are_those_of_scipy() {
        let Correlation { coefficient, p } = Correlation::pearson(&ITERATIONS, &CLEVER).unwrap();
        assert_close(coefficient, 0.858_965_441_500_026_1);
        assert_close(p.value, 0.000_345_115_290_543_313_05);
        let Correlation { coefficient, p } = Correlation::spearman(&ITERATIONS, &CLEVER).unwrap();
        assert_close(coefficient, 0.886_947_944_387_349);
        assert_close(p.value, 0.000_119_951_624_168_483_22);
        let three = Correlation::pearson(&[1.0, 2.0, 4.0], &[3.0, 7.0, 5.0]).unwrap();
        assert_close(three.coefficient, 0.327_326_835_353_988_5);
        assert_close(three.p.value, 0.787_704_384_990_343_5);
    }

    // i = np.arange(300.0)
    // for f in stats.pearsonr, stats.spearmanr:
    //     r = m.mpf(float(f(i, i + 5 * np.sin(i))[0]))  # import mpmath as m; m.mp.dps = 40  # 1.4.1
    //     float(r), float(m.log10(m.betainc(149, 0.5, 0, 1 - r**2, regularized=True)))
    // (0.9991703336774932, -415.59193856685124)
    // (0.9992168801875577, -419.3266643333377)
    #[test]
    fn tiny_p_values_go_on_as_logarithms() {
        let x: Vec<f64> = (0..300).map(f64::from).collect();
        let y = mapped(&x, |i| i + 5.0 * i.sin());
        for (measure, coefficient, log10) in [
            (MEASURES[0], 0.999_170_333_677_493_2, -415.591_938_566_851_24),
            (MEASURES[1], 0.999_216_880_187_557_7, -419.326_664_333_337_7),
        ] {
            let found = measure(&x, &y).unwrap();
            assert_close(found.coefficient, coefficient);
            assert_eq!(found.p.value, 0.0);
            assert_close(found.p.log10, log10);
        }
    }

    // x = [m.mpf(i) for i in range(4)]; y = x[:3] + [m.mpf(3.000001)]; mean = lambda v: sum(v) / 4
    // dot = lambda v, w: sum((a - mean(v)) * (b - mean(w)) for a, b in zip(v, w))
    // float(m.betainc(1, 0.5, 0, 1 - dot(x, y)**2 / dot(x, x) / dot(y, y), regularized=True))
    // 2.999998200839342e-14, where stats.pearsonr gives 2.9976e-14
    #[test]
    fn p_values_near_perfect_correlation_keep_their_digits() {
        let found = Correlation::pearson(&[0.0, 1.0, 2.0, 3.0], &[0.0, 1.0, 2.0, 3.000_001]);
        let p = found.unwrap().p.value;
        assert!((p / 2.999_998_200_839_342e-14 - 1.0).abs() < 1e-8, "{p}");
    }

    #[test]
    fn same_and_opposite_measures_correlate_perfectly() {
        for measure in MEASURES {
            let same = measure(&CLEVER, &CLEVER).unwrap();
            let opposite = measure(&CLEVER, &mapped(&CLEVER, |y| -y)).unwrap();
            assert_eq!((same.coefficient, opposite.coefficient), (1.0, -1.0));
            assert_eq!((same.p.value, opposite.p.log10), (0.0, f64::NEG_INFINITY));
        }
    }

    #[test]
    fn two_samples_always_correlate() {
        for measure in MEASURES {
            let found = measure(&[1.0, 2.0], &[5.0, 4.0]).unwrap();
            assert_eq!((found.coefficient, found.p.value, found.p.log10), (-1.0, 1.0, 0.0));
        }
    }

    #[test]
    fn measures_of_any_unit_are_taken() {
        for unit in [1e-300, 1e97] {
            let scaled = mapped(&ITERATIONS, |x| x * unit);
            let found = Correlation::pearson(&scaled, &CLEVER).unwrap();
            assert_close(found.coefficient, 0.858_965_441_500_026_1);
        }
    }

    #[test]
    fn measures_without_a_correlation_are_refused() {
        for measure in MEASURES {
            let message = |x: &[f64], y: &[f64]| measure(x, y).unwrap_err().to_string();
            assert!(message(&[], &[]).contains("2 or more x values, got 0"));
            assert!(message(&[1.0], &[1.0]).contains("2 or more x values, got 1"));
            assert!(message(&[1.0], &[]).contains("as many x as y values, got 1 and 0"));
            assert!(message(&[0.1; 3], &CLEVER[..3]).contains("x values that differ"));
            assert!(message(&CLEVER[..3], &[0.1; 3]).contains("y values that differ"));
            for wrong in [f64::NAN, f64::INFINITY] {
                let found = message(&[1.0, 2.0], &[wrong, 1.0]);
                assert!(found.contains(&format!("got {wrong} (y values, place 0")), "{found}");
            }
        }
    }

    proptest! {
        #[test]
        fn correlations_are_symmetric_and_bounded(
            (x, y) in (2..40_usize).prop_flat_map(|n| (values(n..=n), values(n..=n))),
        ) {
            let varies = |values: &[f64]| values.iter().any(|value| *value != values[0]);
            for measure in MEASURES {
                let Ok(found) = measure(&x, &y) else {
                    prop_assert!(!varies(&x) || !varies(&y));
                    continue;
                };
                prop_assert!(varies(&x) && varies(&y));
                prop_assert!((-1.0..=1.0).contains(&found.coefficient));
                prop_assert!((0.0..=1.0).contains(&found.p.value));
                prop_assert_eq!(measure(&y, &x).unwrap(), found);
                let turned = measure(&x, &mapped(&y, |y| -y)).unwrap();
                prop_assert_eq!(turned.coefficient, -found.coefficient);
                prop_assert_eq!(turned.p, found.p);
            }
        }

        #[test]
        fn lines_leave_pearson_and_growing_curves_spearman(
            (x, y) in (3..40_usize).prop_flat_map(|n| (values(n..=n), values(n..=n))),
        ) {
            if let Ok(pearson) = Correlation::pearson(&x, &y) {
                let line = Correlation::pearson(&mapped(&x, |x| 0.3 * x - 7.0), &y).unwrap();
                prop_assert!((line.coefficient - pearson.coefficient).abs() < 1e-12);
                let curve = Correlation::spearman(&mapped(&x, |x| (0.1 * x).exp()), &y).unwrap();
                prop_assert_eq!(curve, Correlation::spearman(&x, &y).unwrap());
            }
        }
    }
}
