//! Welch's t-test.

use serde::Serialize;

use crate::moments::Moments;
use crate::values::Named;
use crate::{Error, PValue, Result};

const OPERATION: &str = "run Welch's t-test";

/// Whether two classes of samples differ in their mean cost, without the assumption that they vary alike:
/// Welch, "The generalization of 'Student's' problem when several different population variances are
/// involved", Biometrika 34, 1947.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WelchTest {
    /// The difference of the means, benign less adversarial, in standard errors of it: positive where
    /// benign samples cost more.
    pub statistic: f64,
    /// The degrees of freedom by Welch and Satterthwaite, from n - 1 of the smaller class to n - 2 of both
    /// together.
    pub degrees_of_freedom: f64,
    /// The two-sided p-value: how likely so large a difference is if the means are the same.
    pub p: PValue,
}

impl WelchTest {
    /// Compares the costs (or times, or other values) of two classes. One of them may be constant.
    ///
    /// # Errors
    /// If a class has fewer than two values, a value is not finite or beyond [`MAX_VALUE`](crate::MAX_VALUE),
    /// or neither class varies.
    pub fn new(benign: &[f64], adversarial: &[f64]) -> Result<Self> {
        let moments = |name, values| -> Result<Moments> {
            Ok(Moments::of(Named { operation: OPERATION, name, values }.check(2)?))
        };
        let benign = moments("benign values", benign)?;
        let adversarial = moments("adversarial values", adversarial)?;
        let (own, other) = (benign.variance / benign.n, adversarial.variance / adversarial.n);
        let squared_error = own + other;
        if squared_error < f64::MIN_POSITIVE {
            let name = "benign or adversarial values";
            return Err(Error::Constant { operation: OPERATION, name });
        }
        let statistic = benign.mean.above(adversarial.mean) / squared_error.sqrt();
        // Shares, because the squares in the usual form of the quotient overflow before it does.
        let (own, other) = (own / squared_error, other / squared_error);
        let degrees_of_freedom =
            1.0 / (own.powi(2) / (benign.n - 1.0) + other.powi(2) / (adversarial.n - 1.0));
        let p = PValue::of_students_t(statistic, degrees_of_freedom);
        Ok(Self { statistic, degrees_of_freedom, p })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::{assert_close, values};

    const BENIGN: [f64; 12] =
        [201.0, 171.0, 114.0, 134.0, 83.0, 174.0, 109.0, 140.0, 131.0, 51.0, 82.0, 175.0];
    const ADVERSARIAL: [f64; 9] = [9.0, 4.0, 31.0, 12.0, 4.0, 4.0, 20.0, 83.0, 6.0];

    /// Costs of `n` benign samples around 150 and of as many adversarial ones around 20.
    fn waves(n: u32) -> (Vec<f64>, Vec<f64>) {
        let wave = |i| (150.0 + 40.0 * f64::from(i).sin(), 20.0 + 15.0 * f64::from(i).cos());
        (0..n).map(wave).unzip()
    }

    // from scipy import stats  # 1.17.1
    // r = stats.ttest_ind(benign, adversarial, equal_var=False)
    // r.statistic, r.df, r.pvalue
    // (7.15909006036755, 17.944514017401403, 1.1684888937701954e-06)
    // r = stats.ttest_ind(benign[:2], [5, 5, 5], equal_var=False)
    // (12.066666666666666, 1.0, 0.05263825942233455)
    #[test]
    fn test_is_that_of_scipy() {
        let WelchTest { statistic, degrees_of_freedom, p } =
            WelchTest::new(&BENIGN, &ADVERSARIAL).unwrap();
        assert_close(statistic, 7.159_090_060_367_55);
        assert_close(degrees_of_freedom, 17.944_514_017_401_403);
        assert_close(p.value, 1.168_488_893_770_195_4e-6);
        assert_close(p.log10, -5.932_375_411_125_619);

        let WelchTest { statistic, degrees_of_freedom, p } =
            WelchTest::new(&BENIGN[..2], &[5.0; 3]).unwrap();
        assert_close(statistic, 12.066_666_666_666_666);
        assert_close(degrees_of_freedom, 1.0);
        assert_close(p.value, 0.052_638_259_422_334_55);
    }

    // i = np.arange(n)  # 200, 2000
    // r = stats.ttest_ind(150 + 40 * np.sin(i), 20 + 15 * np.cos(i), equal_var=False)
    // r.statistic, r.df, r.pvalue, float(ln_tail(r.statistic, r.df) / m.log(10))  # as in students_t.rs
    // (60.86998055826334, 254.14358437796272, 1.496884597199065e-153, -152.82481168043955)
    // (192.44219829433288, 2550.6579848766874, 0.0, -1520.543963928131)
    #[test]
    fn tiny_p_values_are_exact_and_go_on_as_logarithms() {
        let (benign, adversarial) = waves(200);
        let p = WelchTest::new(&benign, &adversarial).unwrap().p;
        assert_close(p.value, 1.496_884_597_199_065e-153);
        assert_close(p.log10, -152.824_811_680_439_55);

        let (benign, adversarial) = waves(2000);
        let p = WelchTest::new(&benign, &adversarial).unwrap().p;
        assert_eq!(p.value, 0.0);
        assert_close(p.log10, -1_520.543_963_928_131);
    }

    #[test]
    fn large_and_small_units_give_the_same() {
        let expected = WelchTest::new(&BENIGN, &ADVERSARIAL).unwrap();
        for unit in [1e-100, 1e97] {
            let scaled = |values: &[f64]| values.iter().map(|v| v * unit).collect::<Vec<_>>();
            let found = WelchTest::new(&scaled(&BENIGN), &scaled(&ADVERSARIAL)).unwrap();
            assert_close(found.statistic, expected.statistic);
            assert_close(found.degrees_of_freedom, expected.degrees_of_freedom);
        }
    }

    #[test]
    fn equal_means_are_no_evidence() {
        let p = WelchTest::new(&[1.0, 3.0], &[0.0, 4.0]).unwrap().p;
        assert_eq!((p.value, p.log10), (1.0, 0.0));
    }

    #[test]
    fn classes_that_cannot_be_compared_are_refused() {
        let message = |benign: &[f64], adversarial: &[f64]| {
            WelchTest::new(benign, adversarial).unwrap_err().to_string()
        };
        assert!(message(&[1.0], &[1.0, 2.0]).contains("2 or more benign values, got 1"));
        assert!(message(&[1.0, 2.0], &[]).contains("2 or more adversarial values, got 0"));
        assert!(
            message(&[1.0, 2.0], &[3.0, f64::NAN]).contains("got NaN (adversarial values, place 1")
        );
        assert!(message(&[0.1; 9], &[0.3; 7]).contains("that differ, got no variance"));
    }

    proptest! {
        #[test]
        fn swaps_turn_the_sign_and_shifts_change_nothing(
            benign in values(2..40), adversarial in values(2..40), shift in -50_i32..50,
        ) {
            let Ok(test) = WelchTest::new(&benign, &adversarial) else {
                prop_assert!(benign.iter().all(|value| *value == benign[0]));
                prop_assert!(adversarial.iter().all(|value| *value == adversarial[0]));
                return Ok(());
            };
            let swapped = WelchTest::new(&adversarial, &benign).unwrap();
            prop_assert_eq!(swapped.statistic, -test.statistic);
            prop_assert!((swapped.p.log10 - test.p.log10).abs() < 1e-10 * (1.0 - test.p.log10));

            let shifted = |values: &[f64]| -> Vec<f64> {
                values.iter().map(|value| value + f64::from(shift)).collect()
            };
            let shifted = WelchTest::new(&shifted(&benign), &shifted(&adversarial)).unwrap();
            let change = (shifted.statistic - test.statistic).abs();
            prop_assert!(change < 1e-9 * (1.0 + test.statistic.abs()));

            let (n, m) = (benign.len() as f64, adversarial.len() as f64);
            let freedom = test.degrees_of_freedom;
            prop_assert!(n.min(m) - 1.0 <= freedom + 1e-9 && freedom <= n + m - 2.0 + 1e-9);
            prop_assert!((0.0..=1.0).contains(&test.p.value));
        }
    }
}
