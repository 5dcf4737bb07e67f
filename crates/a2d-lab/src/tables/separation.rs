//! How well each column of numbers tells each kind of examples: what several tables show.

use super::{Context, named};
use crate::plan::baselines::separation;
use crate::plan::{ENSEMBLE, Plan};
use a2d_eval::{Auroc, Evaluation, TprAtFpr};
use anyhow::Result;

/// What the names of the ensembles' columns begin with.
pub(crate) const OF_ENSEMBLES: &str = "end-";

/// How well numbers tell a kind of examples from benign inputs.
pub(super) struct Told {
    pub(super) attack: String,
    pub(super) column: String,
    pub(super) area: Auroc,
    pub(super) at: Option<TprAtFpr>,
    /// How many examples there are.
    pub(super) n: usize,
}

/// The steps that all of it is printed by.
pub(super) fn steps(plan: &Plan<'_>) -> Vec<String> {
    let samples = plan.samples.iter().map(|sample| sample.named("separation"));
    let ensembles = plan.detector_kinds().flat_map(|kind| ensembles(plan, kind));
    let baselines = plan.experiment.baselines(plan.profile).map(separation);
    samples.chain(ensembles).chain(baselines).collect()
}

/// The steps that score an ensemble.
fn ensembles(plan: &Plan<'_>, detector: &str) -> Vec<String> {
    let tasks = ["eval", "extra"].map(|task| format!("{task}-{detector}-{ENSEMBLE}"));
    tasks.into_iter().filter(|step| plan.step(step).is_some()).collect()
}

/// By the costs of every defense attack, by every baseline, and by the ensembles.
pub(super) fn told(context: &Context<'_>) -> Result<Vec<Told>> {
    // The name of a column, what was printed of it, and what it is called there.
    let mut columns: Vec<(&str, Evaluation, &str)> = vec![];
    for defense in context.defenses() {
        columns.push((defense, context.printed_of(defense, "separation")?, defense));
    }
    for baseline in context.plan.experiment.baselines(context.plan.profile) {
        let evaluation: Evaluation = context.printed(&separation(baseline))?;
        for (column, score) in baseline.columns() {
            columns.push((column, evaluation.clone(), score));
        }
    }
    let mut all = vec![];
    for attack in context.plan.experiment.attacks.iter().map(|attack| &attack.name) {
        for (column, evaluation, score) in &columns {
            let kind = named(&evaluation.adversarial, attack, |kind| &kind.kind)?;
            // What is fitted on examples by one attack has a column of its own.
            let own = format!("{score}-{attack}");
            let score = if kind.costs.contains_key(&own) { own.as_str() } else { *score };
            let numbers = named(&kind.costs, score, |(name, _)| name)?.1;
            all.push(Told {
                attack: attack.clone(),
                column: (*column).to_owned(),
                area: numbers.area(),
                at: Some(numbers.at),
                n: kind.n,
            });
        }
    }
    for detector in context.plan.detector_kinds() {
        for step in ensembles(context.plan, detector) {
            let evaluation: Evaluation = context.printed(&step)?;
            all.extend(evaluation.adversarial.into_iter().filter_map(|kind| {
                let column = format!("{OF_ENSEMBLES}{detector}");
                let area = kind.scores?;
                Some(Told { attack: kind.kind, column, area, at: kind.at, n: kind.n })
            }));
        }
    }
    Ok(all)
}
