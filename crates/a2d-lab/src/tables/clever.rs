//! Table: CLEVER scores of benign and adversarial inputs.

use super::interval::Mean;
use super::{Context, Table, count, list, optional, text};
use crate::tables::cell::{Better, Cell};
use anyhow::Result;

/// The mean benign score over the mean adversarial one.
pub(crate) const MEAN_LAMBDA: &str = "mean lambda";

pub(crate) const TABLE: Table = Table {
    name: "clever",
    title: "Mean CLEVER scores",
    note: "How far inputs are from another class; lambda is the mean benign score over the mean of the \
           adversarial ones. Intervals by Student's t, that of lambda by Fieller, as if all inputs were \
           independent; lambda has none where the adversarial mean may be 0. Paper: the conference's slides.",
    better: |cell| if cell.column == MEAN_LAMBDA { Better::Higher } else { Better::None },
    steps: |_| vec!["evidence".into()],
    cells,
};

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let evidence = context.printed("evidence")?;
    let (dataset, paper) = (context.dataset(), context.paper);
    let mut cells = vec![];
    for scores in list(&evidence, "/scores")? {
        let target = text(scores, "/target")?;
        let sets = list(scores, "/sets")?;
        let mut means = vec![];
        for set in sets {
            let (kind, mean) = (text(set, "/set")?, Mean::of(set)?);
            means.push((1.0, mean));
            let cell = mean.cell(target, kind).of(count(set));
            cells.push(cell.beside(paper.clever(dataset, target, kind)));
        }
        if let (Some(lambda), [(_, benign), adversarial @ ..]) =
            (optional(scores, "/mean_lambda"), means.as_slice())
        {
            let interval = benign.ratio_interval(Mean::weighted(adversarial));
            let cell = Cell::new(target, MEAN_LAMBDA, lambda)
                .within(interval.map(|ends| ends.0), interval.map(|ends| ends.1))
                .of(sets.iter().map(count).sum())
                .beside(paper.mean_lambda(dataset, target));
            cells.push(cell);
        }
    }
    Ok(cells)
}
