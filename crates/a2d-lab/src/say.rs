//! Lines for people: a full disk or a reader that has gone away is no reason to panic.

use std::fmt::Display;
use std::io::{self, Write as _};

/// Says a line on standard error. Where nobody can be told, nobody is.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Shows a result on standard output; a reader that has gone away has had what it wanted.
pub(crate) fn show(line: impl Display) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}
