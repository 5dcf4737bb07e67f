//! What can go wrong with files, in one enum for all crates.

use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong with files. Every message is a single line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be opened or read.
    #[error("read {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A file could not be written.
    #[error("write {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A file was read and is not what it should be.
    #[error("read {}: expected {expected}, found {found}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What the file should hold.
        expected: String,
        /// What it holds.
        found: String,
    },
    /// A file is not the one that its card is of.
    #[error(
        "read {}: expected the file that {} describes, found another; make the file again or \
         remove the card",
        path.display(), card.display()
    )]
    OtherFile {
        /// The file.
        path: PathBuf,
        /// The card beside it.
        card: PathBuf,
    },
    /// An unfinished work that was started with something else.
    #[error(
        "resume {}: expected {part} {ours}, found {theirs}; remove the file to start anew",
        path.display()
    )]
    OtherWork {
        /// What is kept of the unfinished work.
        path: PathBuf,
        /// What differs.
        part: String,
        /// Of the work at hand.
        ours: String,
        /// Of the unfinished work.
        theirs: String,
    },
    /// What is kept of an unfinished work is damaged, or was written by another version.
    #[error("resume {}: expected {expected}, found {found}; remove the file to start anew", path.display())]
    Damaged {
        /// What is kept of the unfinished work.
        path: PathBuf,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Another process is at work on the same output.
    #[error("write {}: another process is writing it; wait for its end", path.display())]
    Busy {
        /// The output.
        path: PathBuf,
    },
    /// An output would take the place of an input.
    #[error("write {}: it is what the command reads ({role})", path.display())]
    WritesInput {
        /// The output.
        path: PathBuf,
        /// What the input is named by.
        role: String,
    },
    /// Two outputs would take each other's place.
    #[error("write {}: it is what the command writes for another purpose as well ({role})", path.display())]
    WritesTwice {
        /// The output.
        path: PathBuf,
        /// What the other one is named by.
        role: String,
    },
}

/// The result of an operation on files.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// True if the cause is a file that was handed in, rather than this machine or what else runs on it.
    pub fn is_bad_input(&self) -> bool {
        !matches!(self, Self::Write { .. } | Self::Busy { .. })
    }

    /// What makes an error of what the system says when `path` is read.
    pub fn read(path: &Path) -> impl Fn(io::Error) -> Self + Copy {
        move |reason| Self::Read { path: path.to_owned(), reason }
    }

    /// What makes an error of what the system says when `path` is written.
    pub fn write(path: &Path) -> impl Fn(io::Error) -> Self + Copy {
        move |reason| Self::Write { path: path.to_owned(), reason }
    }

    /// A file that is not what it should be. What was found may quote the file, so it is kept to one line
    /// without control characters.
    pub fn malformed(
        path: &Path,
        expected: impl Into<String>,
        found: &(impl ToString + ?Sized),
    ) -> Self {
        let found = found.to_string().replace(char::is_control, " ");
        Self::Malformed { path: path.to_owned(), expected: expected.into(), found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_stays_on_one_line() {
        let error = Error::malformed(Path::new("x.json"), "a card", "\x1b[2J\nx");
        assert_eq!(error.to_string(), "read x.json: expected a card, found  [2J x");
        assert!(error.is_bad_input());
        assert!(!Error::Busy { path: "x".into() }.is_bad_input());
    }
}
