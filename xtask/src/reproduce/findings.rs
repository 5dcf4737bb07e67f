//! The paper's findings, and whether the tables bear them out.

use super::cell::Cell;
use super::plan::{BENIGN, ENSEMBLE};
use super::table::{OVERALL, SIGNIFICANT};

/// How much worse than its best member an ensemble may be, beyond its interval.
const MARGIN: f64 = 0.005;

/// A finding about one environment.
pub(super) struct Finding {
    pub(super) text: String,
    pub(super) holds: bool,
}

/// What the cells of one environment say to the findings that they are about.
pub(super) fn of(cells: &[Cell]) -> Vec<Finding> {
    [separation(cells), again(cells), price(cells), robustness(cells), significance(cells)]
        .into_iter()
        .flatten()
        .chain(
            ["accuracy-knn", "accuracy-zscore"].iter().filter_map(|table| ensemble(cells, table)),
        )
        .collect()
}

fn separation(cells: &[Cell]) -> Option<Finding> {
    let areas = cells.iter().filter(|cell| cell.table == "auroc");
    let lowest = areas.map(|cell| cell.ours).reduce(f64::min)?;
    let text =
        format!("costs tell every kind of adversarial input: lowest AUROC {lowest:.3} > 0.5");
    Some(Finding { text, holds: lowest > 0.5 })
}

/// An attack against the examples that it crafted itself.
fn again(cells: &[Cell]) -> Option<Finding> {
    let area = cells
        .iter()
        .find(|cell| cell.table == "auroc" && cell.row == "bim" && cell.column == "bim")?
        .ours;
    let text = format!("BIM tells its own examples: AUROC {area:.3} > 0.8");
    Some(Finding { text, holds: area > 0.8 })
}

fn price(cells: &[Cell]) -> Option<Finding> {
    let mean = |defense: &str, kind: &str| {
        let column = format!("queries {kind}");
        let mut costs = cells.iter().filter(|cell| cell.table == "cost" && cell.row == defense);
        costs.find(|cell| cell.column == column).map(|cell| cell.ours)
    };
    let defenses = cells.iter().filter(|cell| cell.table == "cost").map(|cell| cell.row.as_str());
    let ratio = |defense| Some(mean(defense, BENIGN)? / mean(defense, "adversarial")?);
    let lowest = defenses.filter_map(ratio).reduce(f64::min)?;
    let text = format!(
        "attacking benign inputs takes longer: at least {lowest:.1} times the iterations, > 1"
    );
    Some(Finding { text, holds: lowest > 1.0 })
}

fn robustness(cells: &[Cell]) -> Option<Finding> {
    let scores = |benign: bool| {
        let row = cells.iter().filter(|cell| cell.table == "clever" && cell.row == "untargeted");
        row.filter(move |cell| (cell.column == BENIGN) == benign && cell.n.is_some())
            .map(|cell| cell.ours)
    };
    let (benign, highest) = (scores(true).next()?, scores(false).reduce(f64::max)?);
    let text = format!("benign inputs are more robust: CLEVER score {benign:.3} > {highest:.3}");
    Some(Finding { text, holds: benign > highest })
}

fn significance(cells: &[Cell]) -> Option<Finding> {
    let tested = cells.iter().filter(|cell| {
        let separates = cells.iter().any(|area| area.table == "auroc" && area.column == cell.row);
        cell.table == "significance" && cell.column == "iterations" && separates
    });
    let highest = tested.map(|cell| cell.ours).reduce(f64::max)?;
    let text = format!("costs differ: highest p-value {highest:.1e} < {SIGNIFICANT}");
    Some(Finding { text, holds: highest < SIGNIFICANT })
}

fn ensemble(cells: &[Cell], table: &str) -> Option<Finding> {
    let overall = || cells.iter().filter(|cell| cell.table == table && cell.row == OVERALL);
    let ensemble = overall().find(|cell| cell.column == ENSEMBLE)?;
    // Members that were fitted and scored on other inputs are no match.
    let members = overall().filter(|cell| cell.column != ENSEMBLE && cell.n == ensemble.n);
    let best = members.map(|cell| cell.ours).reduce(f64::max)?;
    let (ours, high) = (ensemble.ours, ensemble.high.unwrap_or(ensemble.ours));
    let text = format!(
        "{table}: the ensemble's {ours:.4}, within its interval up to {high:.4}, \u{2265} its best member's \
         {best:.4} - {MARGIN}"
    );
    Some(Finding { text, holds: high >= best - MARGIN })
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
            cell("significance", "bim", "iterations", 0.06 - worst / 10.0),
            cell("significance", "fgsm", "iterations", 0.9),
            cell("accuracy-knn", "overall", "bim", 0.9),
            cell("accuracy-knn", "overall", "end", 0.89 + worst / 10.0),
        ]
    }

    #[test]
    fn findings_hold_or_do_not() {
        let good = of(&cells(0.2));
        assert_eq!(good.len(), 6);
        assert!(good.iter().all(|finding| finding.holds));
        assert!(of(&cells(0.0)).iter().all(|finding| !finding.holds));
        assert!(of(&[]).is_empty());
    }
}
