use a2d_cost::Budget;

/// How much an attack may take, and what its random streams start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows under attack at a time, at least 1: memory is bounded by it.
    pub window: usize,
    /// The most iterations of a row, where that is below the attack's cap.
    pub budget: Option<Budget>,
    /// Seed of all random streams; each row has its own.
    pub seed: u64,
}

impl Default for Limits {
    /// A window of 64 rows, no budget, seed 0.
    fn default() -> Self {
        Self { window: 64, budget: None, seed: 0 }
    }
}
