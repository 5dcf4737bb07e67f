//! What is wanted of every row, and so when it is done.

/// What is wanted of every row, and so when it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// What the first flip costs. Its image is of no interest.
    Cost,
    /// The first flipped image, or the best so far where none flips.
    Flip,
    /// The image that the attack ends with, after its cap unless it knows no further step.
    Result,
}
