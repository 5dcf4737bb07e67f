use super::{Context, Table, count, list, number, optional, text};
use crate::reproduce::cell::{Better, Cell};
use anyhow::Result;

/// The mean benign score over the mean adversarial one.
pub(in crate::reproduce) const MEAN_LAMBDA: &str = "mean lambda";

pub(super) const TABLE: Table = Table {
    name: "clever",
    title: "Mean CLEVER scores",
    note: "How far inputs are from another class; lambda is the mean benign score over the mean of the \
           adversarial ones. Paper: the conference's slides.",
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
        for set in list(scores, "/sets")? {
            let kind = text(set, "/set")?;
            let cell = Cell::new(target, kind, number(set, "/mean")?)
                .within(optional(set, "/low"), optional(set, "/high"))
                .of(count(set))
                .beside(paper.clever(dataset, target, kind));
            cells.push(cell);
        }
        if let Some(lambda) = optional(scores, "/mean_lambda") {
            let paper = paper.mean_lambda(dataset, target);
            cells.push(Cell::new(target, MEAN_LAMBDA, lambda).beside(paper));
        }
    }
    Ok(cells)
}
