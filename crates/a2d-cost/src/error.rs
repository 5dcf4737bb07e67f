//! What can go wrong with costs and scores.

/// What can go wrong with costs, scores and their files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that cannot be used.
    #[error(transparent)]
    File(#[from] a2d_file::Error),
    /// Rows that do not make a table of inputs by attacks.
    #[error("build cost table: expected {expected}, found {found}")]
    Table {
        /// The rule that is broken.
        expected: &'static str,
        /// Where, and by what.
        found: String,
    },
    /// Scores that do not make a table of inputs by columns.
    #[error("build score table: expected {expected}, found {found}")]
    Scores {
        /// The rule that is broken.
        expected: &'static str,
        /// Where, and by what.
        found: String,
    },
    /// A column that the table does not have.
    #[error("select scores: expected one of the columns {known:?}, got {column:?}")]
    UnknownColumn {
        /// The column asked for.
        column: String,
        /// The columns of the table.
        known: Vec<String>,
    },
    /// An attack that the table has no column for.
    #[error("select costs: expected one of the attacks {known:?}, got {attack:?}")]
    UnknownAttack {
        /// The attack asked for.
        attack: String,
        /// The attacks of the table.
        known: Vec<String>,
    },
    /// Shares of a work that do not make a whole.
    #[error("merge: expected {expected}, found {found}")]
    Merge {
        /// What would fit the others.
        expected: String,
        /// What does not.
        found: String,
    },
    /// A budget of no iterations.
    #[error("set budget: expected at least 1 iteration, got 0")]
    EmptyBudget,
}

/// The result of an operation on costs.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// True if the cause is a file or table that was handed in, rather than this machine.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::File(error) => error.is_bad_input(),
            _ => true,
        }
    }
}
