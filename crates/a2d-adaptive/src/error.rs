//! What can go wrong with a study of adaptive attackers.

/// What can go wrong with a study of adaptive attackers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An adversary that there is not.
    #[error("choose adversary: expected one of {known}, got {name:?}")]
    Unknown {
        /// The name that was given.
        name: String,
        /// Those there are.
        known: String,
    },
    /// Parameters that an adversary does not have, or out of range.
    #[error("set up {adversary}: expected {expected}, got {got}")]
    Parameter {
        /// The adversary.
        adversary: String,
        /// What would do.
        expected: String,
        /// What was given.
        got: String,
    },
    /// A cap that lets nothing move, or is no number.
    #[error("set up the cap: expected a radius above 0, got {0}")]
    Cap(f64),
    /// Images that cannot serve.
    #[error("prepare adaptive attackers: expected {expected}, got {got}")]
    Images {
        /// What is needed.
        expected: String,
        /// What is there.
        got: String,
    },
    /// A detector that does not belong to the victim.
    #[error("judge by {name}: expected {expected}, got {got}")]
    Detector {
        /// What the detector is called.
        name: String,
        /// What belongs.
        expected: String,
        /// What came.
        got: String,
    },
    /// An attack went wrong.
    #[error(transparent)]
    Attack(#[from] a2d_attacks::Error),
    /// A detector went wrong.
    #[error(transparent)]
    Detect(#[from] a2d_detect::Error),
    /// Costs that make no table.
    #[error(transparent)]
    Cost(#[from] a2d_cost::Error),
    /// Shares that are none.
    #[error(transparent)]
    Eval(#[from] a2d_eval::Error),
    /// A score went wrong.
    #[error(transparent)]
    Score(#[from] a2d_eval::scoring::Error),
    /// The classifier went wrong.
    #[error(transparent)]
    Model(#[from] a2d_model::Error),
}

/// The result of an operation on adaptive attackers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// True if the cause is what was handed in rather than this machine.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Attack(error) => error.is_bad_input(),
            Self::Detect(error) => error.is_bad_input(),
            Self::Cost(error) => error.is_bad_input(),
            Self::Model(error) => error.is_bad_input(),
            Self::Score(error) => error.is_bad_input(),
            _ => true,
        }
    }

    /// The number of the image that the error is about, if it is about one.
    pub fn row(&self) -> Option<usize> {
        match self {
            Self::Attack(error) => error.row(),
            Self::Model(error) => error.row(),
            _ => None,
        }
    }

    /// Parameters of an adversary that are none.
    pub(crate) fn parameter(
        adversary: &str,
        expected: impl Into<String>,
        got: impl std::fmt::Display,
    ) -> Self {
        let (adversary, expected) = (adversary.to_owned(), expected.into());
        Self::Parameter { adversary, expected, got: got.to_string() }
    }
}
