//! Table: what attacks cost on each kind of input.

use super::price::{self, Scored};
use super::{Context, Table, accuracy, costs_by, detection};
use crate::experiment::{Baseline, Sequential};
use crate::plan::Plan;
use crate::plan::baselines::separation;
use crate::tables::accuracy::Rate;
use crate::tables::cell::{Better, Cell};
use crate::tables::layout::Layout;
use a2d_cost::Unit;
use a2d_detect::Fitted;
use a2d_eval::{Comparison, Evaluation};
use anyhow::{Context as _, Result};

const QUERIES_ADVERSARIAL: &str = "queries adversarial";
const QUERIES_BENIGN: &str = "queries benign";
const THRESHOLD: &str = "threshold";
const MILLISECONDS: &str = "ms per query";
const ACCURACY: &str = "accuracy adversarial";

pub(crate) const TABLE: Table = Table {
    name: "cost",
    link: "cost",
    title: "Cost of detection by z-score",
    note: "Mean iterations on adversarial and benign inputs; the cost below which an input is flagged; \
           milliseconds per iteration (ours on this processor, the paper's on a GTX 1080); share of the \
           adversarial inputs that is flagged. Intervals of means by Student's t, as if all inputs were independent, \
           of shares by Wilson; thresholds and milliseconds have none. Of a baseline that asks changed networks until it \
           is sure: how many it asks, without intervals.",
    layout: Layout::OF_DEFENSES,
    better,
    steps,
    names: |experiment| {
        let columns = [QUERIES_ADVERSARIAL, QUERIES_BENIGN, THRESHOLD, MILLISECONDS, ACCURACY];
        let of = |row: &String| columns.map(|column| [row.clone(), column.to_owned()]);
        let sequential = experiment.sequential().map(|baseline| &baseline.name);
        experiment.defenses.iter().chain(sequential).flat_map(of).collect()
    },
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
    for (baseline, _) in sequential(plan) {
        steps.extend([separation(baseline), price::step(plan, baseline)]);
    }
    steps
}

fn cells(context: &Context<'_>) -> Result<Vec<Cell>> {
    let mut cells = vec![];
    for defense in context.defenses() {
        let printed: Comparison = context.printed_of(defense, "costs")?;
        let iterations = costs_by(&printed, defense, Unit::Iterations)?;
        let seconds = costs_by(&printed, defense, Unit::Seconds)?;
        let fitted: Fitted = context.printed(&format!("fit-zscore-{defense}"))?;
        let evaluation: Evaluation = context.printed(&format!("eval-zscore-{defense}"))?;
        let threshold = fitted.cost_thresholds.first().context("a2d fit printed no threshold")?;
        let sets = |of: &a2d_eval::CostDistribution| -> f64 {
            of.sets.iter().map(|set| set.mean * set.n as f64).sum()
        };
        let n = iterations.sets.iter().map(|set| set.n).sum();
        if let Some(all) = iterations.adversarial {
            let cell = Cell::new(defense, QUERIES_ADVERSARIAL, all.mean);
            cells.push(cell.within(all.low, all.high).of(all.n));
        }
        if let Some(benign) = iterations.sets.first() {
            let cell = Cell::new(defense, QUERIES_BENIGN, benign.mean);
            cells.push(cell.within(benign.low, benign.high).of(benign.n));
        }
        cells.push(Cell::new(defense, THRESHOLD, *threshold).of(fitted.samples.benign));
        let milliseconds = 1000.0 * sets(seconds) / sets(iterations);
        cells.push(Cell::new(defense, MILLISECONDS, milliseconds).of(n));
        let overall = &detection(&evaluation)?.overall;
        cells.push(accuracy::cell([defense, ACCURACY], overall, Rate::Adversarial));
    }
    for (baseline, columns) in sequential(context.plan) {
        cells.extend(of_sequential(context, baseline, columns)?);
    }
    Ok(cells)
}

/// The baselines that ask until they are sure.
fn sequential<'a>(plan: &Plan<'a>) -> impl Iterator<Item = (&'a Baseline, &'a Sequential)> {
    let baselines = plan.experiment.baselines(plan.profile);
    baselines.filter_map(|baseline| Some((baseline, baseline.sequential.as_ref()?)))
}

fn of_sequential(
    context: &Context<'_>,
    baseline: &Baseline,
    Sequential { length, verdict }: &Sequential,
) -> Result<Vec<Cell>> {
    let evaluation: Evaluation = context.printed(&separation(baseline))?;
    let Scored { price, .. } = context.printed(&price::step(context.plan, baseline))?;
    let compared: Vec<_> = context.attacks().collect();
    let kinds = evaluation.adversarial.iter().filter(|kind| compared.contains(&kind.kind.as_str()));
    let kinds: Vec<_> = kinds.collect();
    let n: usize = kinds.iter().map(|kind| kind.n).sum();
    let mean = |column: &str| {
        let sums = kinds.iter().map(|kind| Some(kind.costs.get(column)?.mean_cost * kind.n as f64));
        let sum = sums.sum::<Option<f64>>();
        sum.map(|sum| sum / n as f64).with_context(|| format!("a2d eval printed no {column}"))
    };
    let benign = evaluation.benign.mean_cost.get(length);
    let benign = benign.with_context(|| format!("a2d eval printed no {length}"))?;
    let name = &baseline.name;
    Ok(vec![
        Cell::new(name, QUERIES_ADVERSARIAL, mean(length)?).of(n),
        Cell::new(name, QUERIES_BENIGN, *benign).of(evaluation.benign.n),
        Cell::new(name, MILLISECONDS, price.milliseconds / price.mutated_queries),
        Cell::new(name, ACCURACY, mean(verdict)?).of(n),
    ])
}
