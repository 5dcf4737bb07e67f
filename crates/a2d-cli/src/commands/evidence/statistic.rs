//! P-values, as people see them.

use a2d_eval::PValue;

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
    use super::*;

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
