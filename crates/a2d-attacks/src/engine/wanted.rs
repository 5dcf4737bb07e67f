//! What is wanted of rows, beside their logits.

use tch::Tensor;

use super::pass;
use crate::Goal;
use crate::row_state;

/// What is wanted of rows, beside their logits: on the device of the network, where it stays for as long as the
/// rows do.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) goals: Vec<Goal>,
    /// The class that each row is to get, or else the one that it is to lose, \[N\], int64.
    pub(crate) classes: Tensor,
    /// 1 for rows that are to get a class, -1 for those that are to lose one, \[N\].
    pub(crate) signs: Tensor,
}
row_state!(Wanted { goals, classes, signs });

impl Wanted {
    /// These goals, with numbers of the kind and on the device of `logits`.
    pub(crate) fn of(goals: Vec<Goal>, logits: &Tensor) -> Self {
        let classes = pass::classes(&goals, |goal| goal.target.unwrap_or(goal.label), logits);
        let signs = pass::signs(&goals, logits);
        Self { goals, classes, signs }
    }
}
