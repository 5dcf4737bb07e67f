//! Table: the accuracy of the model.

use super::{Context, Table};
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::{Axis, Layout};
use a2d_eval::Classification;
use anyhow::Result;

const ROW: &str = "test set";
const COLUMN: &str = "accuracy";

pub(crate) const TABLE: Table = Table {
    name: "model",
    link: "model",
    title: "The model",
    note: "Share of the whole test set that is classified correctly. Interval by Wilson.",
    layout: Layout { corner: "images", rows: Axis::Text, columns: Axis::Text, ..Layout::SHARES },
    better: |_| Better::Higher,
    steps: |_| vec!["accuracy".into()],
    names: |_| vec![[ROW, COLUMN].map(Into::into)],
    cells,
};

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let Classification { images, accuracy, low, high, .. } = context.printed("accuracy")?;
    Ok(vec![Cell::new(ROW, COLUMN, accuracy).within(Some(low), Some(high)).of(images)])
}
