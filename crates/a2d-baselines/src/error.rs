//! What can go wrong with baselines.

use std::fmt::Display;

/// What can go wrong with baselines.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A kind that there is not.
    #[error("choose baseline: expected one of {known}, got {name:?}")]
    Unknown {
        /// The name that was given.
        name: String,
        /// Those there are.
        known: String,
    },
    /// Parameters that are not those of the kind, or out of range.
    #[error("set up {baseline}: expected {expected}, got {got}")]
    Parameter {
        /// The kind.
        baseline: &'static str,
        /// What would do.
        expected: String,
        /// What was given.
        got: String,
    },
    /// Something to fit on that is missing or cannot be fitted on.
    #[error("fit {baseline}: expected {expected}, got {got}")]
    Material {
        /// The kind.
        baseline: &'static str,
        /// What is needed.
        expected: String,
        /// What is there.
        got: String,
    },
    /// A state that is not one of the kind.
    #[error("restore baseline: expected {expected}, got {got}")]
    State {
        /// What should be there.
        expected: String,
        /// What is.
        got: String,
    },
    /// A classifier other than the one that the baseline was fitted for.
    #[error(
        "score by {baseline}: expected the model that it was fitted for, {expected}, got {got}"
    )]
    OtherModel {
        /// The kind.
        baseline: String,
        /// The fingerprint of its model.
        expected: String,
        /// That of the classifier.
        got: String,
    },
    /// A layer whose outputs are not finite.
    #[error(
        "look into the network for {baseline}: expected finite outputs of {layer:?}, got NaN or infinity"
    )]
    NotFinite {
        /// The kind.
        baseline: &'static str,
        /// The layer.
        layer: String,
    },
    /// libtorch could not do something.
    #[error("{operation}: expected libtorch to do it, got {reason}")]
    Tensor {
        /// What was to be done.
        operation: &'static str,
        /// What libtorch says.
        reason: String,
    },
    /// The classifier went wrong.
    #[error(transparent)]
    Model(#[from] a2d_model::Error),
    /// Images that cannot be read.
    #[error(transparent)]
    Data(#[from] a2d_data::Error),
    /// A score went wrong.
    #[error(transparent)]
    Score(#[from] a2d_eval::scoring::Error),
    /// A file that cannot be used.
    #[error(transparent)]
    File(#[from] a2d_file::Error),
}

/// The result of an operation on baselines.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// True if the cause is what was handed in rather than this machine.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Model(error) => error.is_bad_input(),
            Self::Data(error) => error.is_bad_input(),
            Self::Score(error) => error.is_bad_input(),
            Self::File(error) => error.is_bad_input(),
            Self::Tensor { .. } => false,
            _ => true,
        }
    }

    pub(crate) fn state(expected: impl Display, got: impl Display) -> Self {
        Self::State { expected: expected.to_string(), got: got.to_string() }
    }

    pub(crate) fn tensor(operation: &'static str) -> impl Fn(tch::TchError) -> Self + Copy {
        move |error| Self::Tensor { operation, reason: error.to_string().replace('\n', " ") }
    }
}

impl From<Error> for a2d_eval::scoring::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Model(error) => error.into(),
            Error::Score(error) => error,
            other => Self::Other(Box::new(other)),
        }
    }
}
