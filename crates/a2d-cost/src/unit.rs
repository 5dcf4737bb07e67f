//! What a cost counts.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::AttackCost;

/// What a cost counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unit {
    /// Update steps.
    #[default]
    Iterations,
    /// Gradients of the network.
    GradientQueries,
    /// Forward passes of the network.
    ForwardQueries,
    /// Wall time in seconds.
    Seconds,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 4] =
        [Self::Iterations, Self::GradientQueries, Self::ForwardQueries, Self::Seconds];

    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Iterations => "iterations",
            Self::GradientQueries => "gradient queries",
            Self::ForwardQueries => "forward queries",
            Self::Seconds => "seconds",
        }
    }

    /// A record's cost in this unit.
    pub fn of(self, cost: &AttackCost) -> f64 {
        match self {
            Self::Iterations => cost.iterations.into(),
            Self::GradientQueries => cost.gradient_queries.into(),
            Self::ForwardQueries => cost.forward_queries.into(),
            Self::Seconds => cost.seconds,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_reads_its_own_field() {
        let cost = AttackCost {
            iterations: 1,
            flipped: true,
            censored: false,
            gradient_queries: 2,
            forward_queries: 3,
            seconds: 4.5,
        };
        assert_eq!(Unit::ALL.map(|unit| unit.of(&cost)), [1.0, 2.0, 3.0, 4.5]);
    }
}
