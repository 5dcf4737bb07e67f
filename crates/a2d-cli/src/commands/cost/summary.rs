//! What costs are like, attack by attack.

use a2d_cost::Unscored;
use serde::Serialize;

use super::measurement::Costs;
use crate::format::{Outcome, line, table};

/// What the costs are like, attack by attack.
#[derive(Serialize)]
pub(super) struct Summary {
    attacks: Vec<AttackSummary>,
    /// The inputs that have no cost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unscored: Vec<Unscored>,
}

#[derive(Serialize)]
struct AttackSummary {
    attack: String,
    n: usize,
    mean_iterations: f64,
    flipped: usize,
    censored: usize,
    seconds: f64,
}

impl Summary {
    pub(super) fn of(costs: &Costs) -> Self {
        let Costs { table, unscored } = costs;
        let columns = table.costs().columns().into_iter().zip(table.attacks());
        let attacks = columns.map(|(costs, attack)| {
            let n = costs.len();
            let iterations: u64 = costs.iter().map(|cost| u64::from(cost.iterations)).sum();
            AttackSummary {
                attack: attack.clone(),
                n,
                mean_iterations: iterations as f64 / n as f64,
                flipped: costs.iter().filter(|cost| cost.flipped).count(),
                censored: costs.iter().filter(|cost| cost.censored).count(),
                seconds: costs.iter().map(|cost| cost.seconds).sum(),
            }
        });
        Self { attacks: attacks.collect(), unscored: unscored.clone() }
    }
}

impl Outcome for Summary {
    fn human(&self) -> String {
        table(self.lines())
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let header =
            line([&"attack", &"n", &"mean_iterations", &"flipped", &"censored", &"seconds"]);
        let rows = self.attacks.iter().map(|attack| {
            line([
                &attack.attack,
                &attack.n,
                &format!("{:.2}", attack.mean_iterations),
                &attack.flipped,
                &attack.censored,
                &format!("{:.2}", attack.seconds),
            ])
        });
        std::iter::once(header).chain(rows).collect()
    }
}
