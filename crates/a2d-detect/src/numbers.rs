//! Which numbers are costs.

use std::ops::RangeInclusive;

use linfa::Dataset;
use ndarray::{Array1, ArrayView1, ArrayView2, Axis, Ix1, concatenate};

use crate::{Error, Result};

/// The largest cost a detector takes. Far beyond any count or clock, and small enough that squared
/// distances between costs stay finite.
pub const MAX_COST: f64 = 1e100;

/// Costs (samples x attacks) labelled for [`Knn`](crate::Knn): the benign rows, then the adversarial
/// ones, whose target is `true`.
///
/// # Errors
/// If the two have different numbers of attacks.
pub fn labelled(
    benign: ArrayView2<f64>,
    adversarial: ArrayView2<f64>,
) -> Result<Dataset<f64, bool, Ix1>> {
    let costs = concatenate(Axis(0), &[benign.view(), adversarial.view()])
        .map_err(|_| Error::Width { expected: benign.ncols(), got: adversarial.ncols() })?;
    let is_adversarial = Array1::from_shape_fn(costs.nrows(), |row| row >= benign.nrows());
    Ok(Dataset::new(costs, is_adversarial))
}

/// Checks costs (samples x attacks) to fit a detector on: there are samples and attacks, each cost is a
/// number from 0 to [`MAX_COST`].
pub(crate) fn check(costs: ArrayView2<f64>) -> Result<()> {
    if costs.nrows() == 0 {
        return Err(Error::NoSamples);
    }
    if costs.ncols() == 0 {
        return Err(Error::NoAttacks);
    }
    // NaN is in no range.
    let wrong = costs.indexed_iter().find(|(_, cost)| !(0.0..=MAX_COST).contains(*cost));
    match wrong {
        None => Ok(()),
        Some(((sample, attack), &cost)) => Err(Error::Cost { sample, attack, cost }),
    }
}

/// Checks costs to give verdicts on: as [`check`], and as many attacks as the detector was fitted on.
pub(crate) fn check_width(costs: ArrayView2<f64>, attacks: usize) -> Result<()> {
    if costs.ncols() != attacks {
        return Err(Error::Width { expected: attacks, got: costs.ncols() });
    }
    check(costs)
}

/// Checks ranges that costs lie in, one per attack; gives the ends, the upper ones at most [`MAX_COST`].
pub(crate) fn check_ranges(
    ranges: &[RangeInclusive<f64>],
    attacks: usize,
) -> Result<Vec<(f64, f64)>> {
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

/// [`check_width`] for the costs of one sample.
pub(crate) fn check_row(costs: &[f64], attacks: usize) -> Result<()> {
    check_width(ArrayView1::from(costs).insert_axis(Axis(0)), attacks)
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
        check(array![[0.0, MAX_COST]].view()).unwrap();
    }

    #[test]
    fn what_is_no_cost_is_refused_with_its_place() {
        for wrong in [f64::NAN, f64::INFINITY, -1.0, 2.0 * MAX_COST] {
            let error = check(array![[1.0, 2.0], [3.0, wrong]].view()).unwrap_err();
            let message = error.to_string();
            assert!(message.contains("from 0 to 1e100"), "{message}");
            assert!(message.contains("sample 1, attack 1"), "{message}");
            assert!(error.is_bad_input());
        }
    }

    #[test]
    fn ranges_end_at_the_largest_cost() {
        let ends = check_ranges(&[0.0..=f64::INFINITY, 3.0..=3.0], 2).unwrap();
        assert_eq!(ends, [(0.0, MAX_COST), (3.0, 3.0)]);
    }

    #[test]
    fn ranges_of_no_cost_are_refused() {
        let nan = f64::NAN;
        for wrong in [-1.0..=1.0, 2.0..=1.0, nan..=1.0, 1.0..=nan, f64::INFINITY..=f64::INFINITY] {
            let error = check_ranges(&[0.0..=1.0, wrong], 2).unwrap_err();
            assert!(error.to_string().contains("attack 1"), "{error}");
            assert!(error.is_bad_input());
        }
        let message = check_ranges(&[0.0..=1.0], 2).unwrap_err().to_string();
        assert!(message.contains("costs of 2 attacks, got 1"), "{message}");
    }

    #[test]
    fn empty_costs_are_refused() {
        let message = |shape| check(Array2::zeros(shape).view()).unwrap_err().to_string();
        assert!(message((0, 2)).contains("at least one sample"));
        assert!(message((2, 0)).contains("at least one attack"));
    }
}
