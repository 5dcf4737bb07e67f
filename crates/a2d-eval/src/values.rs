//! Which values statistics are computed of.

use crate::{Error, Result};

/// The largest magnitude of a value that statistics are computed of. Far beyond any count, clock or
/// score, and small enough that sums of squares stay finite.
pub const MAX_VALUE: f64 = 1e100;

/// Values under the name and with the operation that errors are to tell.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) operation: &'static str,
    pub(crate) name: &'static str,
    pub(crate) values: &'a [f64],
}

impl<'a> Named<'a> {
    /// The values, if there are at least `least` and each is a number up to [`MAX_VALUE`].
    pub(crate) fn check(self, least: usize) -> Result<&'a [f64]> {
        let Self { operation, name, values } = self;
        if values.len() < least {
            return Err(Error::TooFew { operation, name, expected: least, got: values.len() });
        }
        // NaN is in no range.
        let is_wrong = |value: &f64| !(-MAX_VALUE..=MAX_VALUE).contains(value);
        if let Some(place) = values.iter().position(is_wrong) {
            return Err(Error::Value { operation, name, place, value: values[place] });
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], least: usize) -> Result<&[f64]> {
        Named { operation: "weigh", name: "benign values", values }.check(least)
    }

    #[test]
    fn numbers_up_to_the_largest_pass() {
        let values = [-MAX_VALUE, -0.0, f64::MIN_POSITIVE, MAX_VALUE];
        assert_eq!(check(&values, 4).unwrap(), values);
    }

    #[test]
    fn too_few_values_are_refused() {
        let error = check(&[1.0], 2).unwrap_err();
        assert_eq!(error.to_string(), "weigh: expected 2 or more benign values, got 1");
        assert!(error.is_bad_input());
    }

    #[test]
    fn values_out_of_range_are_refused_with_their_place() {
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.1e100] {
            let message = check(&[1.0, wrong], 2).unwrap_err().to_string();
            let expected = format!(
                "weigh: expected numbers from -1e100 to 1e100, \
                 got {wrong} (benign values, place 1, counted from 0)"
            );
            assert_eq!(message, expected);
        }
    }
}
