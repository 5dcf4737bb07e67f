//! Table: how well the costs of each defense tell each kind of example.

use super::{Context, Table, count, list, named, number, text};
use crate::plan::{DETECTORS, ENSEMBLE};
use crate::tables::cell::{Better, Cell};
use anyhow::Result;

pub(crate) const TABLE: Table = Table {
    name: "auroc",
    title: "AUROC of costs and of ensembles",
    note: "Rows are kinds of adversarial inputs, columns defense attacks; the ensembles are scored by their \
           detectors. Intervals by DeLong; n counts adversarial inputs.",
    better: |_| Better::Higher,
    steps: |plan| {
        let ensembles = DETECTORS.map(|detector| format!("eval-{detector}-{ENSEMBLE}"));
        plan.samples.iter().map(|sample| sample.named("separation")).chain(ensembles).collect()
    },
    cells,
};

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let environment = &context.plan.experiment.id;
    let mut cells = vec![];
    for attack in context.attacks() {
        for defense in context.defenses() {
            let separation = context.printed_of(defense, "separation")?;
            let kind = named(&separation, "/adversarial", "kind", attack)?;
            let costs = &kind["costs"][defense];
            let paper = context.paper.auroc(environment, attack, defense);
            let cell = Cell::new(attack, defense, number(costs, "/auroc")?)
                .within(Some(number(costs, "/auroc_low")?), Some(number(costs, "/auroc_high")?))
                .of(count(kind))
                .beside(paper);
            cells.push(cell);
        }
    }
    for detector in DETECTORS {
        let evaluation = context.printed(&format!("eval-{detector}-{ENSEMBLE}"))?;
        for kind in list(&evaluation, "/adversarial")? {
            let column = format!("{ENSEMBLE}-{detector}");
            let scores = &kind["scores"];
            let cell = Cell::new(text(kind, "/kind")?, &column, number(scores, "/auroc")?)
                .within(Some(number(scores, "/low")?), Some(number(scores, "/high")?))
                .of(count(kind));
            cells.push(cell);
        }
    }
    Ok(cells)
}
