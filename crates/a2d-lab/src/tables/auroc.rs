//! Table: how well the costs of each defense tell each kind of example.

use super::{Context, Table, named};
use crate::experiment::Experiment;
use crate::plan::{DETECTORS, ENSEMBLE};
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::Layout;
use a2d_eval::{Auroc, Evaluation};
use anyhow::Result;

pub(crate) const TABLE: Table = Table {
    name: "auroc",
    link: "AUROC",
    title: "AUROC",
    note: "How well the costs of a defense attack tell adversarial inputs from benign ones; the ensembles are scored \
           by their detectors. Intervals by DeLong; n counts adversarial inputs.",
    layout: Layout { corner: "examples by", ..Layout::SHARES },
    better: |_| Better::Higher,
    steps: |plan| {
        let ensembles = DETECTORS.map(|detector| format!("eval-{detector}-{ENSEMBLE}"));
        plan.samples.iter().map(|sample| sample.named("separation")).chain(ensembles).collect()
    },
    names,
    cells,
};

/// What the names of the ensembles' columns begin with.
pub(crate) const OF_ENSEMBLES: &str = "end-";

/// Whether a kind of examples is not in the paper, though others of these cells are.
pub(crate) fn is_extra(cells: &[&Cell], kind: &str) -> bool {
    let mut published = cells.iter().filter(|cell| cell.paper.is_some()).peekable();
    published.peek().is_some() && published.all(|cell| cell.row != kind)
}

fn names(experiment: &Experiment) -> Vec<[String; 2]> {
    let ensembles = DETECTORS.map(|detector| format!("{OF_ENSEMBLES}{detector}"));
    let columns: Vec<_> = experiment.defenses.iter().chain(&ensembles).collect();
    let rows = experiment.attacks.iter().map(|attack| &attack.name);
    rows.flat_map(|row| columns.iter().map(|column| [row.clone(), (*column).clone()])).collect()
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for attack in context.attacks() {
        for defense in context.defenses() {
            let separation: Evaluation = context.printed_of(defense, "separation")?;
            let kind = named(&separation.adversarial, attack, |kind| &kind.kind)?;
            let numbers = named(&kind.costs, defense, |(defense, _)| defense)?.1;
            cells.push(cell(attack, defense, numbers.area()).of(kind.n));
        }
    }
    for detector in DETECTORS {
        let evaluation: Evaluation = context.printed(&format!("eval-{detector}-{ENSEMBLE}"))?;
        let column = format!("{OF_ENSEMBLES}{detector}");
        for kind in &evaluation.adversarial {
            let area = kind.scores.map(|area| cell(&kind.kind, &column, area).of(kind.n));
            cells.extend(area);
        }
    }
    Ok(cells)
}

fn cell(row: &str, column: &str, Auroc { auroc, low, high }: Auroc) -> Cell {
    Cell::new(row, column, auroc).within(Some(low), Some(high))
}
