//! Table: how well the costs of each defense tell each kind of example.

use super::separation::{self, OF_ENSEMBLES, Told};
use super::{Context, Table};
use crate::experiment::Experiment;
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::Layout;
use a2d_eval::Auroc;
use anyhow::Result;

pub(crate) const TABLE: Table = Table {
    name: "auroc",
    link: "AUROC",
    title: "AUROC",
    note: "How well the costs of a defense attack tell adversarial inputs from benign ones; the ensembles are scored \
           by their detectors. Intervals by DeLong; n counts adversarial inputs. \
           Costs at the cap of an attack tie at the top, and ties count half; a profile may have lower caps \
           than the paper (the file of its parameters is named at the end).",
    layout: Layout { corner: "examples by", ..Layout::SHARES },
    better: |_| Better::Higher,
    steps: separation::steps,
    names,
    cells,
};

/// Whether a kind of examples is not in the paper, though others of these cells are.
pub(crate) fn is_extra(cells: &[&Cell], kind: &str) -> bool {
    let mut published = cells.iter().filter(|cell| cell.paper.is_some()).peekable();
    published.peek().is_some() && published.all(|cell| cell.row != kind)
}

fn names(experiment: &Experiment) -> Vec<[String; 2]> {
    let detectors = experiment.detectors.iter();
    let ensembles: Vec<_> =
        detectors.map(|detector| format!("{OF_ENSEMBLES}{}", detector.name)).collect();
    let baselines = experiment.baseline_columns();
    let columns: Vec<_> = experiment.defenses.iter().chain(&baselines).chain(&ensembles).collect();
    let rows = experiment.compared().map(|attack| &attack.name);
    rows.flat_map(|row| columns.iter().map(|column| [row.clone(), (*column).clone()])).collect()
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let told = separation::told(context)?.into_iter();
    let cell = |Told { attack, column, area: Auroc { auroc, low, high }, n, .. }: Told| {
        Cell::new(&attack, &column, auroc).within(Some(low), Some(high)).of(n)
    };
    Ok(told.map(cell).collect())
}
