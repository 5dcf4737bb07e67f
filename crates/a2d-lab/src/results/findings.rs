//! The paper's findings, and whether the tables bear them out.

use crate::plan::{BENIGN, ENSEMBLE};
use crate::tables::cell::Cell;
use crate::tables::{MEAN_LAMBDA, OVERALL, SIGNIFICANT, auroc, clever};
use std::collections::BTreeSet;

/// How much less accurate than its best member an ensemble may be.
const MARGIN: f64 = 0.005;

/// More than rounding makes of the difference of two accuracies.
const ROUNDING: f64 = 1e-9;

/// A finding about one environment.
pub(crate) struct Finding {
    pub(crate) statement: String,
    pub(crate) holds: bool,
}

impl Finding {
    /// The statement and whether it holds.
    pub(crate) fn text(&self) -> String {
        format!("{}: {}", self.statement, if self.holds { "holds" } else { "does not hold" })
    }
}

/// What the cells of one environment say to the findings that they are about, which are no findings about
/// baselines.
pub(crate) fn of(cells: &[&Cell], baselines: &[String]) -> Vec<Finding> {
    let is_of_costs = |cell: &&Cell| match cell.table.as_str() {
        "auroc" => !baselines.contains(&cell.column),
        "cost" => !baselines.contains(&cell.row),
        _ => true,
    };
    let cells: Vec<_> = cells.iter().copied().filter(is_of_costs).collect();
    let cells = &cells[..];
    [separation(cells), again(cells), price(cells), robustness(cells), significance(cells)]
        .into_iter()
        .flatten()
        .chain(detectors(cells).iter().filter_map(|kind| ensemble(cells, kind)))
        .collect()
}

/// The kinds of detectors whose ensembles are scored.
fn detectors<'a>(cells: &[&'a Cell]) -> BTreeSet<&'a str> {
    let rows = cells.iter().filter(|cell| cell.table == "ensemble");
    rows.filter_map(|cell| cell.row.strip_suffix(OVERALL)?.strip_suffix(' ')).collect()
}

fn separation(cells: &[&Cell]) -> Option<Finding> {
    let areas: Vec<_> = cells.iter().copied().filter(|cell| cell.table == "auroc").collect();
    let in_paper = areas.iter().filter(|cell| !auroc::is_extra(&areas, &cell.row));
    let lowest = in_paper.map(|cell| cell.ours).reduce(f64::min)?;
    let statement =
        format!("costs tell every kind of adversarial input: lowest AUROC {lowest:.3} > 0.5");
    Some(Finding { statement, holds: lowest > 0.5 })
}

/// An attack against the examples that it crafted itself.
fn again(cells: &[&Cell]) -> Option<Finding> {
    let area = cells
        .iter()
        .find(|cell| cell.table == "auroc" && cell.row == "bim" && cell.column == "bim")?
        .ours;
    let statement = format!("BIM tells its own examples: AUROC {area:.3} > 0.8");
    Some(Finding { statement, holds: area > 0.8 })
}

fn price(cells: &[&Cell]) -> Option<Finding> {
    let mean = |defense: &str, kind: &str| {
        let column = format!("queries {kind}");
        let mut costs = cells.iter().filter(|cell| cell.table == "cost" && cell.row == defense);
        costs.find(|cell| cell.column == column).map(|cell| cell.ours)
    };
    let defenses = cells.iter().filter(|cell| cell.table == "cost").map(|cell| cell.row.as_str());
    let ratio = |defense| Some(mean(defense, BENIGN)? / mean(defense, "adversarial")?);
    let lowest = defenses.filter_map(ratio).reduce(f64::min)?;
    let statement = format!(
        "attacking benign inputs takes longer: at least {lowest:.1} times the iterations, > 1"
    );
    Some(Finding { statement, holds: lowest > 1.0 })
}

fn robustness(cells: &[&Cell]) -> Option<Finding> {
    let scores = |benign: bool| {
        let row = cells.iter().filter(|cell| cell.table == "clever" && cell.row == "untargeted");
        let is_score = |cell: &&&Cell| {
            cell.column != MEAN_LAMBDA && !cell.column.ends_with(clever::AT_THE_CAP)
        };
        row.filter(is_score)
            .filter(move |cell| (cell.column == BENIGN) == benign)
            .map(|cell| cell.ours)
    };
    let (benign, highest) = (scores(true).next()?, scores(false).reduce(f64::max)?);
    let statement =
        format!("benign inputs are more robust: CLEVER score {benign:.3} > {highest:.3}");
    Some(Finding { statement, holds: benign > highest })
}

fn significance(cells: &[&Cell]) -> Option<Finding> {
    let tested = cells.iter().filter(|cell| {
        let separates = cells.iter().any(|area| area.table == "auroc" && area.column == cell.row);
        cell.table == "significance" && cell.column == "iterations" && separates
    });
    let highest = tested.map(|cell| cell.ours).reduce(f64::max)?;
    let statement = format!("costs differ: highest p-value {highest:.1e} < {SIGNIFICANT}");
    Some(Finding { statement, holds: highest < SIGNIFICANT })
}

/// Where a single input is worth more than the margin, the ensemble may be behind by one.
fn ensemble(cells: &[&Cell], kind: &str) -> Option<Finding> {
    let row = format!("{kind} {OVERALL}");
    let overall = || cells.iter().filter(|cell| cell.table == "ensemble" && cell.row == row);
    let ensemble = overall().find(|cell| cell.column == ENSEMBLE)?;
    let members = overall().filter(|cell| cell.column != ENSEMBLE);
    let best = members.max_by(|one, other| one.ours.total_cmp(&other.ours))?;
    let (ours, n) = (ensemble.ours, ensemble.n?);
    let behind = best.ours - ours - ROUNDING;
    let within = behind > MARGIN && behind <= 1.0 / n as f64;
    let near =
        if within { "within one input of".into() } else { format!("at most {MARGIN} below") };
    let statement = format!(
        "{kind}: on the same {n} inputs the ensemble's accuracy {ours:.4} is {near} the {:.4} of its best \
         member, {}",
        best.ours, best.column
    );
    Some(Finding { statement, holds: behind <= MARGIN || within })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(table: &str, row: &str, column: &str, ours: f64) -> Cell {
        Cell { table: table.into(), n: Some(1000), ..Cell::new(row, column, ours) }
    }

    fn cells(worst: f64) -> Vec<Cell> {
        vec![
            cell("auroc", "fgsm", "bim", 0.9),
            cell("auroc", "cw", "bim", 0.4 + worst),
            cell("auroc", "bim", "bim", 0.75 + worst),
            cell("cost", "bim", "queries benign", 100.0),
            cell("cost", "bim", "queries adversarial", 100.1 - worst),
            cell("clever", "untargeted", "benign", 1.0),
            cell("clever", "untargeted", "cw", 1.1 - worst),
            cell("clever", "untargeted", MEAN_LAMBDA, 5.0),
            cell("clever", "untargeted", "cw, at the cap", 1.0),
            cell("significance", "bim", "iterations", 0.06 - worst / 10.0),
            cell("significance", "fgsm", "iterations", 0.9),
            cell("ensemble", "knn overall", "bim", 0.9),
            cell("ensemble", "knn overall", "end", 0.89 + worst / 10.0),
        ]
    }

    #[test]
    fn findings_hold_or_do_not() {
        let baselines = ["twis".to_owned()];
        let findings = |cells: &[Cell]| of(&cells.iter().collect::<Vec<_>>(), &baselines);
        let good = findings(&cells(0.2));
        assert_eq!(good.len(), 6);
        assert!(good.iter().all(|finding| finding.holds));
        assert!(findings(&cells(0.0)).iter().all(|finding| !finding.holds));
        assert!(findings(&[]).is_empty());
        let baseline = cell("auroc", "fgsm", "twis", 0.1);
        let beside = [cells(0.2), vec![baseline]].concat();
        assert!(findings(&beside).iter().all(|finding| finding.holds), "a baseline is no finding");
    }

    #[test]
    fn an_ensemble_may_be_behind_by_the_margin_or_one_input() {
        let finding = |best: u32, ours: u32, n: u16| {
            let share = |right: u32| f64::from(right) / f64::from(n);
            let cell = |column, right| cell("ensemble", "zscore overall", column, share(right));
            let cells = [cell("jsma", best - 3), cell("bim", best), cell("end", ours)];
            let cells = cells.map(|cell| cell.of(n.into()));
            let finding = ensemble(&cells.each_ref(), "zscore").unwrap();
            (finding.holds, finding.statement.contains("within one input"))
        };
        assert_eq!(finding(30, 30, 36), (true, false));
        assert_eq!(finding(30, 29, 36), (true, true));
        assert_eq!(finding(30, 28, 36), (false, false));
        assert_eq!(finding(380, 378, 400), (true, false));
        assert_eq!(finding(380, 377, 400), (false, false));
    }
}
