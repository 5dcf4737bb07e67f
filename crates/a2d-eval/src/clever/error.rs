//! What can go wrong when CLEVER is measured.

use tch::TchError;

/// What can go wrong when CLEVER is measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A parameter out of its range.
    #[error("set up CLEVER: expected {parameter} {expected}, got {got}")]
    Parameter {
        /// The parameter.
        parameter: &'static str,
        /// Its range.
        expected: &'static str,
        /// Its value.
        got: String,
    },
    /// An image, label or target that does not fit the classifier or each other.
    #[error("measure CLEVER of image {number}: expected {expected}, got {got}")]
    Query {
        /// The number of the image.
        number: u64,
        /// What was expected of it.
        expected: String,
        /// What came instead.
        got: String,
    },
    /// A logit or gradient that is infinite or not a number.
    #[error("measure CLEVER of image {number}: expected finite {what}, got {got}")]
    NotFinite {
        /// The number of the image.
        number: u64,
        /// What is not finite.
        what: &'static str,
        /// Its value.
        got: f64,
    },
    /// A network that libtorch cannot differentiate, or without a logit for each class.
    #[error("measure CLEVER of image {number}: expected differentiable logits, got: {reason}")]
    Network {
        /// The number of the image.
        number: u64,
        /// What libtorch said.
        reason: String,
    },
    /// A classifier that cannot be shared out, or whose logits are not finite.
    #[error(transparent)]
    Classifier(#[from] a2d_model::Error),
    /// A search for the best fit that failed.
    #[error("fit reverse Weibull distribution: {reason}")]
    Fit {
        /// What argmin said.
        reason: String,
    },
}

/// The result of measuring CLEVER.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// True if the cause is what was handed in, image or classifier, rather than this machine.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Classifier(error) => error.is_bad_input(),
            Self::Fit { .. } => false,
            _ => true,
        }
    }

    /// An error of the network on image `number`.
    pub(crate) fn network(number: u64) -> impl Fn(TchError) -> Self {
        // libtorch goes on with a stack trace.
        move |reason| {
            let reason = reason.to_string().lines().next().unwrap_or_default().to_owned();
            Self::Network { number, reason }
        }
    }
}
