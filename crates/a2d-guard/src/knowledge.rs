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
    in_vain: bool,
}

impl Knowledge {
    /// Nothing but the caps of the attacks.
    pub(crate) fn none(caps: &[f64]) -> Self {
        // Attacks without gradients have spent none, so costs in other units than iterations begin at 0.
        let ranges = caps.iter().map(|&cap| 0.0..=cap).collect();
        Self { costs: vec![None; caps.len()], nothing: vec![], ranges, in_vain: false }
    }

    /// An attack told nothing: its cost could have been anything.
    pub(crate) fn learn_nothing(&mut self, attack: usize, reason: NoCost) {
        self.nothing.push((attack, reason));
    }

    /// The cost of an attack became known, or only a bound of it if it is censored. An attack in vain costs
    /// its cap, as it does in the tables that detectors are fitted on.
    pub(crate) fn learn(&mut self, attack: usize, cost: AttackCost, unit: Unit) {
        let known = unit.of(&cost);
        let most = *self.ranges[attack].end();
        // Of an attack in vain, iterations say its cap, but what it took may be less than the cap takes.
        let in_vain = cost.is_lower_bound() && !cost.censored && unit != Unit::Iterations;
        self.ranges[attack] = if cost.censored {
            known + 1.0..=most
        } else if in_vain {
            known..=most
        } else {
            known..=known
        };
        self.in_vain |= in_vain;
        self.costs[attack] = Some(cost);
    }

    /// True if an attack ended in vain, and what it would cost in this unit is not known.
    pub(crate) fn in_vain(&self) -> bool {
        self.in_vain
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

#[cfg(test)]
mod tests {
    use a2d_cost::{CostMeter, Ending};

    use super::*;

    #[test]
    fn an_attack_in_vain_costs_its_cap_or_at_least_what_it_took() {
        let mut meter = CostMeter::default();
        meter.iterated(500);
        meter.gradient_queries(9);
        let learned = |unit, cap| {
            let mut known = Knowledge::none(&[cap]);
            let cost = AttackCost { flipped: false, ..meter.finish(Ending::Flipped) };
            known.learn(0, cost, unit);
            (known.ranges()[0].clone(), known.in_vain())
        };
        assert_eq!(learned(Unit::Iterations, 500.0), (500.0..=500.0, false));
        let endless = f64::INFINITY;
        assert_eq!(learned(Unit::GradientQueries, endless), (9.0..=endless, true));
    }
}
