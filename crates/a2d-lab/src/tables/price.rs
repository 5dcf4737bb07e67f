//! Table: what the numbers of an input take, by defense attack and baseline.

use super::{Context, Table};
use crate::experiment::Baseline;
use crate::plan::baselines::scores;
use crate::plan::{BENIGN, Plan};
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::Layout;
use a2d_cost::{CostTable, Unit};
use anyhow::{Context as _, Result};
use serde::Deserialize;
use std::path::Path;

/// The column of the milliseconds.
pub(crate) const MILLISECONDS: &str = "ms";

const FORWARD: &str = "forward queries";
const GRADIENT: &str = "gradient queries";
const MUTATED: &str = "changed networks";

pub(crate) const TABLE: Table = Table {
    name: "price",
    link: "price",
    title: "What the numbers of a benign input take",
    note: "Means over the benign inputs that are scored: passes forward, passes forward and back, passes of changed \
           networks, and milliseconds of one thread with other images beside it in the batch. Attacks go on to the \
           flip here; a verdict takes less (docs/speed.md). Fitting is not counted.",
    layout: Layout::OF_DEFENSES,
    better: |_| Better::None,
    steps: |plan| {
        let set = format!("score-{BENIGN}");
        let costs = plan.samples.iter().map(|sample| format!("cost-{}", sample.named(&set)));
        let baselines = plan.experiment.baselines(plan.profile);
        costs.chain(baselines.map(|baseline| step(plan, baseline))).collect()
    },
    names: |_| vec![],
    cells,
};

/// What `a2d score` and `a2d baseline score` print of their price.
#[derive(Deserialize)]
pub(super) struct Scored {
    scores: Vec<Column>,
    pub(super) price: Price,
}

#[derive(Deserialize)]
struct Column {
    n: usize,
}

#[derive(Deserialize)]
pub(super) struct Price {
    forward_queries: f64,
    gradient_queries: f64,
    pub(super) mutated_queries: f64,
    pub(super) milliseconds: f64,
}

/// The step that scores the benign inputs.
pub(super) fn step(plan: &Plan<'_>, baseline: &Baseline) -> String {
    scores(baseline, &plan.sample_of(baseline).named(&format!("score-{BENIGN}")))
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for defense in context.defenses() {
        let set = context.plan.samples.of(defense).named(&format!("score-{BENIGN}"));
        cells.extend(of_costs(&context.plan.work.costs(&set), defense, defense)?);
    }
    for baseline in context.plan.experiment.baselines(context.plan.profile) {
        if baseline.is_costs() {
            let set = context.plan.sample_of(baseline).named(&format!("score-{BENIGN}"));
            let path = context.plan.work.baseline_scores(&baseline.name, &set);
            for (row, attack) in baseline.columns() {
                cells.extend(of_costs(&path, row, attack)?);
            }
            continue;
        }
        let Scored { scores, price } = context.printed(&step(context.plan, baseline))?;
        let n = scores.first().map_or(0, |column| column.n);
        let Price { forward_queries, gradient_queries, mutated_queries, milliseconds } = price;
        for (column, number) in [
            (FORWARD, forward_queries),
            (GRADIENT, gradient_queries),
            (MUTATED, mutated_queries),
            (MILLISECONDS, milliseconds),
        ] {
            cells.push(Cell::new(&baseline.name, column, number).of(n));
        }
    }
    Ok(cells)
}

/// What the costs of a defense attack in this file took.
fn of_costs(path: &Path, row: &str, attack: &str) -> Result<Vec<Cell>> {
    let costs = CostTable::read_csv(path)?.select(&[attack.to_owned()])?;
    let n = costs.inputs().len();
    let mean = |unit| costs.values(unit).mean().context("a table of costs without inputs");
    [
        (FORWARD, Unit::ForwardQueries, 1.0),
        (GRADIENT, Unit::GradientQueries, 1.0),
        (MILLISECONDS, Unit::Seconds, 1e3),
    ]
    .into_iter()
    .map(|(column, unit, scale)| Ok(Cell::new(row, column, scale * mean(unit)?).of(n)))
    .collect()
}
