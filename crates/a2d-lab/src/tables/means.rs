//! Table: mean costs of every attack.

use super::{Context, Table};
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::{Axis, Layout};
use a2d_cost::Unit;
use a2d_eval::Comparison;
use anyhow::Result;

const NOTE: &str = "Mean of the costs of the first inputs of each kind under every defense attack. The \
                    paper shows them as figures. Intervals by Student's t.";

const LAYOUT: Layout = Layout { corner: "inputs", columns: Axis::Inputs, ..Layout::OF_DEFENSES };

pub(crate) const ITERATIONS: Table = Table {
    name: "iterations",
    link: "iterations",
    title: "Iterations until the label flips",
    note: NOTE,
    layout: LAYOUT,
    better: |_| Better::None,
    steps: |_| vec!["evidence".into()],
    names: |_| vec![],
    cells: |context| cells(context, Unit::Iterations),
};

pub(crate) const SECONDS: Table = Table {
    name: "seconds",
    link: "seconds",
    title: "Seconds until the label flips",
    note: NOTE,
    layout: LAYOUT,
    better: |_| Better::None,
    steps: |_| vec!["evidence".into()],
    names: |_| vec![],
    cells: |context| cells(context, Unit::Seconds),
};

fn cells(context: &Context<'_>, measure: Unit) -> Result<Vec<Cell>> {
    let evidence: Comparison = context.printed("evidence")?;
    let costs = evidence.costs.iter().filter(|costs| costs.measure == measure);
    let cells = costs.flat_map(|costs| {
        costs.sets.iter().map(|set| {
            Cell::new(&costs.attack, &set.set, set.mean).within(set.low, set.high).of(set.n)
        })
    });
    Ok(cells.collect())
}
