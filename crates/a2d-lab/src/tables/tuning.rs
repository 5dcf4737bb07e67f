//! Table: detectors under other parameters.

use super::{Context, Table, accuracy, detection};
use crate::experiment::Experiment;
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
    steps: |plan| {
        rows(plan.experiment, plan.defenses().len()).into_iter().map(|row| row.step).collect()
    },
    names: |experiment| {
        let rows = rows(experiment, experiment.defenses.len());
        rows.into_iter()
            .flat_map(|row| COLUMNS.map(|(column, _)| [row.name.clone(), column.into()]))
            .collect()
    },
    cells,
};

const COLUMNS: [(&str, Rate); 2] = [(BENIGN, Rate::Benign), ("adversarial", Rate::Adversarial)];

/// A value of a parameter, and where it is scored.
struct Row {
    name: String,
    step: String,
}

fn rows(experiment: &Experiment, defenses: usize) -> Vec<Row> {
    let settings = &experiment.detectors;
    let row = |name: String, step: String| Row { name, step };
    let neighbours =
        settings.tuning_k.iter().map(|k| row(format!("k-NN, K = {k}"), format!("eval-knn-k-{k}")));
    let ratios = settings
        .tuning_ratio
        .iter()
        .map(|ratio| row(format!("k-NN, 1:{ratio}"), format!("eval-knn-ratio-{ratio}")));
    let thresholds = settings
        .tuning_h
        .iter()
        .map(|h| row(format!("z-score, h = {h}"), format!("eval-zscore-h{h}")));
    let votes = (1..=defenses)
        .map(|votes| row(format!("z-score, k = {votes}"), format!("eval-zscore-votes-{votes}")));
    neighbours.chain(ratios).chain(thresholds).chain(votes).collect()
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for Row { name, step } in rows(context.plan.experiment, context.defenses().len()) {
        let evaluation: Evaluation = context.printed(&step)?;
        let overall = &detection(&evaluation)?.overall;
        cells.extend(COLUMNS.map(|(column, rate)| accuracy::cell([&name, column], overall, rate)));
    }
    Ok(cells)
}
