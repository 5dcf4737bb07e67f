use super::{Context, Table, number};
use crate::reproduce::cell::{Better, Cell};
use anyhow::Result;

pub(super) const TABLE: Table = Table {
    name: "model",
    title: "The model",
    note: "Share of the whole test set that is classified correctly.",
    better: |_| Better::Higher,
    steps: |_| vec!["accuracy".into()],
    cells,
};

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let accuracy = context.printed("accuracy")?;
    let paper = context.plan.experiment.model.paper_accuracy;
    let cell = Cell::new("test set", "accuracy", number(&accuracy, "/accuracy")?)
        .of(accuracy["images"].as_u64())
        .beside(Some(paper));
    Ok(vec![cell])
}
