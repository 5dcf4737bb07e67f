//! Arguments under construction, one word for each.

use std::fmt::Display;
use std::path::Path;

/// The arguments of a command.
#[derive(Default)]
pub(super) struct Words(Vec<String>);

impl Words {
    /// The words of a command and of options without values of users: `cost`, `data export`.
    pub(super) fn of(command: &str) -> Self {
        Self(command.split(' ').map(str::to_owned).collect())
    }

    /// An option and its value.
    pub(super) fn with(self, option: &str, value: impl Display) -> Self {
        self.and([option.to_owned(), format!("{value}")])
    }

    /// An option and a file.
    pub(super) fn file(self, option: &str, file: &Path) -> Self {
        self.with(option, file.display())
    }

    /// An option for a file under a name.
    pub(super) fn named(self, option: &str, name: &str, file: &Path) -> Self {
        self.with(option, format!("{name}={}", file.display()))
    }

    /// Further words.
    pub(super) fn and<T: ToString>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        self.0.extend(words.into_iter().map(|word| word.to_string()));
        self
    }

    pub(super) fn into_arguments(self) -> Vec<String> {
        self.0
    }
}
