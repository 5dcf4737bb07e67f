//! How much an attack may take, and the seed of its random streams.

use crate::{Error, Result};

/// How much an attack may take, and what its random streams start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows under attack at a time by each worker, from 1 to [`MAX_WINDOW`](Self::MAX_WINDOW): memory is bounded
    /// by it.
    pub window: usize,
    /// Seed of all random streams; each row has its own.
    pub seed: u64,
}

impl Limits {
    /// The largest window.
    pub const MAX_WINDOW: usize = 1 << 20;

    /// Checks the window.
    ///
    /// # Errors
    /// [`Error::Window`] if it is out of range.
    pub fn check(self) -> Result<()> {
        if (1..=Self::MAX_WINDOW).contains(&self.window) {
            return Ok(());
        }
        Err(Error::Window(self.window))
    }
}

impl Default for Limits {
    /// A window of 64 rows, seed 0.
    fn default() -> Self {
        Self { window: 64, seed: 0 }
    }
}
