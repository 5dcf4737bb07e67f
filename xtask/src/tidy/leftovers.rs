//! Rule: nothing unfinished, no debug output and no test that is skipped.

use super::Source;

/// Put together here, so that this file does not break its own rule.
const LEFTOVERS: &[&str] = &[
    concat!("todo", "!"),
    concat!("unimplemented", "!"),
    concat!("dbg", "!"),
    concat!("#[", "ignore"),
];

/// The lines with a leftover.
pub(super) fn violations(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for Source { path, text } in sources {
        for (number, line) in (1..).zip(text.lines()) {
            for leftover in LEFTOVERS.iter().filter(|leftover| contains(line, leftover)) {
                violations.push(format!("{path}:{number}: {leftover} is left over"));
            }
        }
    }
    violations
}

/// Whether `line` has `leftover` other than as the end of a longer name.
fn contains(line: &str, leftover: &str) -> bool {
    line.match_indices(leftover).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let (path, text) = ("a.rs".to_owned(), text.to_owned());
        violations(&[Source { path, text }])
    }

    #[test]
    fn each_leftover_is_found_with_its_line() {
        for leftover in LEFTOVERS {
            let text = format!("fn a() {{\n    {leftover}(b)\n}}\n");
            assert_eq!(found(&text), [format!("a.rs:2: {leftover} is left over")]);
        }
    }

    #[test]
    fn longer_names_and_plain_words_are_fine() {
        let text = format!("my_{}(b); // the todo list, an ignored field\n", LEFTOVERS[0]);
        assert!(found(&text).is_empty());
    }
}
