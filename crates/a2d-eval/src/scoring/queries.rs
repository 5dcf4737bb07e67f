//! What a score asks of a network.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// What the scores of an image take, in passes of a network with a single image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queries {
    /// Passes forward.
    pub forward: u64,
    /// Passes forward and back.
    pub gradient: u64,
    /// Passes forward of changed copies of the network.
    pub mutated: u64,
}

impl Queries {
    /// So many passes forward.
    pub fn forward(forward: u64) -> Self {
        Self { forward, ..Self::default() }
    }

    /// So many passes forward and back.
    pub fn gradient(gradient: u64) -> Self {
        Self { gradient, ..Self::default() }
    }
}

impl AddAssign for Queries {
    fn add_assign(&mut self, other: Self) {
        self.forward += other.forward;
        self.gradient += other.gradient;
        self.mutated += other.mutated;
    }
}
