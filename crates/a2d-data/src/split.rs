//! The parts of a data set.

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// Images for training.
    Train,
    /// Images that training never sees.
    Test,
}
