//! Table: mean costs of every attack.

use super::interval::Mean;
use super::{Context, Table, count, list, text};
use crate::tables::cell::{Better, Cell};
use anyhow::Result;

const NOTE: &str = "Mean of the costs of the first inputs of each kind under every defense attack. The \
                    paper shows them as figures. Intervals by Student's t.";

pub(crate) const ITERATIONS: Table = Table {
    name: "iterations",
    title: "Iterations until the label flips",
    note: NOTE,
    better: |_| Better::None,
    steps: |_| vec!["evidence".into()],
    cells: |context| cells(context, "iterations"),
};

pub(crate) const SECONDS: Table = Table {
    name: "seconds",
    title: "Seconds until the label flips",
    note: NOTE,
    better: |_| Better::None,
    steps: |_| vec!["evidence".into()],
    cells: |context| cells(context, "seconds"),
};

fn cells(context: &Context<'_>, measure: &str) -> Result<Vec<Cell>> {
    let evidence = context.printed("evidence")?;
    let mut cells = vec![];
    for costs in list(&evidence, "/costs")?.iter().filter(|costs| costs["measure"] == measure) {
        for set in list(costs, "/sets")? {
            let cell = Mean::of(set)?.cell(text(costs, "/attack")?, text(set, "/set")?);
            cells.push(cell.of(count(set)));
        }
    }
    Ok(cells)
}
