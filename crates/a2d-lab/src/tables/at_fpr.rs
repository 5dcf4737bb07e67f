//! Tables: the examples that are found where as many benign inputs are flagged by every detector.

use super::separation::{self, Told};
use super::{Context, Table};
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::Layout;
use a2d_eval::TprAtFpr;
use anyhow::Result;

const NOTE: &str = "Share of the examples that are found where this share of the benign inputs is flagged: the threshold \
                    is where the detector reaches that on the benign inputs that are scored. n counts adversarial \
                    inputs; a benign input is 1/n of the rate, so that few inputs make the first of these tables \
                    coarse. Baselines that are fitted on examples by the attack have a detector for each.";

pub(crate) const ONE: Table = table("at-1-fpr", "Found at 1 % false positives", |context| {
    cells(context, |at| at.tpr_at_1_fpr)
});

pub(crate) const FIVE: Table = table("at-5-fpr", "Found at 5 % false positives", |context| {
    cells(context, |at| at.tpr_at_5_fpr)
});

pub(crate) const TEN: Table = table("at-10-fpr", "Found at 10 % false positives", |context| {
    cells(context, |at| at.tpr_at_10_fpr)
});

const fn table(
    name: &'static str,
    title: &'static str,
    cells: fn(&Context<'_>) -> Result<Vec<Cell>>,
) -> Table {
    Table {
        name,
        link: name,
        title,
        note: NOTE,
        layout: Layout { corner: "examples by", ..Layout::SHARES },
        better: |_| Better::None,
        steps: separation::steps,
        names: |_| vec![],
        cells,
    }
}

fn cells(context: &Context<'_>, rate: fn(TprAtFpr) -> f64) -> Result<Vec<Cell>> {
    let told = separation::told(context)?.into_iter();
    let cell = |Told { attack, column, at, n, .. }: Told| {
        Some(Cell::new(&attack, &column, rate(at?)).of(n))
    };
    Ok(told.filter_map(cell).collect())
}
