//! What can go wrong with an attack.

use crate::Limits;

/// What can go wrong with an attack.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that is no attack, or none of this kind.
    #[error("choose {kind}: expected one of {known}, got {name:?}")]
    UnknownName {
        /// What was to be chosen.
        kind: &'static str,
        /// The names there are.
        known: String,
        /// The name.
        name: String,
    },
    /// A parameter out of its range.
    #[error("set up {attack}: expected {parameter} {expected}, got {got}")]
    Parameter {
        /// The attack.
        attack: &'static str,
        /// Its parameter.
        parameter: &'static str,
        /// The range.
        expected: String,
        /// The value.
        got: String,
    },
    /// Parameters that an attack does not have, or not of this type.
    #[error("set up {attack}: expected its parameters, got {reason}")]
    Parameters {
        /// The attack.
        attack: String,
        /// What is wrong.
        reason: String,
    },
    /// A specification that is none.
    #[error("read specification: expected a table of parameters per attack, found {0}")]
    Spec(String),
    /// An attack that has not seen the images that it wants to learn from.
    #[error(
        "begin attack: expected one that has learnt from images, got one that has not; `craft` teaches it"
    )]
    Untaught,
    /// An attack along a gradient, on a network that gives none.
    #[error(
        "begin attack: expected a network that a gradient goes through, got the {name}, which has none; dba and lsa \
         ask for none"
    )]
    NoGradient {
        /// What the network is called.
        name: String,
    },
    /// A step with another classifier than the session began with.
    #[error("step: expected the classifier of the session, {expected}, got {got}")]
    Classifier {
        /// The fingerprint of the session's classifier.
        expected: String,
        /// That of the other.
        got: String,
    },
    /// An image that comes while there is no room.
    #[error("attack image {row}: expected a free place of {window}, got none; step first")]
    Full {
        /// The number of the image.
        row: usize,
        /// The places there are.
        window: usize,
    },
    /// A window that holds no row, or more than any memory.
    #[error("run attack: expected a window of 1 to {most} rows, got {0}", most = Limits::MAX_WINDOW)]
    Window(usize),
    /// An image or label that the classifier does not take.
    #[error("attack image {row}: expected {expected}, got {got}")]
    Query {
        /// The number of the image.
        row: usize,
        /// What the classifier takes.
        expected: String,
        /// What came.
        got: String,
    },
    /// Images and labels that do not belong together.
    #[error("craft: expected as many labels as images, {images}, got {labels}")]
    LabelCount {
        /// Number of images.
        images: usize,
        /// Number of labels.
        labels: usize,
    },
    /// Labels that do not fit the classifier, or logits of it that are not finite.
    #[error("{0}")]
    Model(a2d_model::Error),
}

/// The result of an operation on an attack.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<a2d_model::Error> for Error {
    fn from(error: a2d_model::Error) -> Self {
        Self::Model(error)
    }
}

impl Error {
    /// Parameters that an attack does not have, or not of this type.
    pub(crate) fn parameters(attack: String, error: &serde_json::Error) -> Self {
        Self::Parameters { attack, reason: error.to_string().replace('\n', " ") }
    }

    /// The number of the image that the error is about, if it is about one.
    pub fn row(&self) -> Option<usize> {
        match self {
            Self::Query { row, .. } | Self::Full { row, .. } => Some(*row),
            Self::Model(error) => error.row(),
            _ => None,
        }
    }

    /// True if the cause is something that was handed in, rather than this machine.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Model(error) => error.is_bad_input(),
            _ => true,
        }
    }
}
