//! What can go wrong with an evaluation.

use std::fmt;

use crate::MAX_VALUE;

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

/// What can go wrong when detectors are scored and costs compared.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing of a class to score.
    #[error("score detector: expected at least one {class} sample, got none")]
    Empty {
        /// The class without samples.
        class: Class,
    },
    /// A set of adversarial samples without any.
    #[error("score detector: expected at least one adversarial sample in set {set}, got none")]
    EmptySet {
        /// The name of the set.
        set: String,
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
    /// A confidence that no interval has.
    #[error("find interval of mean: expected a confidence above 0 and below 1, got {confidence}")]
    Confidence {
        /// The confidence asked for.
        confidence: f64,
    },
    /// Columns that are not those of the benign inputs.
    #[error("evaluate {set}: expected the columns {expected}, got {got}")]
    Columns {
        /// The name of the set.
        set: String,
        /// The columns of the benign inputs.
        expected: String,
        /// Those of the set.
        got: String,
    },
    /// A share that is none.
    #[error("estimate proportion: expected 0 to n hits in n > 0 trials, got {hits} in {trials}")]
    Proportion {
        /// The hits given.
        hits: usize,
        /// The trials given.
        trials: usize,
    },
    /// Fewer values than a statistic needs.
    #[error("{operation}: expected {expected} or more {name}, got {got}")]
    TooFew {
        /// The statistic.
        operation: &'static str,
        /// Which of its values.
        name: &'static str,
        /// The least number of values.
        expected: usize,
        /// The number given.
        got: usize,
    },
    /// A value that no statistic is computed of.
    #[error(
        "{operation}: expected numbers from -{MAX_VALUE:e} to {MAX_VALUE:e}, \
         got {value} ({name}, place {place}, counted from 0)"
    )]
    Value {
        /// The statistic.
        operation: &'static str,
        /// Which of its values.
        name: &'static str,
        /// The place of the value, counted from 0.
        place: usize,
        /// The value found.
        value: f64,
    },
    /// Values without the spread that a statistic is measured by.
    #[error("{operation}: expected {name} that differ, got no variance")]
    Constant {
        /// The statistic.
        operation: &'static str,
        /// Which of its values.
        name: &'static str,
    },
    /// Values that do not pair up.
    #[error("{operation}: expected as many x as y values, got {x} and {y}")]
    Lengths {
        /// The statistic.
        operation: &'static str,
        /// The number of x values.
        x: usize,
        /// The number of y values.
        y: usize,
    },
}

/// The result of scoring a detector or comparing costs.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// True if the cause is what was handed in, rather than this machine: always so here.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Empty { .. }
            | Self::EmptySet { .. }
            | Self::NotFinite { .. }
            | Self::Rate { .. }
            | Self::Confidence { .. }
            | Self::Columns { .. }
            | Self::Proportion { .. }
            | Self::TooFew { .. }
            | Self::Value { .. }
            | Self::Constant { .. }
            | Self::Lengths { .. } => true,
        }
    }
}
