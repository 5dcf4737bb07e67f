//! What can go wrong with experiments, in one enum.

use std::fmt::Display;
use std::io;
use std::path::Path;

/// What can go wrong with experiments. Every message is a single line, but that of a step whose program said more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something is asked for that there is not.
    #[error("reproduce: expected {expected}, got {found}")]
    Usage {
        /// What can be asked for.
        expected: String,
        /// What was asked for.
        found: String,
    },
    /// An experiment, or what it is made from, is not as it should be.
    #[error("{place}: expected {expected}, got {found}")]
    Experiment {
        /// The file, and the part of it.
        place: String,
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A file.
    #[error(transparent)]
    File(#[from] a2d_file::Error),
    /// The system refuses something.
    #[error("{operation}: {reason}")]
    System {
        /// What was to be done.
        operation: String,
        /// What the system said.
        reason: io::Error,
    },
    /// A program failed.
    #[error("run {program}: {outcome}")]
    Program {
        /// The program.
        program: String,
        /// Its status, or what it said.
        outcome: String,
    },
    /// A step failed.
    #[error("{step} failed: {reason}")]
    Step {
        /// The step.
        step: String,
        /// Why.
        reason: Box<Error>,
    },
    /// Tables of an experiment, or published numbers, have no place.
    #[error("{0:#}")]
    Unfit(anyhow::Error),
    /// Results cannot be made of what was printed.
    #[error("{0:#}")]
    Results(#[from] anyhow::Error),
}

/// The result of an operation on experiments.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Whether what is asked for is at fault.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Usage { .. })
    }

    /// Whether a file is at fault that was handed in.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Experiment { .. } | Self::Unfit(_) => true,
            Self::File(error) => error.is_bad_input(),
            _ => false,
        }
    }

    pub(crate) fn experiment(
        place: impl Display,
        expected: impl Display,
        found: impl Display,
    ) -> Self {
        let (place, expected) = (format!("{place}"), format!("{expected}"));
        Self::Experiment { place, expected, found: format!("{found}") }
    }

    pub(crate) fn usage(expected: impl Display, found: impl Display) -> Self {
        Self::Usage { expected: format!("{expected}"), found: format!("{found}") }
    }

    /// What makes an error of what the system says when it is to do something: `run a2d`.
    pub(crate) fn system<E: Into<io::Error>>(operation: impl Display) -> impl Fn(E) -> Self {
        move |reason| Self::System { operation: format!("{operation}"), reason: reason.into() }
    }

    pub(crate) fn program(program: &Path, outcome: impl Display) -> Self {
        Self::Program { program: program.display().to_string(), outcome: format!("{outcome}") }
    }

    /// The same about a part of a file, or of the folder that the file is in.
    pub(crate) fn within(self, outer: impl Display) -> Self {
        match self {
            Self::Experiment { place, expected, found } => {
                Self::Experiment { place: format!("{outer}: {place}"), expected, found }
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_named_behind_the_whole() {
        let error = Error::experiment("slow", "defenses of bim", "lsa").within("profile cpu");
        assert_eq!(error.to_string(), "profile cpu: slow: expected defenses of bim, got lsa");
        assert!(error.is_bad_input() && !error.is_usage());
        let error = Error::system::<io::Error>("run a2d")(io::ErrorKind::NotFound.into());
        assert_eq!(error.to_string(), "run a2d: entity not found");
        assert!(!error.within("x").is_bad_input());
    }
}
