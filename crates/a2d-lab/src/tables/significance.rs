//! Table: whether costs of adversarial inputs differ from benign ones.

use super::{Context, Table, costs_by};
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::Layout;
use a2d_cost::Unit;
use a2d_eval::Comparison;
use anyhow::Result;

/// A difference with a smaller p-value is taken for one.
pub(crate) const SIGNIFICANT: f64 = 0.05;

/// The columns, and what they are of.
const COLUMNS: [(&str, Unit); 2] = [("iterations", Unit::Iterations), ("time", Unit::Seconds)];

pub(crate) const TABLE: Table = Table {
    name: "significance",
    link: "p-values",
    title: "p-values between benign and adversarial costs",
    note: "Welch's t-test of the benign inputs against all adversarial ones together. A p-value depends on the \
           number of inputs and has no interval; it falls short of the paper's only where it is not below 0.05.",
    layout: Layout { corner: "costs", ..Layout::OF_DEFENSES },
    better: |cell| if cell.ours < SIGNIFICANT { Better::None } else { Better::Lower },
    steps: |plan| {
        let costs = plan.samples.iter().map(|sample| sample.named("costs"));
        costs.chain(["evidence".to_owned()]).collect()
    },
    names: |experiment| {
        let of = |row: &String| COLUMNS.map(|(column, _)| [row.clone(), column.to_owned()]);
        experiment.defenses.iter().flat_map(of).collect()
    },
    cells,
};

/// The attacks of the detectors on all scored inputs, the others on those that there are costs of.
fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for attack in context.plan.timed() {
        let printed: Comparison = if context.defenses().contains(attack) {
            context.printed_of(attack, "costs")?
        } else {
            context.printed("evidence")?
        };
        for (column, measure) in COLUMNS {
            let costs = costs_by(&printed, attack, measure)?;
            let n = costs.sets.iter().map(|set| set.n).sum();
            cells.extend(costs.p.map(|p| Cell::new(attack, column, p.value).of(n)));
        }
    }
    Ok(cells)
}
