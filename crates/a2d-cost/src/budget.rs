//! The most iterations that an attack may spend on one input.

use crate::{Error, Result};

/// The most iterations that a defense attack may spend on one input.
///
/// An attack that stops at its budget says "at least this many": its record is censored. A detector
/// whose threshold is no higher than the budget needs no more to give the full attack's verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget(u32);

impl Budget {
    /// A budget of `iterations`.
    ///
    /// # Errors
    /// [`Error::EmptyBudget`] for 0.
    pub fn new(iterations: u32) -> Result<Self> {
        if iterations == 0 { Err(Error::EmptyBudget) } else { Ok(Self(iterations)) }
    }

    /// The budget in iterations, at least 1.
    pub fn iterations(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_allows_at_least_one_iteration() {
        assert!(matches!(Budget::new(0), Err(Error::EmptyBudget)));
        assert_eq!(Budget::new(1).unwrap().iterations(), 1);
    }
}
