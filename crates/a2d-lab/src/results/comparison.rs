//! All detectors on all examples of a data set, whatever the environment: what they find, and for how much.

use crate::results::environment::Environment;
use crate::results::labels::label;
use crate::results::matrices::said;
use crate::tables::layout::{Axis, Digits};
use crate::tables::{Table, at_fpr, auroc, price, separation};
use a2d_report::matrix::{Column, Entry, Group, Matrix, Row, Tone};
use a2d_report::{Figure, Priced, price_chart};
use anyhow::Result;

/// The tables that are shown for all environments of a data set together, the one that tells most first.
pub(crate) const TABLES: [&Table; 3] = [&at_fpr::FIVE, &at_fpr::ONE, &at_fpr::TEN];

/// The names of the data sets, in the order of the environments.
pub(crate) fn data_sets<'a>(environments: &'a [Environment<'_>]) -> Vec<&'a str> {
    let mut names: Vec<&str> = vec![];
    for environment in environments {
        if !names.contains(&environment.dataset.as_str()) {
            names.push(&environment.dataset);
        }
    }
    names
}

/// A table of all environments of a data set: a row for each kind of examples, a column for each detector; none
/// without cells.
pub(crate) fn matrix(
    table: &Table,
    dataset: &str,
    environments: &[Environment<'_>],
) -> Option<Matrix> {
    let shown = environments.iter().filter(|environment| environment.dataset == dataset);
    let shown: Vec<_> = shown.map(|environment| (environment, environment.of(table))).collect();
    let mut columns: Vec<&str> = vec![];
    for cell in shown.iter().flat_map(|(_, cells)| cells) {
        if !columns.contains(&cell.column.as_str()) {
            columns.push(&cell.column);
        }
    }
    // The detectors on all costs stand last.
    columns.sort_by_key(|column| column.starts_with(separation::OF_ENSEMBLES));
    let groups =
        shown.into_iter().filter(|(_, cells)| !cells.is_empty()).map(|(environment, cells)| {
            let mut rows: Vec<&str> = vec![];
            for cell in &cells {
                if !rows.contains(&cell.row.as_str()) {
                    rows.push(&cell.row);
                }
            }
            let rows = rows.into_iter().map(|row| {
                let entry = |column: &&str| {
                    let cell =
                        cells.iter().find(|cell| cell.row == row && cell.column == *column)?;
                    let text = Digits::Share.text(cell.ours);
                    Some(Entry { text, said: said(Digits::Share, cell), tone: Tone::Plain })
                };
                Row {
                    label: label(Axis::Inputs, row),
                    entries: columns.iter().map(entry).collect(),
                }
            });
            Group { heading: Some(environment.title.clone()), rows: rows.collect() }
        });
    let groups: Vec<_> = groups.collect();
    let head =
        |name: &&str| Column { label: label(Axis::Defenses, name), parts: vec![String::new()] };
    (!groups.is_empty()).then(|| Matrix {
        caption: format!("{dataset}: {}", table.title.to_lowercase()),
        corner: "examples by".into(),
        columns: columns.iter().map(head).collect(),
        groups,
    })
}

/// The mean AUROC of every detector against the milliseconds that a benign input takes it; none without prices.
pub(crate) fn figure(environment: &Environment<'_>) -> Result<Option<Figure>> {
    let prices = environment.of(&price::TABLE);
    let areas = environment.of(&auroc::TABLE);
    let priced = prices.iter().filter(|cell| cell.column == price::MILLISECONDS && cell.ours > 0.0);
    let priced = priced.filter_map(|cell| {
        let of = areas.iter().filter(|area| area.column == cell.row).map(|area| area.ours);
        let of: Vec<_> = of.collect();
        let found = (!of.is_empty()).then(|| of.iter().sum::<f64>() / of.len() as f64)?;
        let is_other = environment.baselines.contains(&cell.row);
        let label = label(Axis::Defenses, &cell.row);
        Some(Priced { name: label.text, price: cell.ours, found, is_other })
    });
    let priced: Vec<_> = priced.collect();
    if priced.is_empty() {
        return Ok(None);
    }
    let axes = ["ms of a thread for a benign input", "mean AUROC over the examples"];
    let name = format!("auroc-against-price-{}", environment.id);
    Ok(Some(Figure { name, svg: price_chart(&priced, axes)? }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::cell::Cell;

    #[test]
    fn environments_of_a_data_set_stand_below_each_other() {
        let cell = |environment: &str, row: &str, column: &str| Cell {
            table: at_fpr::FIVE.name.into(),
            environment: environment.into(),
            ..Cell::new(row, column, 0.75).of(250)
        };
        let cells = [
            cell("env1-mnist", "fgsm", "end-knn"),
            cell("env1-mnist", "fgsm", "bim"),
            cell("env2-mnist", "deepfool", "bim"),
            cell("env2-mnist", "deepfool", "lid"),
            cell("env1-cifar10", "fgsm", "bim"),
        ];
        let baselines = ["lid".to_owned()];
        let environment = |id: &'static str, title: &str| Environment {
            id,
            name: title.into(),
            title: title.into(),
            dataset: title.rsplit(", ").next().unwrap().into(),
            facts: &[],
            causes: &[],
            paper: id,
            baselines: &baselines,
            cells: cells.iter().filter(|cell| cell.environment == id).collect(),
            figures: vec![],
        };
        let all = [
            environment("env1-mnist", "Env1, MNIST"),
            environment("env2-mnist", "Env2, MNIST"),
            environment("env1-cifar10", "Env1, CIFAR-10"),
        ];
        assert_eq!(data_sets(&all), ["MNIST", "CIFAR-10"]);
        let found = matrix(&at_fpr::FIVE, "MNIST", &all).unwrap();
        let heads: Vec<_> = found.columns.iter().map(|column| column.label.text.as_str()).collect();
        assert_eq!(heads, ["BIM", "LID", "END, k-NN"]);
        let headings: Vec<_> = found.groups.iter().map(|group| group.heading.as_deref()).collect();
        assert_eq!(headings, [Some("Env1, MNIST"), Some("Env2, MNIST")]);
        let there = |group: usize| {
            let entries = found.groups[group].rows[0].entries.iter();
            entries.map(Option::is_some).collect::<Vec<_>>()
        };
        assert_eq!((there(0), there(1)), (vec![true, false, true], vec![true, true, false]));
        assert_eq!(matrix(&at_fpr::FIVE, "ImageNet", &all), None);
    }
}
