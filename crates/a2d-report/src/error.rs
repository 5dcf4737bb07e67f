//! What can go wrong with pages and figures.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};

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
    /// A folder or file could not be written.
    #[error("write {}: {reason}", path.display())]
    Write {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
}

/// The result of drawing or writing.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// True if the cause is what was handed in, rather than this machine: never so here, since any numbers
    /// can be drawn.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Draw { .. } | Self::Write { .. } => false,
        }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |reason| Self::Write { path: path.to_owned(), reason }
    }
}

impl<E: StdError + Send + Sync> From<DrawingAreaErrorKind<E>> for Error {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self::Draw { reason: error.to_string() }
    }
}
