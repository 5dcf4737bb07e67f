//! Table: how often detectors are right, by kind of input.

use super::{Context, Table, detection, named};
use crate::experiment::Experiment;
use crate::plan::{BENIGN, ENSEMBLE, Plan};
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::Layout;
use a2d_eval::{Confusion, DetectionRow, Evaluation, Proportion};
use anyhow::Result;

/// The row of all inputs.
pub(crate) const OVERALL: &str = "overall";

/// The row of the mean that the paper has: of benign inputs and of each kind of examples, all of one weight.
pub(super) const AVERAGE: &str = "average";

const NOTE: &str = "Share of right verdicts: on all inputs, their mean over the benign and each kind of adversarial ones \
                    (the paper's average), and on these. Each detector is scored on all inputs that there are of it. \
                    Intervals by Wilson, of the mean by those.";

pub(crate) const KNN: Table = Table {
    name: "accuracy-knn",
    link: "k-NN",
    title: "Detection accuracy, k-NN",
    note: NOTE,
    layout: Layout::SHARES,
    better: |_| Better::Higher,
    steps: |plan| steps(plan, "knn"),
    names,
    cells: |context| cells(context, "knn"),
};

pub(crate) const ZSCORE: Table = Table {
    name: "accuracy-zscore",
    link: "z-score",
    title: "Detection accuracy, z-score",
    note: NOTE,
    layout: Layout::SHARES,
    better: |_| Better::Higher,
    steps: |plan| steps(plan, "zscore"),
    names,
    cells: |context| cells(context, "zscore"),
};

/// The verdicts that a rate counts.
#[derive(Clone, Copy)]
pub(crate) enum Rate {
    Accuracy,
    Benign,
    Adversarial,
}

fn steps(plan: &Plan<'_>, detector: &str) -> Vec<String> {
    plan.members_and_ensemble().map(|name| format!("eval-{detector}-{name}")).collect()
}

fn names(experiment: &Experiment) -> Vec<[String; 2]> {
    let attacks = experiment.compared().map(|attack| attack.name.as_str());
    let columns: Vec<_> =
        experiment.defenses.iter().map(String::as_str).chain([ENSEMBLE]).collect();
    let rows = [OVERALL, AVERAGE, BENIGN].into_iter().chain(attacks);
    rows.flat_map(|row| columns.iter().map(move |column| [row, *column].map(Into::into))).collect()
}

fn cells(context: &Context<'_>, detector: &str) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for column in context.plan.members_and_ensemble() {
        let evaluation: Evaluation = context.printed(&format!("eval-{detector}-{column}"))?;
        let detection = detection(&evaluation)?;
        cells.push(cell([OVERALL, column], &detection.overall, Rate::Accuracy));
        let mut shares = vec![detection.overall.rates.tnr];
        let mut of_sets = vec![cell([BENIGN, column], &detection.overall, Rate::Benign)];
        for attack in context.attacks() {
            let set = named(&detection.sets, attack, |set| &set.set)?;
            shares.push(set.rates.tpr);
            of_sets.push(cell([attack, column], set, Rate::Adversarial));
        }
        cells.extend(average(column, &shares));
        cells.extend(of_sets);
    }
    Ok(cells)
}

/// The mean of the shares of benign inputs and of every kind of examples.
pub(super) fn average(column: &str, shares: &[Proportion]) -> Option<Cell> {
    let Proportion { share, low, high } = Proportion::mean(shares)?;
    Some(Cell::new(AVERAGE, column, share).within(Some(low), Some(high)))
}

/// A rate of verdicts on a set, with as many inputs as it is of.
pub(crate) fn cell([row, column]: [&str; 2], set: &DetectionRow, rate: Rate) -> Cell {
    let Confusion { true_positives, false_negatives, false_positives, true_negatives } =
        set.verdicts;
    let (benign, adversarial) =
        (false_positives + true_negatives, true_positives + false_negatives);
    let (Proportion { share, low, high }, n) = match rate {
        Rate::Accuracy => (set.rates.accuracy, benign + adversarial),
        Rate::Benign => (set.rates.tnr, benign),
        Rate::Adversarial => (set.rates.tpr, adversarial),
    };
    Cell::new(row, column, share).within(Some(low), Some(high)).of(n)
}
