//! A run of `a2d`: what it is given, what it reads and what it writes.

use std::path::PathBuf;

/// One step of a plan. Paths are relative to the folder that the laboratory works in.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Tells it from the others of its experiment: `cost-score-fgsm`.
    pub(crate) name: String,
    /// The arguments of `a2d`.
    pub(crate) arguments: Vec<String>,
    /// Files and folders that it reads.
    pub(crate) inputs: Vec<PathBuf>,
    /// Files that it writes, the one first that what is done is kept beside.
    pub(crate) outputs: Vec<PathBuf>,
    /// File for what it prints, of its outputs.
    pub(crate) printed: PathBuf,
    /// What takes as long as it does for each item.
    pub(crate) effort: Effort,
}

/// How much a step has to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Effort {
    /// Steps of one kind take the same time for an item.
    pub(crate) kind: String,
    /// How many there are, such as images under attack.
    pub(crate) items: usize,
}

impl Effort {
    /// Of a step that takes what any of its kind takes.
    pub(crate) fn of(kind: &str) -> Self {
        Self { kind: kind.to_owned(), items: 1 }
    }
}

impl Step {
    /// Whether it reads what `other` writes.
    pub(crate) fn needs(&self, other: &Step) -> bool {
        self.inputs.iter().any(|input| other.outputs.contains(input))
    }

    /// The command as it is typed.
    pub(crate) fn command(&self) -> String {
        let words = self.arguments.iter().map(|word| quoted(word));
        std::iter::once("a2d".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
    }
}

/// A word as a POSIX shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./,=:+%@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::path::Path;

    /// A step that writes one file beside what it prints.
    pub(crate) fn step(name: &str, arguments: &[&str], input: &Path, output: &Path) -> Step {
        let printed = output.with_added_extension("json");
        Step {
            name: name.into(),
            arguments: arguments.iter().map(|word| (*word).to_owned()).collect(),
            inputs: vec![input.to_owned()],
            outputs: vec![output.to_owned(), printed.clone()],
            printed,
            effort: Effort::of("copy"),
        }
    }

    #[test]
    fn words_are_those_that_a_shell_takes() {
        let words = ["--out", "a b.csv", "it's", "", "$x", "8/255"].map(quoted);
        assert_eq!(words, ["--out", "'a b.csv'", r"'it'\''s'", "''", "'$x'", "8/255"]);
    }
}
