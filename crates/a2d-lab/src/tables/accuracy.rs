//! Table: how often detectors are right, by kind of input.

use super::{Context, Table, named, number};
use crate::plan::{BENIGN, ENSEMBLE, Plan};
use crate::tables::cell::{Better, Cell};
use anyhow::Result;
use serde_json::Value;

/// The row of all inputs.
pub(crate) const OVERALL: &str = "overall";

const NOTE: &str = "Share of right verdicts: on all inputs, on benign and on each kind of adversarial ones. \
                    The paper's numbers are of its Env2. Intervals by Wilson.";

pub(crate) const KNN: Table = Table {
    name: "accuracy-knn",
    title: "Detection accuracy, k-NN",
    note: NOTE,
    better: |_| Better::Higher,
    steps: |plan| steps(plan, "knn"),
    cells: |context| cells(context, "knn"),
};

pub(crate) const ZSCORE: Table = Table {
    name: "accuracy-zscore",
    title: "Detection accuracy, z-score",
    note: NOTE,
    better: |_| Better::Higher,
    steps: |plan| steps(plan, "zscore"),
    cells: |context| cells(context, "zscore"),
};

fn steps(plan: &Plan<'_>, detector: &str) -> Vec<String> {
    plan.members_and_ensemble().map(|name| format!("eval-{detector}-{name}")).collect()
}

fn cells(context: &Context<'_>, detector: &str) -> Result<Vec<Cell>> {
    let (dataset, paper) = (context.dataset(), context.paper);
    let mut cells = vec![];
    for column in context.plan.members_and_ensemble() {
        let evaluation = context.printed(&format!("eval-{detector}-{column}"))?;
        let overall = &evaluation["detection"]["overall"];
        let published =
            |kind| (column == ENSEMBLE).then(|| paper.flagged(detector, dataset, kind)).flatten();
        let accuracy = paper.accuracy(detector, dataset, column);
        cells.push(cell([OVERALL, column], overall, "accuracy", accuracy)?);
        let specificity = published("fpr").map(|rate| 1.0 - rate);
        cells.push(cell([BENIGN, column], overall, "tnr", specificity)?);
        for attack in context.attacks() {
            let set = named(&evaluation, "/detection/sets", "set", attack)?;
            cells.push(cell([attack, column], set, "tpr", published(attack))?);
        }
    }
    Ok(cells)
}

/// A rate of what `a2d eval` printed of a set, with as many inputs as it is of.
pub(crate) fn cell(
    [row, column]: [&str; 2],
    set: &Value,
    rate: &str,
    paper: Option<f64>,
) -> Result<Cell> {
    let verdicts = |names: &[&str]| names.iter().map(|name| set["verdicts"][name].as_u64()).sum();
    let adversarial = ["true_positives", "false_negatives"];
    let benign = ["false_positives", "true_negatives"];
    let n = match rate {
        "tpr" => verdicts(&adversarial),
        "tnr" => verdicts(&benign),
        _ => verdicts(&[adversarial, benign].concat()),
    };
    let rate = &set["rates"][rate];
    let cell = Cell::new(row, column, number(rate, "/share")?)
        .within(Some(number(rate, "/low")?), Some(number(rate, "/high")?))
        .of(n)
        .beside(paper);
    Ok(cell)
}
