//! Table: whether costs of adversarial inputs differ from benign ones.

use super::{Context, Table, costs_by, count, list, optional};
use crate::tables::cell::{Better, Cell};
use anyhow::Result;

/// A difference with a smaller p-value is taken for one.
pub(crate) const SIGNIFICANT: f64 = 0.05;

pub(crate) const TABLE: Table = Table {
    name: "significance",
    title: "p-values between benign and adversarial costs",
    note: "Welch's t-test of the benign inputs against all adversarial ones together. A p-value depends on the \
           number of inputs and has no interval; it falls short of the paper's only where it is not below 0.05.",
    better: |cell| if cell.ours < SIGNIFICANT { Better::None } else { Better::Lower },
    steps: |plan| {
        let costs = plan.samples.iter().map(|sample| sample.named("costs"));
        costs.chain(["evidence".to_owned()]).collect()
    },
    cells,
};

/// The attacks of the detectors on all scored inputs, the others on those that there are costs of.
fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for attack in context.plan.timed() {
        let printed = if context.defenses().contains(attack) {
            context.printed_of(attack, "costs")?
        } else {
            context.printed("evidence")?
        };
        for (column, measure, published) in
            [("iterations", "iterations", "iterations"), ("time", "seconds", "time")]
        {
            let costs = costs_by(&printed, attack, measure)?;
            let Some(p) = optional(costs, "/p/value") else { continue };
            let n = list(costs, "/sets")?.iter().filter_map(count).sum();
            let paper = match context.dataset() {
                "mnist" => context.paper.significance(published, attack),
                _ => None,
            };
            cells.push(Cell::new(attack, column, p).of(Some(n)).beside(paper));
        }
    }
    Ok(cells)
}
