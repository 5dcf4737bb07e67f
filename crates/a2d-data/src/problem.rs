//! Why a file cannot be read, before it is said of which file.

use crate::Error;

/// Why a file cannot be read: what the system says, or what is wrong with the content.
pub(crate) enum Problem {
    System(Error),
    Content(String),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::System(error)
    }
}

impl From<String> for Problem {
    fn from(problem: String) -> Self {
        Self::Content(problem)
    }
}

impl From<&str> for Problem {
    fn from(problem: &str) -> Self {
        Self::Content(problem.to_owned())
    }
}

impl Problem {
    /// The error, of a file that was read as `format`.
    pub(crate) fn of(self, path: &std::path::Path, format: &'static str) -> Error {
        match self {
            Self::System(error) => error,
            Self::Content(problem) => Error::malformed(path, format, problem),
        }
    }
}
