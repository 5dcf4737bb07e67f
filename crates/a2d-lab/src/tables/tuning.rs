//! Table: detectors under other parameters.

use super::{Context, Table, accuracy};
use crate::experiment::Tuned;
use crate::tables::cell::{Better, Cell};
use anyhow::Result;

pub(crate) const TABLE: Table = Table {
    name: "tuning",
    title: "Parameters of the ensembles",
    note: "Accuracy on benign and adversarial inputs. K is that of the paper, for 1,000 + 1,000 inputs to fit \
           on; with fewer it is in proportion. Ratios are of benign to adversarial inputs to fit on. Nothing is \
           chosen by this table. The paper's numbers are of its Env2, MNIST.",
    better: |_| Better::Higher,
    steps: |plan| plan.tuned().iter().map(step).collect(),
    cells,
};

fn step(tuned: &Tuned<'_>) -> String {
    format!("eval-{}", tuned.name())
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for tuned in context.plan.tuned() {
        let evaluation = context.printed(&step(&tuned))?;
        let (parameter, value) = (tuned.tuning.parameter.as_str(), tuned.published());
        let overall = &evaluation["detection"]["overall"];
        for (place, (column, rate)) in
            [("benign", "tnr"), ("adversarial", "tpr")].into_iter().enumerate()
        {
            let paper = match context.dataset() {
                "mnist" => context.paper.tuning(parameter, &value, place),
                _ => None,
            };
            cells.push(accuracy::cell([&tuned.label(), column], overall, rate, paper)?);
        }
    }
    Ok(cells)
}
