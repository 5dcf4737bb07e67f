//! Table: detectors under other parameters.

use super::{Context, Table, accuracy, detection};
use crate::experiment::{Tuned, Tuning};
use crate::plan::BENIGN;
use crate::tables::accuracy::Rate;
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::{Axis, Layout};
use a2d_eval::Evaluation;
use anyhow::Result;

pub(crate) const TABLE: Table = Table {
    name: "tuning",
    link: "parameters",
    title: "Parameters of the ensembles",
    note: "Accuracy on benign and adversarial inputs. K is that of the paper, for 1,000 + 1,000 inputs to fit \
           on; with fewer it is in proportion. Ratios are of benign to adversarial inputs to fit on. Nothing is \
           chosen by this table.",
    layout: Layout { corner: "detector", rows: Axis::Text, columns: Axis::Text, ..Layout::SHARES },
    better: |_| Better::Higher,
    steps: |plan| plan.tuned().iter().map(step).collect(),
    names: |experiment| {
        let tuned = experiment.tuning.iter().flat_map(Tuning::all);
        let of = |row: Tuned<'_>| COLUMNS.map(|(column, _)| [row.label(), column.into()]);
        tuned.flat_map(of).collect()
    },
    cells,
};

const COLUMNS: [(&str, Rate); 2] = [(BENIGN, Rate::Benign), ("adversarial", Rate::Adversarial)];

fn step(tuned: &Tuned<'_>) -> String {
    format!("eval-{}", tuned.name())
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for tuned in context.plan.tuned() {
        let evaluation: Evaluation = context.printed(&step(&tuned))?;
        let (row, overall) = (tuned.label(), &detection(&evaluation)?.overall);
        cells.extend(COLUMNS.map(|(column, rate)| accuracy::cell([&row, column], overall, rate)));
    }
    Ok(cells)
}
