//! Quartiles, whiskers and outliers.

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::values::Named;

/// Whiskers end within so many interquartile ranges of the box.
const REACH: f64 = 1.5;

/// What a box plot draws of a set of values: the five-number summary, whiskers and outliers (Tukey,
/// "Exploratory Data Analysis", 1977).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoxPlot {
    /// The smallest value.
    pub minimum: f64,
    /// The quantile of 1/4, linear between values.
    pub lower_quartile: f64,
    /// The quantile of 1/2.
    pub median: f64,
    /// The quantile of 3/4, linear between values.
    pub upper_quartile: f64,
    /// The largest value.
    pub maximum: f64,
    /// The smallest value that is no outlier, or the lower quartile if that is smaller still.
    pub lower_whisker: f64,
    /// The largest value that is no outlier, or the upper quartile if that is larger still.
    pub upper_whisker: f64,
    /// The values more than 1.5 interquartile ranges outside the quartiles, in ascending order.
    pub outliers: Vec<f64>,
}

impl BoxPlot {
    /// Summarises values, in O(n log n).
    ///
    /// # Errors
    /// If there is no value, or one is not finite or beyond [`MAX_VALUE`](crate::MAX_VALUE).
    pub fn new(values: &[f64]) -> Result<Self> {
        let named = Named { operation: "summarise values", name: "values", values };
        let mut sorted = named.check(1)?.to_vec();
        sorted.sort_by(f64::total_cmp);
        let [lower_quartile, median, upper_quartile] =
            [0.25, 0.5, 0.75].map(|q| quantile(&sorted, q));
        let reach = REACH * (upper_quartile - lower_quartile);
        let below = sorted.partition_point(|&value| value < lower_quartile - reach);
        let up_to = sorted.partition_point(|&value| value <= upper_quartile + reach);
        Ok(Self {
            minimum: sorted[0],
            lower_quartile,
            median,
            upper_quartile,
            maximum: sorted[sorted.len() - 1],
            lower_whisker: sorted[below].min(lower_quartile),
            upper_whisker: sorted[up_to - 1].max(upper_quartile),
            outliers: [&sorted[..below], &sorted[up_to..]].concat(),
        })
    }
}

/// The value at `q` of the way from the first to the last of `sorted`, linear between neighbours: type 7
/// of Hyndman and Fan, "Sample quantiles in statistical packages", The American Statistician 50, 1996,
/// and numpy's default.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tests::values;

    // np.quantile(values, [0, 0.25, 0.5, 0.75, 1])  # numpy 2.4.6
    // cbook.boxplot_stats(values)[0]  # matplotlib 3.11.2: whislo, whishi, fliers
    // [4.0, 4.5, 10.5, 28.25, 300.0] 4.0 31.0 [83.0, 300.0]
    #[test]
    fn summary_is_that_of_numpy_and_matplotlib() {
        let values = [9.0, 4.0, 31.0, 12.0, 4.0, 4.0, 20.0, 83.0, 6.0, 300.0];
        let expected = BoxPlot {
            minimum: 4.0,
            lower_quartile: 4.5,
            median: 10.5,
            upper_quartile: 28.25,
            maximum: 300.0,
            lower_whisker: 4.0,
            upper_whisker: 31.0,
            outliers: vec![83.0, 300.0],
        };
        assert_eq!(BoxPlot::new(&values).unwrap(), expected);
    }

    // cbook.boxplot_stats([0, 1, 1, 1])[0]: q1, whislo, fliers
    // 0.75 0.75 [0.0]
    #[test]
    fn whisker_does_not_end_within_the_box() {
        let found = BoxPlot::new(&[0.0, 1.0, 1.0, 1.0]).unwrap();
        assert_eq!((found.lower_quartile, found.lower_whisker), (0.75, 0.75));
        assert_eq!(found.outliers, [0.0]);
    }

    #[test]
    fn constant_and_single_values_are_a_line() {
        for values in [&[0.1; 9][..], &[0.1]] {
            let found = BoxPlot::new(values).unwrap();
            let line = [found.minimum, found.lower_quartile, found.median, found.upper_quartile];
            assert_eq!(line, [0.1; 4]);
            assert_eq!([found.maximum, found.lower_whisker, found.upper_whisker], [0.1; 3]);
            assert!(found.outliers.is_empty());
        }
    }

    #[test]
    fn nothing_and_values_that_are_not_finite_are_refused() {
        let message = |values: &[f64]| BoxPlot::new(values).unwrap_err().to_string();
        assert!(message(&[]).contains("1 or more values, got 0"));
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(message(&[1.0, wrong]).contains(&format!("got {wrong} (values, place 1")));
        }
    }

    proptest! {
        #[test]
        fn numbers_are_in_order_and_every_value_is_in_or_out(values in values(1..60)) {
            let found = BoxPlot::new(&values).unwrap();
            let order = [
                found.minimum,
                found.lower_whisker,
                found.lower_quartile,
                found.median,
                found.upper_quartile,
                found.upper_whisker,
                found.maximum,
            ];
            prop_assert!(order.is_sorted(), "{:?}", found);
            let reach = 1.5 * (found.upper_quartile - found.lower_quartile);
            let within = found.lower_quartile - reach..=found.upper_quartile + reach;
            let mut outliers = values.clone();
            outliers.retain(|value| !within.contains(value));
            outliers.sort_by(f64::total_cmp);
            prop_assert_eq!(&found.outliers, &outliers);
            for q in [found.lower_whisker, found.upper_whisker] {
                prop_assert!(within.contains(&q));
            }
        }

        #[test]
        fn negated_values_mirror_the_box(values in values(1..60)) {
            let found = BoxPlot::new(&values).unwrap();
            let negated: Vec<f64> = values.iter().map(|value| -value).collect();
            let mirrored = BoxPlot::new(&negated).unwrap();
            prop_assert!((found.lower_quartile + mirrored.upper_quartile).abs() < 1e-12);
            prop_assert!((found.median + mirrored.median).abs() < 1e-12);
            prop_assert_eq!(found.maximum, -mirrored.minimum);
        }
    }
}
