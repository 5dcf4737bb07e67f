//! Rule: a source file begins by saying what is in it.

use super::Source;

/// Sources that do not begin with a line of `//!`.
pub(super) fn violations(sources: &[Source]) -> Vec<String> {
    let silent = sources.iter().filter(|source| !says_what_is_in_it(&source.text));
    silent.map(|source| format!("{}: no //! line says what is in it", source.path)).collect()
}

fn says_what_is_in_it(text: &str) -> bool {
    let opening = text.lines().next().and_then(|line| line.strip_prefix("//!"));
    opening.is_some_and(|said| !said.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_has_to_say_something() {
        let source = |text: &str| Source { path: "a.rs".into(), text: text.into() };
        assert!(violations(&[source("//! Attacks.\n\nmod bim;\n")]).is_empty());
        for silent in ["", "mod bim;\n//! Attacks.\n", "//!\n", "/// Attacks.\n", "// Attacks.\n"] {
            assert_eq!(violations(&[source(silent)]), ["a.rs: no //! line says what is in it"]);
        }
    }
}
