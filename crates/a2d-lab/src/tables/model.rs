//! Table: the accuracy of the model.

use super::{Context, Table, number};
use crate::tables::cell::{Better, Cell};
use anyhow::Result;

pub(crate) const TABLE: Table = Table {
    name: "model",
    title: "The model",
    note: "Share of the whole test set that is classified correctly. Interval by Wilson.",
    better: |_| Better::Higher,
    steps: |_| vec!["accuracy".into()],
    cells,
};

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let printed = context.printed("accuracy")?;
    let cell = Cell::new("test set", "accuracy", number(&printed, "/accuracy")?)
        .within(Some(number(&printed, "/low")?), Some(number(&printed, "/high")?))
        .of(printed["images"].as_u64())
        .beside(context.plan.experiment.model.paper_accuracy);
    Ok(vec![cell])
}
