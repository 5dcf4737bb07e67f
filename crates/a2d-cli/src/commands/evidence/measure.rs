//! What a cost is measured by: iterations or seconds.

use a2d_cost::AttackCost;
use serde::Serialize;

use super::sets::CostSet;

/// What a cost is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Measure {
    Iterations,
    Seconds,
}

impl Measure {
    pub(super) const ALL: [Self; 2] = [Self::Iterations, Self::Seconds];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Iterations => "iterations",
            Self::Seconds => "seconds",
        }
    }

    fn of(self, cost: &AttackCost) -> f64 {
        match self {
            Self::Iterations => f64::from(cost.iterations),
            Self::Seconds => cost.seconds,
        }
    }

    /// The costs of a set under the attack in this column, input by input.
    pub(super) fn costs(self, set: &CostSet, column: usize) -> Vec<f64> {
        set.costs.table.costs().column(column).iter().map(|cost| self.of(cost)).collect()
    }
}

/// Every attack of these sets, with its column, and every measure.
pub(super) fn measured(sets: &[CostSet]) -> impl Iterator<Item = (usize, &str, Measure)> {
    let attacks = sets.first().map_or(&[][..], |set| set.costs.table.attacks());
    attacks
        .iter()
        .enumerate()
        .flat_map(|(column, attack)| Measure::ALL.map(|measure| (column, attack.as_str(), measure)))
}
