//! Tables: CLEVER scores of benign and adversarial inputs.

use super::{Context, Table};
use crate::experiment::Experiment;
use crate::plan::{BENIGN, Plan};
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::{Axis, Digits, Layout};
use a2d_eval::Comparison;
use anyhow::Result;

/// The mean benign score over the mean adversarial one.
pub(crate) const MEAN_LAMBDA: &str = "mean lambda";

/// What follows the name of a set in that of the share of its scores that are the cap.
pub(crate) const AT_THE_CAP: &str = ", at the cap";

/// The targets whose scores are published.
const TARGETS: [&str; 4] = ["untargeted", "second", "rank-5", "least-likely"];

const LAYOUT: Layout = Layout {
    corner: "inputs",
    rows: Axis::Text,
    columns: Axis::Inputs,
    turned: true,
    digits: Digits::Three,
    margin: 0.0,
    apart: |cell| cell.column.ends_with(AT_THE_CAP).then_some("share of the scores at the cap"),
};

/// What is said of the scores.
const NOTE: &str = "How far inputs are from another class. Of the logits, as CLEVER is defined; and in the setting that the \
                    conference's slides seem to have, of the softmax, whose scores of confident inputs are the cap. \
                    Lambda is the mean benign score over the mean of the adversarial ones. Intervals by Student's t, \
                    that of lambda by Fieller, as if all inputs were independent; lambda has none where the \
                    adversarial mean may be 0. Paper: the slides.";

/// Of the logits, as CLEVER is defined.
pub(crate) const LOGITS: Table = Table {
    name: "clever",
    link: "CLEVER",
    title: "Mean CLEVER scores",
    note: NOTE,
    layout: LAYOUT,
    better: |cell| if cell.column == MEAN_LAMBDA { Better::Higher } else { Better::None },
    steps: |plan| vec![logits(plan).into()],
    names,
    cells: |context| cells(context, logits(context.plan)),
};

/// In the setting that the slides seem to have, beside whose numbers these stand.
pub(crate) const SLIDES: Table = Table {
    name: "clever-slides",
    link: "CLEVER",
    title: "Mean CLEVER scores as the slides have them",
    steps: |_| vec![IN_SLIDES.into()],
    cells: |context| cells(context, IN_SLIDES),
    ..LOGITS
};

/// The step that compares scores in the slides' setting, by the name that the profile has for it.
const IN_SLIDES: &str = "clever-slides";

/// The step that compares scores of the logits.
fn logits(plan: &Plan<'_>) -> &'static str {
    let own = "clever-logits";
    if plan.step(own).is_some() { own } else { "evidence" }
}

fn names(experiment: &Experiment) -> Vec<[String; 2]> {
    let attacks = experiment.compared().map(|attack| attack.name.as_str());
    let columns: Vec<_> = [BENIGN].into_iter().chain(attacks).chain([MEAN_LAMBDA]).collect();
    let of = |row: &'static str| columns.iter().map(move |column| [row, *column].map(Into::into));
    TARGETS.into_iter().flat_map(of).collect()
}

fn cells(context: &Context<'_>, step: &str) -> Result<Vec<Cell>> {
    let evidence: Comparison = context.printed(step)?;
    let mut cells = vec![];
    for scores in &evidence.scores {
        let target = &scores.target;
        for set in &scores.sets {
            cells.push(Cell::new(target, &set.set, set.mean).within(set.low, set.high).of(set.n));
        }
        for set in &scores.sets {
            let column = format!("{}{AT_THE_CAP}", set.set);
            cells.extend(set.share_at_cap.map(|share| Cell::new(target, &column, share).of(set.n)));
        }
        if let Some(lambda) = scores.mean_lambda {
            let cell = Cell::new(target, MEAN_LAMBDA, lambda);
            let n = scores.sets.iter().map(|set| set.n).sum();
            cells.push(cell.within(scores.mean_lambda_low, scores.mean_lambda_high).of(n));
        }
    }
    Ok(cells)
}
