//! Table: how well the costs of each defense tell each kind of example.

use super::{Context, Table, count, list, named, number, text};
use crate::plan::{ENSEMBLE, Plan};
use crate::tables::cell::{Better, Cell};
use anyhow::Result;

pub(crate) const TABLE: Table = Table {
    name: "auroc",
    title: "AUROC of costs and of ensembles",
    note: "Rows are kinds of adversarial inputs, columns defense attacks; the ensembles are scored by their \
           detectors. Intervals by DeLong; n counts adversarial inputs.",
    better: |_| Better::Higher,
    steps: |plan| {
        let samples = plan.samples.iter().map(|sample| sample.named("separation"));
        let ensembles = plan.detector_kinds().flat_map(|kind| ensembles(plan, kind));
        samples.chain(ensembles).chain(baselines(plan)).collect()
    },
    cells,
};

/// The steps that score an ensemble.
fn ensembles(plan: &Plan<'_>, detector: &str) -> Vec<String> {
    let tasks = ["eval", "extra"].map(|task| format!("{task}-{detector}-{ENSEMBLE}"));
    tasks.into_iter().filter(|step| plan.step(step).is_some()).collect()
}

/// The step that evaluates other scores, if there are any.
fn baselines(plan: &Plan<'_>) -> Option<String> {
    (!plan.experiment.baselines.is_empty()).then(|| "baselines".to_owned())
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let environment = context.plan.experiment.published();
    let mut cells = vec![];
    let mut columns = vec![];
    for defense in context.defenses() {
        columns.push((defense, context.printed_of(defense, "separation")?));
    }
    if let Some(step) = baselines(context.plan) {
        let evaluation = context.printed(&step)?;
        let names = context.plan.experiment.baselines.iter();
        columns.extend(names.map(|name| (name, evaluation.clone())));
    }
    for attack in context.plan.experiment.attacks.iter().map(|attack| &attack.name) {
        for (column, separation) in &columns {
            let kind = named(separation, "/adversarial", "kind", attack)?;
            let costs = &kind["costs"][column.as_str()];
            let paper = context.paper.auroc(environment, attack, column);
            let cell = Cell::new(attack, column, number(costs, "/auroc")?)
                .within(Some(number(costs, "/auroc_low")?), Some(number(costs, "/auroc_high")?))
                .of(count(kind))
                .beside(paper);
            cells.push(cell);
        }
    }
    for detector in context.plan.detector_kinds() {
        for step in ensembles(context.plan, detector) {
            for kind in list(&context.printed(&step)?, "/adversarial")? {
                let column = format!("{ENSEMBLE}-{detector}");
                let scores = &kind["scores"];
                let cell = Cell::new(text(kind, "/kind")?, &column, number(scores, "/auroc")?)
                    .within(Some(number(scores, "/low")?), Some(number(scores, "/high")?))
                    .of(count(kind));
                cells.push(cell);
            }
        }
    }
    Ok(cells)
}
