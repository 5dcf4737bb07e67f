//! Numbers as people write them.

/// A number: decimal with or without an exponent (`0.1`, `.1`, `1.`, `+1e-3`), or a fraction of two such
/// (`8/255`). `None` for anything else, and for what is not finite.
pub(crate) fn number(text: &str) -> Option<f64> {
    let value = match text.split_once('/') {
        Some((numerator, denominator)) => decimal(numerator)? / decimal(denominator)?,
        None => decimal(text)?,
    };
    value.is_finite().then_some(value)
}

/// A finite number, or what is expected.
pub(crate) fn finite(text: &str) -> Result<f64, &'static str> {
    number(text).ok_or("expected a finite number, such as 0.1, 1e-3 or 8/255")
}

/// Rust takes `inf` and `nan`, too, which are no numbers here.
fn decimal(text: &str) -> Option<f64> {
    let is_digital = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    text.chars().all(is_digital).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, expected) in [
            (".1", 0.1),
            ("1.", 1.0),
            ("+0.1", 0.1),
            ("-.5e-3", -0.5e-3),
            ("8/255", 8.0 / 255.0),
            ("1/.5", 2.0),
            ("1E3", 1000.0),
        ] {
            assert_eq!(number(text).map(f64::to_bits), Some(f64::to_bits(expected)), "{text}");
        }
        for text in [
            "", ".", "nan", "inf", "-inf", "infinity", "1e999", "1/0", "0/0", "1/2/3", "/", "0x1",
            "1_0", " 1", "1,5", "e5",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
