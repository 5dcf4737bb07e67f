use std::time::Duration;

use crate::AttackCost;

/// Why an attack on an input ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The predicted label flipped.
    Flipped,
    /// The attack applied all its steps in vain.
    CapReached,
    /// The budget ran out before the attack's cap.
    BudgetSpent,
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
            iterations: self.iterations,
            flipped: ending == Ending::Flipped,
            censored: ending == Ending::BudgetSpent,
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
        let record = |ending| {
            let cost = meter.finish(ending);
            (cost.iterations, cost.flipped, cost.censored, cost.seconds)
        };
        assert_eq!(record(Ending::Flipped), (1, true, false, 0.25));
        assert_eq!(record(Ending::CapReached), (1, false, false, 0.25));
        assert_eq!(record(Ending::BudgetSpent), (1, false, true, 0.25));
    }
}
