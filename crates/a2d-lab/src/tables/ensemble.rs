//! Table: the ensembles beside their members, on the same inputs.

use super::{Context, OVERALL, Table, accuracy, detection};
use crate::plan::{BENIGN, Plan};
use crate::tables::accuracy::Rate;
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::{Axis, Layout};
use a2d_eval::Evaluation;
use anyhow::Result;

pub(crate) const TABLE: Table = Table {
    name: "ensemble",
    link: "members",
    title: "The ensembles beside their members",
    note: "Share of right verdicts on all inputs, on benign and on adversarial ones. All detectors of this table are \
           fitted on the same inputs and scored on the same others: those that the slowest attack was measured \
           on. The tables of accuracy have each member on all inputs that there are of it. Intervals by Wilson.",
    layout: Layout { corner: "detector, inputs", rows: Axis::Text, ..Layout::SHARES },
    better: |_| Better::None,
    steps: |plan| {
        let all = plan.detector_kinds().flat_map(|kind| detectors(plan, kind));
        all.map(|(_, detector)| format!("eval-{detector}")).collect()
    },
    names: |_| vec![],
    cells,
};

/// The members and the ensemble, each with the name of its detector of a kind.
fn detectors(plan: &Plan<'_>, kind: &str) -> Vec<(String, String)> {
    let named = |name: &str| (name.to_owned(), plan.beside_ensemble(kind, name));
    plan.members_and_ensemble().map(named).collect()
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for kind in context.plan.detector_kinds() {
        let detectors = detectors(context.plan, kind).into_iter();
        let evaluations = detectors
            .map(|(name, detector)| Ok((name, context.printed(&format!("eval-{detector}"))?)))
            .collect::<Result<Vec<(String, Evaluation)>>>()?;
        for (inputs, rate) in
            [(OVERALL, Rate::Accuracy), (BENIGN, Rate::Benign), ("adversarial", Rate::Adversarial)]
        {
            let row = format!("{kind} {inputs}");
            for (column, evaluation) in &evaluations {
                cells.push(accuracy::cell([&row, column], &detection(evaluation)?.overall, rate));
            }
        }
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::experiment;
    use crate::plan::ENSEMBLE;
    use std::path::{Path, PathBuf};

    #[test]
    fn all_detectors_see_the_same_inputs() {
        for (id, profile) in [("env1-mnist", "smoke"), ("env1-cifar10", "cpu")] {
            let experiment = experiment(id);
            let plan = Plan::new(&experiment, profile, Path::new("data")).unwrap();
            let inputs = |step: &str| -> Vec<PathBuf> {
                let step = plan.steps.iter().find(|known| known.name == step).unwrap();
                let own = plan.work.detector("any");
                let inputs = step.inputs.iter().filter(|input| input.parent() != own.parent());
                inputs.cloned().collect()
            };
            for kind in plan.detector_kinds() {
                for task in ["fit", "eval"] {
                    let ensemble = inputs(&format!("{task}-{kind}-{ENSEMBLE}"));
                    assert!(!ensemble.is_empty());
                    for (_, detector) in detectors(&plan, kind) {
                        assert_eq!(inputs(&format!("{task}-{detector}")), ensemble);
                    }
                }
            }
        }
    }

    #[test]
    fn members_that_see_more_inputs_have_a_second_detector() {
        let experiment = experiment("env1-mnist");
        let names = |profile| {
            let plan = Plan::new(&experiment, profile, Path::new("data")).unwrap();
            let detectors = detectors(&plan, "knn").into_iter();
            detectors.map(|(_, detector)| detector).collect::<Vec<_>>()
        };
        assert_eq!(
            names("smoke"),
            ["slow-knn-jsma", "slow-knn-bim", "slow-knn-bim2", "knn-dba", "knn-end"]
        );
        assert_eq!(names("paper"), ["knn-jsma", "knn-bim", "knn-bim2", "knn-dba", "knn-end"]);
    }
}
