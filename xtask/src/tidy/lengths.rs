//! Rule: a source file holds one idea, and so stays short.

use super::Source;

const MOST_LINES: usize = 500;

/// Sources that are too long.
pub(super) fn violations(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for Source { path, text } in sources {
        let lines = text.lines().count();
        if lines > MOST_LINES {
            violations.push(format!("{path}: {lines} lines are over {MOST_LINES}"));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_over_the_limit_are_found() {
        let source = |lines| Source { path: format!("{lines}.rs"), text: "//\n".repeat(lines) };
        let found = violations(&[source(500), source(501)]);
        assert_eq!(found, ["501.rs: 501 lines are over 500"]);
    }
}
