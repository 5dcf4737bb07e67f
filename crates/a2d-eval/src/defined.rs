//! Statistics that few or equal values do not have.

use crate::{Error, Result};

/// A statistic, or none where the values are too few or too much alike to have it.
pub(crate) fn defined<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(statistic) => Ok(Some(statistic)),
        Err(Error::TooFew { .. } | Error::Constant { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WelchTest;

    #[test]
    fn undefined_statistics_are_none_and_bad_values_errors() {
        let test = |benign: &[f64], other: &[f64]| defined(WelchTest::new(benign, other));
        assert_eq!(test(&[1.0, 1.0], &[1.0, 1.0]), Ok(None));
        assert_eq!(test(&[1.0], &[1.0, 2.0]), Ok(None));
        assert!(test(&[1.0, 2.0], &[1.0, 2.0]).unwrap().is_some());
        assert!(test(&[1.0, f64::NAN], &[1.0, 2.0]).is_err());
    }
}
