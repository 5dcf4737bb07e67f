use a2d_eval::{Error, PValue};

/// A statistic, or none where the values are too few or too much alike to have it.
pub(super) fn defined<T>(found: a2d_eval::Result<T>) -> a2d_eval::Result<Option<T>> {
    match found {
        Ok(statistic) => Ok(Some(statistic)),
        Err(Error::TooFew { .. } | Error::Constant { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// A p-value for people; empty if there is none.
pub(super) fn p_text(p: Option<PValue>) -> String {
    match p {
        None => String::new(),
        Some(PValue { value, .. }) if value >= 1e-3 => format!("{value:.4}"),
        Some(PValue { value, .. }) if value > 0.0 => format!("{value:.2e}"),
        Some(PValue { log10, .. }) if log10.is_finite() => format!("1e{log10:.0}"),
        Some(_) => "0".into(),
    }
}

#[cfg(test)]
mod tests {
    use a2d_eval::WelchTest;

    use super::*;

    #[test]
    fn undefined_statistics_are_none_and_bad_values_errors() {
        let test = |benign: &[f64], other: &[f64]| defined(WelchTest::new(benign, other));
        assert_eq!(test(&[1.0, 1.0], &[1.0, 1.0]), Ok(None));
        assert_eq!(test(&[1.0], &[1.0, 2.0]), Ok(None));
        assert!(test(&[1.0, 2.0], &[1.0, 2.0]).unwrap().is_some());
        assert!(test(&[1.0, f64::NAN], &[1.0, 2.0]).is_err());
    }

    #[test]
    fn small_p_values_stay_readable() {
        for (value, log10, text) in [
            (0.25, -0.602, "0.2500"),
            (5.66e-94, -93.247, "5.66e-94"),
            (0.0, -612.4, "1e-612"),
            (0.0, f64::NEG_INFINITY, "0"),
        ] {
            assert_eq!(p_text(Some(PValue { value, log10 })), text);
        }
        assert_eq!(p_text(None), "");
    }
}
