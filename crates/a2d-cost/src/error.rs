use std::path::{Path, PathBuf};

/// What can go wrong with costs and their files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be opened or read.
    #[error("read {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A file could not be written.
    #[error("write {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A file was read and is not what it should be.
    #[error("read {}: expected {expected}, found {found}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What the file should hold.
        expected: &'static str,
        /// What it holds.
        found: String,
    },
    /// Rows that do not make a table of inputs by attacks.
    #[error("build cost table: expected {expected}, found {found}")]
    Table {
        /// The rule that is broken.
        expected: &'static str,
        /// Where, and by what.
        found: String,
    },
    /// An attack that the table has no column for.
    #[error("select costs: expected one of the attacks {known:?}, got {attack:?}")]
    UnknownAttack {
        /// The attack asked for.
        attack: String,
        /// The attacks of the table.
        known: Vec<String>,
    },
    /// An unfinished measurement that was started with something else.
    #[error(
        "resume {}: expected {part} {ours}, found {theirs}; remove the file to start anew",
        path.display()
    )]
    OtherMeasurement {
        /// The journal of the unfinished measurement.
        path: PathBuf,
        /// What differs.
        part: &'static str,
        /// Of the measurement at hand.
        ours: String,
        /// Of the journal.
        theirs: String,
    },
    /// A budget of no iterations.
    #[error("set budget: expected at least 1 iteration, got 0")]
    EmptyBudget,
}

/// The result of an operation on costs.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// True if the cause is a file or table that was handed in, rather than this machine.
    pub fn is_bad_input(&self) -> bool {
        !matches!(self, Self::Write { .. })
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |reason| Self::Write { path: path.to_owned(), reason }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |reason| Self::Read { path: path.to_owned(), reason }
    }
}
