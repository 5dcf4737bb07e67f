//! Rule: a manifest says, in a comment on its line, what each dependency is for.

use super::Source;

/// Dependencies without a reason.
pub(super) fn violations(manifests: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for Source { path, text } in manifests {
        let mut among_dependencies = false;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            let names_dependency = if let Some(header) = line.strip_prefix('[') {
                let table = header.split(']').next().unwrap_or(header);
                among_dependencies = lists_dependencies(table);
                is_one_dependency(table)
            } else {
                among_dependencies && starts_entry(line)
            };
            if names_dependency && !has_comment(line) {
                violations
                    .push(format!("{path}:{number}: no comment says what this is for: {line}"));
            }
        }
    }
    violations
}

/// `dependencies`, `dev-dependencies`, `target.'cfg(unix)'.build-dependencies`; not the workspace's list of versions.
fn lists_dependencies(table: &str) -> bool {
    let last = table.rsplit('.').next().unwrap_or(table);
    let is_list = matches!(last, "dependencies" | "dev-dependencies" | "build-dependencies");
    is_list && !table.starts_with("workspace.")
}

/// `dependencies.serde`, whose reason stands beside the header.
fn is_one_dependency(table: &str) -> bool {
    table.rsplit_once('.').is_some_and(|(list, _)| lists_dependencies(list))
}

/// Whether the line begins `name = ...` or `name.workspace = ...`, and does not go on with a list above it.
fn starts_entry(line: &str) -> bool {
    let key = line.split('=').next().unwrap_or_default().trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.\"".contains(c);
    line.contains('=') && !key.is_empty() && key.chars().all(is_name)
}

/// Whether a comment with text ends the line; a `#` within a string begins none.
fn has_comment(line: &str) -> bool {
    let mut quoted = false;
    for (place, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted => return !line[place + 1..].trim().is_empty(),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let (path, text) = ("Cargo.toml".to_owned(), text.to_owned());
        violations(&[Source { path, text }])
    }

    #[test]
    fn reasons_in_every_form_are_seen() {
        let manifest = r#"
[package]
name = "a"
[dependencies]
serde.workspace = true # JSON
# a remark
linfa = { workspace = true, features = [ # the traits
    "serde", # detector files
] }
[dependencies.tch] # tensors
workspace = true
[target.'cfg(unix)'.dev-dependencies]
git = { workspace = true, default-features = false } # fixtures
[workspace.dependencies]
csv = "1"
[features]
default = ["fetch"]
"#;
        assert_eq!(found(manifest), Vec::<String>::new());
    }

    #[test]
    fn each_dependency_without_a_reason_is_found() {
        for line in [
            "serde.workspace = true",
            "serde = { workspace = true, features = [\"a#b\"] }",
            "serde.workspace = true #",
        ] {
            let expected = format!("Cargo.toml:2: no comment says what this is for: {line}");
            for table in
                ["dependencies", "build-dependencies", "target.'cfg(unix)'.dev-dependencies"]
            {
                assert_eq!(found(&format!("[{table}]\n{line}\n")), [expected.as_str()]);
            }
        }
        assert_eq!(found("[dependencies.serde]\nworkspace = true\n").len(), 1);
    }
}
