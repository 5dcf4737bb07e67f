//! What can go wrong with a guard.

/// What can go wrong with a guard.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A detector that was fitted on costs of another model.
    #[error(
        "set up guard: expected the model that the detector was fitted for, {expected}, got {got}"
    )]
    Model {
        /// The fingerprint of the detector's model.
        expected: String,
        /// That of the classifier.
        got: String,
    },
    /// Attacks that are not those of the detector.
    #[error("set up guard: expected the attacks of the detector, {expected}, got {got}")]
    Attacks {
        /// The names of the detector's attacks.
        expected: String,
        /// Those that came.
        got: String,
    },
    /// A detector that does not say which model and attacks it is for.
    #[error("set up guard: expected a detector with its provenance, got one without")]
    NoProvenance,
    /// An attack whose parameters the detector does not say.
    #[error("set up {attack}: expected its parameters in the detector, got {reason}")]
    Parameters {
        /// The attack.
        attack: String,
        /// What is there instead.
        reason: String,
    },
    /// An order that leaves attacks out or has them twice.
    #[error("order attacks: expected each of {expected} once, got {got}")]
    Order {
        /// The names of the attacks.
        expected: String,
        /// The order that came.
        got: String,
    },
    /// Two images of the same number.
    #[error("screen images: expected each number once, got {row} twice")]
    Row {
        /// The number.
        row: usize,
    },
    /// An image that comes while there is no room.
    #[error("screen image {row}: expected at most {most} at a time, got one more; step first")]
    Full {
        /// The number of the image.
        row: usize,
        /// The most images under way.
        most: usize,
    },
    /// An attack went wrong.
    #[error(transparent)]
    Attack(#[from] a2d_attacks::Error),
    /// The classifier went wrong.
    #[error(transparent)]
    Classify(#[from] a2d_model::Error),
    /// The detector does not take the costs.
    #[error(transparent)]
    Detect(#[from] a2d_detect::Error),
}

/// The result of an operation on a guard.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The number of the image that the error is about, if it is about one.
    pub fn row(&self) -> Option<usize> {
        match self {
            Self::Row { row } | Self::Full { row, .. } => Some(*row),
            Self::Attack(error) => error.row(),
            Self::Classify(error) => error.row(),
            _ => None,
        }
    }

    /// True if the cause is something that was handed in, rather than this machine.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Attack(error) => error.is_bad_input(),
            Self::Classify(error) => error.is_bad_input(),
            Self::Detect(error) => error.is_bad_input(),
            _ => true,
        }
    }
}
