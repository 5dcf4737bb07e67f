//! Table: how well the costs of each defense tell each kind of example.

use super::{Context, Table, named};
use crate::experiment::Experiment;
use crate::plan::{ENSEMBLE, Plan};
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::Layout;
use a2d_eval::{Auroc, Evaluation};
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
    steps: |plan| {
        let samples = plan.samples.iter().map(|sample| sample.named("separation"));
        let ensembles = plan.detector_kinds().flat_map(|kind| ensembles(plan, kind));
        samples.chain(ensembles).chain(baselines(plan)).collect()
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

/// The steps that score an ensemble.
fn ensembles(plan: &Plan<'_>, detector: &str) -> Vec<String> {
    let tasks = ["eval", "extra"].map(|task| format!("{task}-{detector}-{ENSEMBLE}"));
    tasks.into_iter().filter(|step| plan.step(step).is_some()).collect()
}

/// The step that evaluates other scores, if there are any.
fn baselines(plan: &Plan<'_>) -> Option<String> {
    (!plan.experiment.baselines.is_empty()).then(|| "baselines".to_owned())
}

fn names(experiment: &Experiment) -> Vec<[String; 2]> {
    let detectors = experiment.detectors.iter();
    let ensembles: Vec<_> =
        detectors.map(|detector| format!("{OF_ENSEMBLES}{}", detector.name)).collect();
    let Experiment { defenses, baselines, .. } = experiment;
    let columns: Vec<_> = defenses.iter().chain(baselines).chain(&ensembles).collect();
    let rows = experiment.compared().map(|attack| &attack.name);
    rows.flat_map(|row| columns.iter().map(|column| [row.clone(), (*column).clone()])).collect()
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut columns: Vec<(&String, Evaluation)> = vec![];
    for defense in context.defenses() {
        columns.push((defense, context.printed_of(defense, "separation")?));
    }
    if let Some(step) = baselines(context.plan) {
        let evaluation: Evaluation = context.printed(&step)?;
        let names = context.plan.experiment.baselines.iter();
        columns.extend(names.map(|name| (name, evaluation.clone())));
    }
    let mut cells = vec![];
    for attack in context.plan.experiment.attacks.iter().map(|attack| &attack.name) {
        for (column, separation) in &columns {
            let kind = named(&separation.adversarial, attack, |kind| &kind.kind)?;
            let numbers = named(&kind.costs, column, |(name, _)| name)?.1;
            cells.push(cell(attack, column, numbers.area()).of(kind.n));
        }
    }
    for detector in context.plan.detector_kinds() {
        let column = format!("{OF_ENSEMBLES}{detector}");
        for step in ensembles(context.plan, detector) {
            let evaluation: Evaluation = context.printed(&step)?;
            for kind in &evaluation.adversarial {
                let area = kind.scores.map(|area| cell(&kind.kind, &column, area).of(kind.n));
                cells.extend(area);
            }
        }
    }
    Ok(cells)
}

fn cell(row: &str, column: &str, Auroc { auroc, low, high }: Auroc) -> Cell {
    Cell::new(row, column, auroc).within(Some(low), Some(high))
}
