//! What can go wrong with pages and figures.

use std::error::Error as StdError;

use plotters::drawing::DrawingAreaErrorKind;

/// What can go wrong with pages and figures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A figure could not be drawn.
    #[error("draw figure: {reason}")]
    Draw {
        /// What the drawing library said.
        reason: String,
    },
    /// A folder or file that cannot be written.
    #[error(transparent)]
    File(#[from] a2d_file::Error),
}

/// The result of drawing or writing.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// True if the cause is what was handed in, rather than this machine: any numbers can be drawn.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Draw { .. } => false,
            Self::File(error) => error.is_bad_input(),
        }
    }
}

impl<E: StdError + Send + Sync> From<DrawingAreaErrorKind<E>> for Error {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self::Draw { reason: error.to_string() }
    }
}
