//! Which numbers a detector takes: costs of attacks, or scores of any kind.

use std::ops::RangeInclusive;

use a2d_cost::Sign;
use linfa::Dataset;
use ndarray::{Array1, ArrayView1, ArrayView2, Axis, Ix1, concatenate};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The largest cost or score a detector takes. Far beyond any count or clock, and small enough that squared
/// distances stay finite.
pub const MAX_COST: f64 = 1e100;

/// Costs or scores (samples x columns) labelled for [`Knn`](crate::Knn): the benign rows, then the adversarial
/// ones, whose target is `true`.
///
/// # Errors
/// If the two have different numbers of columns.
pub fn labelled(
    benign: ArrayView2<f64>,
    adversarial: ArrayView2<f64>,
) -> Result<Dataset<f64, bool, Ix1>> {
    let costs = concatenate(Axis(0), &[benign.view(), adversarial.view()])
        .map_err(|_| Error::Width { expected: benign.ncols(), got: adversarial.ncols() })?;
    let is_adversarial = Array1::from_shape_fn(costs.nrows(), |row| row >= benign.nrows());
    Ok(Dataset::new(costs, is_adversarial))
}

/// What the numbers are that a detector takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Numbers {
    /// Costs of attacks, from 0 to [`MAX_COST`], of which low ones look adversarial.
    #[default]
    Costs,
    /// Scores, from minus [`MAX_COST`] to that, and which look adversarial in each column.
    Scores(Vec<Sign>),
}

impl Numbers {
    /// True for costs of attacks.
    pub fn are_costs(&self) -> bool {
        matches!(self, Self::Costs)
    }

    /// Which numbers of this column look adversarial.
    pub fn sign(&self, column: usize) -> Sign {
        match self {
            Self::Costs => Sign::Smaller,
            Self::Scores(signs) => signs.get(column).copied().unwrap_or_default(),
        }
    }

    /// The least number there is.
    pub(crate) fn least(&self) -> f64 {
        if self.are_costs() { 0.0 } else { -MAX_COST }
    }

    /// Checks numbers (samples x columns) to fit a detector on: there are samples and columns, and a sign
    /// for each column of scores.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn check(&self, numbers: ArrayView2<f64>) -> Result<()> {
        if numbers.nrows() == 0 {
            return Err(Error::NoSamples);
        }
        if numbers.ncols() == 0 {
            return Err(Error::NoAttacks);
        }
        self.check_signs(numbers.ncols())?;
        // NaN is in no range.
        let range = self.least()..=MAX_COST;
        let wrong = numbers.indexed_iter().find(|(_, number)| !range.contains(*number));
        match wrong {
            None => Ok(()),
            Some(((sample, attack), &cost)) if self.are_costs() => {
                Err(Error::Cost { sample, attack, cost })
            }
            Some(((sample, column), &number)) => Err(Error::Number { sample, column, number }),
        }
    }

    /// Checks that there is a sign for each column of scores.
    pub(crate) fn check_signs(&self, columns: usize) -> Result<()> {
        match self {
            Self::Scores(signs) if signs.len() != columns => {
                Err(Error::Signs { columns, signs: signs.len() })
            }
            _ => Ok(()),
        }
    }

    /// Checks numbers to give verdicts on: as [`check`](Self::check), and as many columns as the detector
    /// was fitted on.
    ///
    /// # Errors
    /// As there.
    pub fn check_width(&self, numbers: ArrayView2<f64>, columns: usize) -> Result<()> {
        if numbers.ncols() != columns {
            return Err(Error::Width { expected: columns, got: numbers.ncols() });
        }
        self.check(numbers)
    }

    /// [`check_width`](Self::check_width) for the numbers of one sample.
    pub(crate) fn check_row(&self, numbers: &[f64], columns: usize) -> Result<()> {
        self.check_width(ArrayView1::from(numbers).insert_axis(Axis(0)), columns)
    }

    /// Checks ranges that costs lie in, one per attack; gives the ends, the upper ones at most [`MAX_COST`].
    /// Scores are known or not, and have none.
    pub(crate) fn check_ranges(
        &self,
        ranges: &[RangeInclusive<f64>],
        attacks: usize,
    ) -> Result<Vec<(f64, f64)>> {
        if !self.are_costs() {
            return Err(Error::NotCosts);
        }
        if ranges.len() != attacks {
            return Err(Error::Width { expected: attacks, got: ranges.len() });
        }
        let ends = |(attack, range): (usize, &RangeInclusive<f64>)| {
            let (low, high) = (*range.start(), *range.end());
            if (0.0..=MAX_COST).contains(&low) && low <= high {
                Ok((low, high.min(MAX_COST)))
            } else {
                Err(Error::Range { attack, low, high })
            }
        };
        ranges.iter().enumerate().map(ends).collect()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn labels_follow_the_rows() {
        let set = labelled(array![[5.0], [6.0]].view(), array![[1.0]].view()).unwrap();
        assert_eq!(set.records, array![[5.0], [6.0], [1.0]]);
        assert_eq!(set.targets, array![false, false, true]);
    }

    #[test]
    fn classes_of_different_width_are_refused() {
        let error = labelled(array![[5.0, 6.0]].view(), array![[1.0]].view()).unwrap_err();
        assert_eq!(error.to_string(), "read costs: expected costs of 2 attacks, got 1");
    }

    #[test]
    fn zero_and_the_largest_cost_are_costs() {
        Numbers::Costs.check(array![[0.0, MAX_COST]].view()).unwrap();
    }

    #[test]
    fn what_is_no_cost_is_refused_with_its_place() {
        for wrong in [f64::NAN, f64::INFINITY, -1.0, 2.0 * MAX_COST] {
            let error = Numbers::Costs.check(array![[1.0, 2.0], [3.0, wrong]].view()).unwrap_err();
            let message = error.to_string();
            assert!(message.contains("from 0 to 1e100"), "{message}");
            assert!(message.contains("sample 1, attack 1"), "{message}");
            assert!(error.is_bad_input());
        }
    }

    #[test]
    fn ranges_end_at_the_largest_cost() {
        let ends = Numbers::Costs.check_ranges(&[0.0..=f64::INFINITY, 3.0..=3.0], 2).unwrap();
        assert_eq!(ends, [(0.0, MAX_COST), (3.0, 3.0)]);
    }

    #[test]
    fn ranges_of_no_cost_are_refused() {
        let nan = f64::NAN;
        for wrong in [-1.0..=1.0, 2.0..=1.0, nan..=1.0, 1.0..=nan, f64::INFINITY..=f64::INFINITY] {
            let error = Numbers::Costs.check_ranges(&[0.0..=1.0, wrong], 2).unwrap_err();
            assert!(error.to_string().contains("attack 1"), "{error}");
            assert!(error.is_bad_input());
        }
        let message = Numbers::Costs.check_ranges(&[0.0..=1.0], 2).unwrap_err().to_string();
        assert!(message.contains("costs of 2 attacks, got 1"), "{message}");
    }

    #[test]
    fn empty_costs_are_refused() {
        let message =
            |shape| Numbers::Costs.check(Array2::zeros(shape).view()).unwrap_err().to_string();
        assert!(message((0, 2)).contains("at least one sample"));
        assert!(message((2, 0)).contains("at least one attack"));
    }

    fn scores() -> Numbers {
        Numbers::Scores(vec![Sign::Larger, Sign::Smaller])
    }

    #[test]
    fn scores_have_either_sign_and_an_end() {
        scores().check(array![[-MAX_COST, MAX_COST], [-3.5, 0.0]].view()).unwrap();
        for wrong in [f64::NAN, f64::NEG_INFINITY, -2.0 * MAX_COST] {
            let error = scores().check(array![[1.0, 2.0], [wrong, 3.0]].view()).unwrap_err();
            let message = error.to_string();
            assert!(message.contains("from -1e100 to 1e100"), "{message}");
            assert!(message.contains("sample 1, column 0"), "{message}");
            assert!(error.is_bad_input());
        }
    }

    #[test]
    fn scores_have_a_sign_for_each_column_and_no_ranges() {
        let error = scores().check(array![[1.0]].view()).unwrap_err();
        assert!(error.to_string().contains("a sign for each of 1 columns, got 2"), "{error}");
        let error = scores().check_ranges(&[0.0..=1.0, 0.0..=1.0], 2).unwrap_err();
        assert!(matches!(error, Error::NotCosts), "{error}");
        assert!(error.is_bad_input());
    }
}
