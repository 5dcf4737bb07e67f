//! Parameters as `--set NAME=VALUE` gives them.

use serde_json::Value;

use crate::number::number;

/// A parameter and its value: JSON, a number as people write it, or else a word.
pub(crate) fn setting(text: &str) -> Result<(String, Value), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value_of(value))),
        _ => Err("expected NAME=VALUE"),
    }
}

/// The same of one of many: `OF.NAME=VALUE`.
pub(crate) fn setting_of(text: &str) -> Result<(String, String, Value), &'static str> {
    let expected = "expected ADVERSARY.NAME=VALUE";
    let (name, value) = setting(text).map_err(|_| expected)?;
    match name.split_once('.') {
        Some((of, name)) if !of.is_empty() && !name.is_empty() => {
            Ok((of.into(), name.into(), value))
        }
        _ => Err(expected),
    }
}

fn value_of(text: &str) -> Value {
    serde_json::from_str(text)
        .unwrap_or_else(|_| number(text).map_or_else(|| text.into(), Value::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_json_a_number_or_a_word() {
        for (text, name, value) in [
            ("a=3", "a", json!(3)),
            ("a=.5", "a", json!(0.5)),
            ("a=8/256", "a", json!(0.03125)),
            ("a=[10,40]", "a", json!([10, 40])),
            ("a=null", "a", json!(null)),
            ("a=nai", "a", json!("nai")),
            ("a-b=x=y", "a-b", json!("x=y")),
            ("a=", "a", json!("")),
        ] {
            assert_eq!(setting(text), Ok((name.into(), value)), "{text}");
        }
        for text in ["", "a", "=3"] {
            assert!(setting(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_of_many_has_a_point() {
        let found = setting_of("margin.step=1/4");
        assert_eq!(found, Ok(("margin".into(), "step".into(), json!(0.25))));
        for text in ["margin=3", ".step=3", "margin.=3", "margin.step"] {
            assert_eq!(setting_of(text), Err("expected ADVERSARY.NAME=VALUE"), "{text}");
        }
    }
}
