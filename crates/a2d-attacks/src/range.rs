//! Checks of parameters against their ranges.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;

use crate::{Error, Result};

/// The least and the largest number that attacks compute with, besides 0: float32 holds their squares, so that
/// no norm of theirs vanishes or overflows.
const COMPUTABLE: RangeInclusive<f64> = 1e-18..=1e18;

/// Checks that a parameter is a number above 0 that can be computed with.
///
/// # Errors
/// [`Error::Parameter`] if it is not.
pub fn positive(attack: &'static str, parameter: &'static str, value: f64) -> Result<()> {
    check(attack, parameter, Short(value), "above 0", value.is_finite() && value > 0.0)?;
    let is_within = COMPUTABLE.contains(&value);
    check(attack, parameter, Short(value), "from 1e-18 to 1e18", is_within)
}

/// Checks that a parameter is a number of at least 0.
///
/// # Errors
/// [`Error::Parameter`] if it is not.
pub fn not_negative(attack: &'static str, parameter: &'static str, value: f64) -> Result<()> {
    check(attack, parameter, Short(value), "of at least 0", value.is_finite() && value >= 0.0)?;
    let is_within = value == 0.0 || COMPUTABLE.contains(&value);
    check(attack, parameter, Short(value), "that is 0 or from 1e-18 to 1e18", is_within)
}

/// Checks that a parameter is above 0 and at most 1.
///
/// # Errors
/// [`Error::Parameter`] if it is not.
pub fn share(attack: &'static str, parameter: &'static str, value: f64) -> Result<()> {
    let is_within = value > 0.0 && value <= 1.0;
    check(attack, parameter, Short(value), "above 0 and at most 1", is_within)?;
    positive(attack, parameter, value)
}

/// Checks that a count is not 0.
///
/// # Errors
/// [`Error::Parameter`] if it is not.
pub fn at_least_one(attack: &'static str, parameter: &'static str, value: u32) -> Result<()> {
    check(attack, parameter, value, "of at least 1", value > 0)
}

/// A number as short as it can be: `1e300`, where `f64` alone shows 301 digits.
#[derive(Clone, Copy, Debug)]
pub struct Short(pub f64);

impl Display for Short {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0.0 || (1e-5..1e15).contains(&self.0.abs()) {
            write!(formatter, "{}", self.0)
        } else {
            write!(formatter, "{:e}", self.0)
        }
    }
}

/// Checks that a parameter is within its range, which `expected` describes.
///
/// # Errors
/// [`Error::Parameter`] if it is not.
pub fn check(
    attack: &'static str,
    parameter: &'static str,
    value: impl Display,
    expected: &str,
    is_within: bool,
) -> Result<()> {
    if is_within {
        return Ok(());
    }
    let (expected, got) = (expected.to_owned(), value.to_string());
    Err(Error::Parameter { attack, parameter, expected, got })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_at_the_ends_of_a_range_are_told_apart() {
        assert!(positive("a", "p", 1e-18).is_ok() && not_negative("a", "p", 0.0).is_ok());
        assert!(share("a", "p", 1.0).is_ok() && at_least_one("a", "p", 1).is_ok());
        for (error, finding) in [
            (positive("a", "p", 0.0), "set up a: expected p above 0, got 0"),
            (positive("a", "p", f64::NAN), "got NaN"),
            (positive("a", "p", f64::INFINITY), "got inf"),
            (not_negative("a", "p", -0.5), "expected p of at least 0, got -0.5"),
            (share("a", "p", 1.5), "expected p above 0 and at most 1, got 1.5"),
            (share("a", "p", 0.0), "got 0"),
            (share("a", "p", 1e-300), "expected p from 1e-18 to 1e18, got 1e-300"),
            (positive("a", "p", 1e39), "expected p from 1e-18 to 1e18, got 1e39"),
            (not_negative("a", "p", 1e39), "0 or from 1e-18 to 1e18, got 1e39"),
            (not_negative("a", "p", f64::NEG_INFINITY), "of at least 0, got -inf"),
            (at_least_one("a", "p", 0), "expected p of at least 1, got 0"),
        ] {
            let message = error.unwrap_err().to_string();
            assert!(message.contains(finding), "{message}");
        }
    }
}
