//! What an attack spends on an input, and why it ends.

use std::time::Duration;

use crate::{AttackCost, Budget};

/// Why an attack on an input ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The predicted label flipped.
    Flipped,
    /// The attack has no further step, because it applied all that it may or because its search gave
    /// up: its cost is its cap, however few steps it took.
    InVain {
        /// The most iterations of the attack.
        cap: u32,
    },
    /// The budget ran out before the attack's cap.
    BudgetSpent(Budget),
}

/// Counts what an attack spends on one input while it runs.
#[derive(Clone, Debug, Default)]
pub struct CostMeter {
    iterations: u32,
    gradient_queries: u32,
    forward_queries: u32,
    time: Duration,
}

impl CostMeter {
    /// Forward passes were spent.
    pub fn forward_queries(&mut self, count: u32) {
        self.forward_queries += count;
    }

    /// Gradients were spent.
    pub fn gradient_queries(&mut self, count: u32) {
        self.gradient_queries += count;
    }

    /// Update steps were applied.
    pub fn iterated(&mut self, count: u32) {
        self.iterations += count;
    }

    /// Wall time was spent.
    pub fn spend(&mut self, time: Duration) {
        self.time += time;
    }

    /// Update steps applied so far.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The record of an attack that ended so.
    pub fn finish(&self, ending: Ending) -> AttackCost {
        AttackCost {
            iterations: match ending {
                Ending::Flipped => self.iterations,
                Ending::InVain { cap } => cap,
                Ending::BudgetSpent(budget) => budget.iterations(),
            },
            flipped: ending == Ending::Flipped,
            censored: matches!(ending, Ending::BudgetSpent(_)),
            gradient_queries: self.gradient_queries,
            forward_queries: self.forward_queries,
            seconds: self.time.as_secs_f64(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_decides_what_the_iterations_mean() {
        let mut meter = CostMeter::default();
        meter.iterated(1);
        meter.spend(Duration::from_millis(250));
        meter.gradient_queries(2);
        let record = |ending| {
            let cost = meter.finish(ending);
            assert_eq!((cost.gradient_queries, cost.seconds), (2, 0.25), "what was really spent");
            (cost.iterations, cost.flipped, cost.censored)
        };
        assert_eq!(record(Ending::Flipped), (1, true, false));
        assert_eq!(record(Ending::InVain { cap: 500 }), (500, false, false));
        let budget = Budget::new(3).unwrap();
        assert_eq!(record(Ending::BudgetSpent(budget)), (3, false, true));
    }
}
