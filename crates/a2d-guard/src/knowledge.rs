//! What is known of the costs of an input.

use std::ops::RangeInclusive;

use a2d_cost::{AttackCost, NoCost};
use a2d_detect::Unit;

/// The costs of an input as far as they are measured, one per attack.
#[derive(Clone, Debug)]
pub(crate) struct Knowledge {
    pub(crate) costs: Vec<Option<AttackCost>>,
    /// The attacks that tell nothing of the input, and why.
    pub(crate) nothing: Vec<(usize, NoCost)>,
    ranges: Vec<RangeInclusive<f64>>,
}

impl Knowledge {
    /// Nothing but the caps of the attacks.
    pub(crate) fn none(caps: &[f64]) -> Self {
        // Attacks without gradients have spent none, so costs in other units than iterations begin at 0.
        let ranges = caps.iter().map(|&cap| 0.0..=cap).collect();
        Self { costs: vec![None; caps.len()], nothing: vec![], ranges }
    }

    /// An attack told nothing: its cost could have been anything.
    pub(crate) fn learn_nothing(&mut self, attack: usize, reason: NoCost) {
        self.nothing.push((attack, reason));
    }

    /// The cost of an attack became known, or only a bound of it if it is censored. An attack in vain costs
    /// its cap, as it does in the tables that detectors are fitted on.
    pub(crate) fn learn(&mut self, attack: usize, cost: AttackCost, unit: Unit) {
        let known = unit.of(&cost);
        self.ranges[attack] =
            if cost.censored { known + 1.0..=*self.ranges[attack].end() } else { known..=known };
        self.costs[attack] = Some(cost);
    }

    /// The ranges that the costs lie in.
    pub(crate) fn ranges(&self) -> &[RangeInclusive<f64>] {
        &self.ranges
    }

    /// The least that an attack may cost.
    pub(crate) fn least(&self, attack: usize) -> f64 {
        *self.ranges[attack].start()
    }
}
