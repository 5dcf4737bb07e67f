//! What people read: lines on standard error, text on standard output.
//!
//! A full disk or a reader that has gone away is no reason to panic, and names of files and classes cannot
//! give commands to a terminal.

use std::fmt::{self, Display, Write as _};
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether nothing but errors is to be said.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Says nothing but errors from now on.
pub(crate) fn quieten() {
    QUIET.store(true, Ordering::Relaxed);
}

pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Says a line that may be missed on standard error, unless only errors are wanted.
pub(crate) fn note(line: impl Display) {
    if !is_quiet() {
        say(line);
    }
}

/// Says a line on standard error. Where nobody can be told, nobody is.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{}", escaped(&line.to_string()));
}

/// Says several lines on standard error.
pub(crate) fn say_lines(text: impl Display) {
    let text = escaped_lines(text.to_string().trim_end());
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Whether standard error is to be coloured: not where it is a file or pipe, and not under `NO_COLOR`
/// (<https://no-color.org>).
pub(crate) fn is_coloured() -> bool {
    let forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !forbidden
}

/// What writing to standard output came to; a reader that has gone away has had what it wanted.
pub(crate) fn unless_unread(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// The text on one line and without the characters that a terminal acts on or hides: control characters,
/// and those that turn the direction of writing. They are shown as Rust writes them.
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        let _ = push(&mut shown, character);
    }
    shown
}

/// Lines of text, escaped one by one.
pub(crate) fn escaped_lines(text: &str) -> String {
    text.split('\n').map(escaped).collect::<Vec<_>>().join("\n")
}

fn push(shown: &mut String, character: char) -> fmt::Result {
    let turns_direction = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    if character.is_control() || turns_direction || matches!(character, '\u{2028}' | '\u{2029}') {
        write!(shown, "{}", character.escape_default())
    } else {
        shown.write_char(character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_commands_the_terminal() {
        assert_eq!(
            escaped("a\u{1b}[2Jb\r\n\tc\u{7f}\u{9b}"),
            "a\\u{1b}[2Jb\\r\\n\\tc\\u{7f}\\u{9b}"
        );
        assert_eq!(escaped("cost\u{202e}vsc.gpj"), "cost\\u{202e}vsc.gpj");
        assert_eq!(escaped("Größe 猫 \"a b\" \\n"), "Größe 猫 \"a b\" \\n");
        assert_eq!(escaped_lines("a\nb\r"), "a\nb\\r");
    }

    #[test]
    fn only_a_reader_that_is_gone_is_no_error() {
        let outcome = |kind| unless_unread(Err(io::Error::from(kind)));
        assert!(outcome(io::ErrorKind::BrokenPipe).is_ok());
        assert!(outcome(io::ErrorKind::StorageFull).is_err());
    }
}
