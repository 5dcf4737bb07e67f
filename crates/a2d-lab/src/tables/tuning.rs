//! Table: detectors under other parameters.

use super::{Context, Table, accuracy};
use crate::plan::Plan;
use crate::tables::cell::{Better, Cell};
use anyhow::Result;

pub(crate) const TABLE: Table = Table {
    name: "tuning",
    title: "Parameters of the ensembles",
    note: "Accuracy on benign and adversarial inputs. K is that of the paper, for 1,000 + 1,000 inputs to fit \
           on; with fewer it is in proportion. Ratios are of benign to adversarial inputs to fit on. Nothing is \
           chosen by this table. The paper's numbers are of its Env2, MNIST.",
    better: |_| Better::Higher,
    steps: |plan| rows(plan).into_iter().map(|row| row.step).collect(),
    cells,
};

/// A value of a parameter: where it is scored, and where the paper has it.
struct Row {
    name: String,
    step: String,
    parameter: &'static str,
    value: String,
}

fn rows(plan: &Plan<'_>) -> Vec<Row> {
    let settings = &plan.experiment.detectors;
    let row =
        |name: String, step: String, parameter, value: String| Row { name, step, parameter, value };
    let neighbours = settings
        .tuning_k
        .iter()
        .map(|k| row(format!("k-NN, K = {k}"), format!("eval-knn-k-{k}"), "knn_k", k.to_string()));
    let ratios = settings.tuning_ratio.iter().map(|ratio| {
        let value = format!("1:{ratio}");
        row(format!("k-NN, {value}"), format!("eval-knn-ratio-{ratio}"), "knn_ratio", value)
    });
    let thresholds = settings.tuning_h.iter().map(|h| {
        row(format!("z-score, h = {h}"), format!("eval-zscore-h{h}"), "zscore_h", h.clone())
    });
    let votes = (1..=plan.defenses().len()).map(|votes| {
        let step = format!("eval-zscore-votes-{votes}");
        row(format!("z-score, k = {votes}"), step, "zscore_ensemble_k", votes.to_string())
    });
    neighbours.chain(ratios).chain(thresholds).chain(votes).collect()
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for Row { name, step, parameter, value } in rows(context.plan) {
        let evaluation = context.printed(&step)?;
        let overall = &evaluation["detection"]["overall"];
        for (place, (column, rate)) in
            [("benign", "tnr"), ("adversarial", "tpr")].into_iter().enumerate()
        {
            let paper = match context.dataset() {
                "mnist" => context.paper.tuning(parameter, &value, place),
                _ => None,
            };
            cells.push(accuracy::cell([&name, column], overall, rate, paper)?);
        }
    }
    Ok(cells)
}
