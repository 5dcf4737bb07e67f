//! Table: detectors that are fitted on examples by the attack that they are scored on.

use super::accuracy::{AVERAGE, Rate, average, cell};
use super::{Context, Table, detection, named};
use crate::experiment::Experiment;
use crate::plan::detectors::single;
use crate::plan::{BENIGN, ENSEMBLE, Plan};
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::Layout;
use a2d_eval::{Evaluation, Proportion};
use anyhow::Result;

/// The kind of detectors that there are such of.
const KIND: &str = "knn";

pub(crate) const TABLE: Table = Table {
    name: "accuracy-knn-single",
    link: "k-NN, single",
    title: "Detection accuracy, k-NN, a detector for each attack",
    note: "Share of right verdicts of detectors that are fitted on benign inputs and on examples by the attack of the \
           row alone, END of examples by all attacks, as the paper has it; the average is the mean over benign inputs \
           and attacks, the rate of benign inputs the mean over the detectors. Intervals by Wilson; of benign inputs, \
           which all detectors see, the mean of theirs.",
    layout: Layout::SHARES,
    better: |_| Better::Higher,
    steps,
    names,
    cells,
};

fn steps(plan: &Plan<'_>) -> Vec<String> {
    if !plan.experiment.detectors.iter().any(|detector| detector.name == KIND && detector.single) {
        return vec![];
    }
    let defenses = plan.defenses().iter();
    let single = defenses.flat_map(|defense| {
        let attacks = plan.experiment.compared();
        attacks.map(move |attack| format!("eval-{}", single(KIND, defense, &attack.name)))
    });
    single.chain([format!("eval-{KIND}-{ENSEMBLE}")]).collect()
}

fn names(experiment: &Experiment) -> Vec<[String; 2]> {
    let attacks = experiment.compared().map(|attack| attack.name.as_str());
    let columns: Vec<_> =
        experiment.defenses.iter().map(String::as_str).chain([ENSEMBLE]).collect();
    let rows = [AVERAGE, BENIGN].into_iter().chain(attacks);
    rows.flat_map(|row| columns.iter().map(move |column| [row, *column].map(Into::into))).collect()
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for column in context.plan.members_and_ensemble() {
        let (mut benign, mut shares, mut of_attacks) = (vec![], vec![], vec![]);
        for attack in context.attacks() {
            let detector = match column {
                ENSEMBLE => format!("{KIND}-{ENSEMBLE}"),
                defense => single(KIND, defense, attack),
            };
            let evaluation: Evaluation = context.printed(&format!("eval-{detector}"))?;
            let set = named(&detection(&evaluation)?.sets, attack, |set| &set.set)?;
            benign
                .push((set.rates.tnr, set.verdicts.false_positives + set.verdicts.true_negatives));
            shares.push(set.rates.tpr);
            of_attacks.push(cell([attack, column], set, Rate::Adversarial));
        }
        let mean = |end: fn(&Proportion) -> f64| {
            benign.iter().map(|(share, _)| end(share)).sum::<f64>() / benign.len() as f64
        };
        let (share, low) = (mean(|one| one.share), mean(|one| one.low));
        let of_benign = Proportion { share, low, high: mean(|one| one.high) };
        shares.push(of_benign);
        cells.extend(average(column, &shares));
        let n = benign.first().map_or(0, |(_, n)| *n);
        let of_benign = Cell::new(BENIGN, column, share).within(Some(low), Some(of_benign.high));
        cells.push(of_benign.of(n));
        cells.extend(of_attacks);
    }
    Ok(cells)
}
