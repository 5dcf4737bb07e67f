/// How much an attack may take, and what its random streams start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows under attack at a time, at least 1: memory is bounded by it.
    pub window: usize,
    /// Seed of all random streams; each row has its own.
    pub seed: u64,
}

impl Default for Limits {
    /// A window of 64 rows, seed 0.
    fn default() -> Self {
        Self { window: 64, seed: 0 }
    }
}
