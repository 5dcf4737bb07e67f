use super::{Context, Table, costs_by, list, number};
use crate::reproduce::cell::{Better, Cell};
use crate::reproduce::plan::{BENIGN, Plan};
use anyhow::Result;
use serde_json::Value;

const MILLISECONDS: &str = "ms per query";
const ACCURACY: &str = "accuracy adversarial";

pub(super) const TABLE: Table = Table {
    name: "cost",
    title: "Cost of detection by z-score",
    note: "Mean iterations on adversarial and benign inputs; the cost below which an input is flagged; \
           milliseconds per iteration (ours on this processor, the paper's on a GTX 1080); share of the \
           adversarial inputs that is flagged. The paper's numbers are of its Env2.",
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
    for defense in plan.experiment.defenses(plan.profile) {
        steps.extend(["fit", "eval"].map(|step| format!("{step}-zscore-{defense}")));
    }
    steps
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for defense in context.defenses() {
        let printed = context.printed_of(defense, "costs")?;
        let iterations = Sums::of(costs_by(&printed, defense, "iterations")?)?;
        let seconds = Sums::of(costs_by(&printed, defense, "seconds")?)?;
        let fitted = context.printed(&format!("fit-zscore-{defense}"))?;
        let evaluation = context.printed(&format!("eval-zscore-{defense}"))?;
        let flagged = &evaluation["detection"]["overall"]["rates"]["tpr"];
        let (n, all) = (iterations.adversarial_n, iterations.adversarial_n + iterations.benign_n);
        let milliseconds = 1000.0 * seconds.total() / iterations.total();
        let described = [
            ("queries adversarial", iterations.adversarial / n, n),
            ("queries benign", iterations.benign / iterations.benign_n, iterations.benign_n),
            ("threshold", number(&fitted, "/cost_thresholds/0")?, number(&fitted, "/benign")?),
            (MILLISECONDS, milliseconds, all),
        ];
        let published = |place| context.paper.cost(context.dataset(), defense, place);
        for (place, (column, ours, n)) in described.into_iter().enumerate() {
            let cell = Cell::new(defense, column, ours).of(Some(n as u64));
            cells.push(cell.beside(published(place)));
        }
        let accuracy = Cell::new(defense, ACCURACY, number(flagged, "/share")?)
            .within(Some(number(flagged, "/low")?), Some(number(flagged, "/high")?))
            .of(Some(n as u64))
            .beside(published(4));
        cells.push(accuracy);
    }
    Ok(cells)
}

/// Costs summed up over inputs.
#[derive(Default)]
struct Sums {
    benign: f64,
    benign_n: f64,
    adversarial: f64,
    adversarial_n: f64,
}

impl Sums {
    fn of(costs: &Value) -> Result<Self> {
        let mut sums = Self::default();
        for set in list(costs, "/sets")? {
            let n = number(set, "/n")?;
            let total = n * number(set, "/mean")?;
            if set["set"] == BENIGN {
                sums.benign += total;
                sums.benign_n += n;
            } else {
                sums.adversarial += total;
                sums.adversarial_n += n;
            }
        }
        Ok(sums)
    }

    fn total(&self) -> f64 {
        self.benign + self.adversarial
    }
}
