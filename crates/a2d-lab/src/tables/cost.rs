//! Table: what attacks cost on each kind of input.

use super::interval::Mean;
use super::{Context, Table, accuracy, costs_by, list, number};
use crate::plan::{BENIGN, Plan};
use crate::tables::cell::{Better, Cell};
use anyhow::Result;
use serde_json::Value;

const MILLISECONDS: &str = "ms per query";
const ACCURACY: &str = "accuracy adversarial";

pub(crate) const TABLE: Table = Table {
    name: "cost",
    title: "Cost of detection by z-score",
    note: "Mean iterations on adversarial and benign inputs; the cost below which an input is flagged; \
           milliseconds per iteration (ours on this processor, the paper's on a GTX 1080); share of the \
           adversarial inputs that is flagged. Intervals of means by Student's t, as if all inputs were independent, \
           of shares by Wilson; thresholds and milliseconds have none. The paper's numbers are of its Env2.",
    better,
    steps,
    cells,
};

fn better(cell: &Cell) -> Better {
    match cell.column.as_str() {
        MILLISECONDS => Better::Lower,
        ACCURACY => Better::Higher,
        _ => Better::None,
    }
}

fn steps(plan: &Plan<'_>) -> Vec<String> {
    let mut steps: Vec<_> = plan.samples.iter().map(|sample| sample.named("costs")).collect();
    for defense in plan.defenses() {
        steps.extend(["fit", "eval"].map(|step| format!("{step}-zscore-{defense}")));
    }
    steps
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for defense in context.defenses() {
        let printed = context.printed_of(defense, "costs")?;
        let iterations = Costs::of(costs_by(&printed, defense, "iterations")?)?;
        let seconds = Costs::of(costs_by(&printed, defense, "seconds")?)?;
        let fitted = context.printed(&format!("fit-zscore-{defense}"))?;
        let evaluation = context.printed(&format!("eval-zscore-{defense}"))?;
        let overall = &evaluation["detection"]["overall"];
        let Costs { benign, benign_n, adversarial, adversarial_n } = iterations;
        let milliseconds = 1000.0 * seconds.total() / iterations.total();
        let described = [
            (adversarial.cell(defense, "queries adversarial"), adversarial_n),
            (benign.cell(defense, "queries benign"), benign_n),
            (
                Cell::new(defense, "threshold", number(&fitted, "/cost_thresholds/0")?),
                number(&fitted, "/benign")?,
            ),
            (Cell::new(defense, MILLISECONDS, milliseconds), adversarial_n + benign_n),
        ];
        let published = |place| context.paper.cost(context.dataset(), defense, place);
        for (place, (cell, n)) in described.into_iter().enumerate() {
            cells.push(cell.of(Some(n as u64)).beside(published(place)));
        }
        cells.push(accuracy::cell([defense, ACCURACY], overall, "tpr", published(4))?);
    }
    Ok(cells)
}

/// Mean costs by an attack.
struct Costs {
    benign: Mean,
    benign_n: f64,
    /// Of all kinds together.
    adversarial: Mean,
    adversarial_n: f64,
}

impl Costs {
    fn of(costs: &Value) -> Result<Self> {
        let (mut benign, mut adversarial) = (vec![], vec![]);
        for set in list(costs, "/sets")? {
            let kinds = if set["set"] == BENIGN { &mut benign } else { &mut adversarial };
            kinds.push((number(set, "/n")?, Mean::of(set)?));
        }
        let n = |kinds: &[(f64, Mean)]| kinds.iter().map(|(n, _)| n).sum();
        Ok(Self {
            benign: Mean::weighted(&benign),
            benign_n: n(&benign),
            adversarial: Mean::weighted(&adversarial),
            adversarial_n: n(&adversarial),
        })
    }

    fn total(&self) -> f64 {
        self.benign.value * self.benign_n + self.adversarial.value * self.adversarial_n
    }
}
