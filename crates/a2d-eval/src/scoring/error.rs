//! What can go wrong when images are scored.

/// What can go wrong when images are scored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// More or fewer scores than images.
    #[error("score {score}: expected a number for each of {images} images, got {got}")]
    Length {
        /// The name of the score.
        score: String,
        /// The number of images.
        images: usize,
        /// The number of scores.
        got: usize,
    },
    /// More or fewer numbers of an image than columns.
    #[error("score {score}: expected a number for each of {columns} columns, got {got}")]
    Columns {
        /// The name of the score.
        score: String,
        /// The number of its columns.
        columns: usize,
        /// The number of its numbers.
        got: usize,
    },
    /// A score that is infinite or not a number.
    #[error("score {score} of image {row}: expected a finite number, got {got}")]
    NotFinite {
        /// The name of its column.
        score: String,
        /// The number of the image.
        row: usize,
        /// The score.
        got: f64,
    },
    /// The classifier went wrong.
    #[error(transparent)]
    Classifier(#[from] a2d_model::Error),
    /// What a score of another crate says.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

/// The result of scoring images.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The number of the image that the error is about, if it is about one.
    pub fn row(&self) -> Option<usize> {
        match self {
            Self::NotFinite { row, .. } => Some(*row),
            Self::Classifier(error) => error.row(),
            Self::Length { .. } | Self::Columns { .. } | Self::Other(_) => None,
        }
    }

    /// True if the cause is what was handed in, image, classifier or score, rather than this machine.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Classifier(error) => error.is_bad_input(),
            _ => true,
        }
    }
}
