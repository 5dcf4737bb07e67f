//! Files with a table of parameters for each attack.

use std::collections::BTreeMap;

use crate::{Error, Parameters, Result};

/// The tables of a specification, by the name of the attack: TOML, or JSON with the same content.
///
/// ```
/// let tables = a2d_attacks::parse_spec("[bim]\nepsilon = 0.2\n")?;
/// assert_eq!(tables["bim"]["epsilon"], 0.2);
/// # Ok::<(), a2d_attacks::Error>(())
/// ```
///
/// # Errors
/// [`Error::Spec`] if the text is neither, or has anything but tables.
pub fn parse_spec(text: &str) -> Result<BTreeMap<String, Parameters>> {
    let malformed = |error: String| Error::Spec(error.trim().replace('\n', " "));
    if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| malformed(error.to_string()))
    } else {
        toml::from_str(text).map_err(|error| malformed(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_say_the_same() {
        let toml = parse_spec("[bim]\nepsilon = 0.2\ntarget = \"second\"\n[dba]\n").unwrap();
        let json = r#" {"bim": {"epsilon": 0.2, "target": "second"}, "dba": {}}"#;
        assert_eq!(toml, parse_spec(json).unwrap());
        assert!(parse_spec("").unwrap().is_empty());
    }

    #[test]
    fn anything_but_tables_is_refused() {
        for text in ["[bim", "bim = 3", "{\"bim\": 3}", "{", "[[bim]]"] {
            let message = parse_spec(text).unwrap_err().to_string();
            assert!(message.contains("a table of parameters per attack"), "{message}");
            assert!(!message.contains('\n'), "{message}");
        }
    }
}
