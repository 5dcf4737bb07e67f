use std::fmt;

/// The class of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Not tampered with.
    Benign,
    /// Made to be misclassified.
    Adversarial,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Benign => "benign",
            Self::Adversarial => "adversarial",
        })
    }
}

/// What can go wrong when detectors are scored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing of a class to score.
    #[error("score detector: expected at least one {class} sample, got none")]
    Empty {
        /// The class without samples.
        class: Class,
    },
    /// A score without place in the order of scores.
    #[error(
        "score detector: expected finite scores, got {score} ({class} sample {sample}, counted from 0)"
    )]
    NotFinite {
        /// The class of the sample.
        class: Class,
        /// The place of the sample in its class, counted from 0.
        sample: usize,
        /// Its score.
        score: f64,
    },
    /// A false-positive rate that is none.
    #[error("read ROC curve: expected a false-positive rate from 0 to 1, got {fpr}")]
    Rate {
        /// The rate asked for.
        fpr: f64,
    },
}

/// The result of scoring a detector.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// True if the cause is what was handed in, rather than this machine: always so here.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Empty { .. } | Self::NotFinite { .. } | Self::Rate { .. } => true,
        }
    }
}
