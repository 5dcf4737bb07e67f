//! An environment as the report shows it.

use crate::experiment::Cause;
use crate::results::findings::{self, Finding};
use crate::results::markdown;
use crate::tables::cell::Cell;
use crate::tables::{self, Table};

pub(crate) struct Section<'a> {
    pub(crate) title: &'a str,
    pub(crate) facts: &'a [String],
    pub(crate) findings: Vec<Finding>,
    pub(crate) tables: Vec<(&'a Table, Vec<&'a Cell>)>,
    /// Cells that are worse than the paper's by more than their interval, and why.
    pub(crate) not_reached: Vec<String>,
    /// Names and SVG.
    pub(crate) figures: Vec<(String, String)>,
}

impl<'a> Section<'a> {
    /// Arranges the cells of an environment.
    pub(crate) fn new(
        title: &'a str,
        facts: &'a [String],
        causes: &[Cause],
        cells: &[&'a Cell],
        figures: Vec<(String, String)>,
    ) -> Self {
        let tables: Vec<_> = tables::ALL
            .iter()
            .map(|table| {
                let cells = cells.iter().copied().filter(|cell| cell.table == table.name);
                (table, cells.collect::<Vec<_>>())
            })
            .filter(|(_, cells)| !cells.is_empty())
            .collect();
        let short = tables
            .iter()
            .flat_map(|(table, cells)| cells.iter().filter(|cell| table.falls_short(cell)));
        let not_reached = short.map(|cell| shortfall(cell, causes)).collect();
        Self { title, facts, findings: findings::of(cells), tables, not_reached, figures }
    }

    pub(crate) fn markdown(&self) -> String {
        let list = |items: &[String]| match items {
            [] => "* nothing\n".to_owned(),
            items => items.iter().map(|item| ["* ", item, "\n"].concat()).collect(),
        };
        let findings: Vec<_> = self.findings.iter().map(Finding::text).collect();
        let tables: Vec<_> =
            self.tables.iter().map(|(table, cells)| markdown::table(table, cells)).collect();
        format!(
            "\n## {}\n\n{}\n### Findings\n\n{}\n### Not reached\n\n{}\n{}",
            self.title,
            list(self.facts),
            list(&findings),
            list(&self.not_reached),
            tables.join("\n")
        )
    }
}

/// A cell that falls short, and the first cause that is about it.
fn shortfall(cell: &Cell, causes: &[Cause]) -> String {
    let about = |cause: &&Cause| {
        let is = |wanted: &Option<String>, found| wanted.as_ref().is_none_or(|name| name == found);
        cause.table == cell.table && is(&cause.row, &cell.row) && is(&cause.column, &cell.column)
    };
    let cause = causes.iter().find(about).map_or("cause not found", |cause| cause.text.as_str());
    let [row, column, ours, interval, paper, ..] = markdown::fields(cell);
    let interval = if interval.is_empty() { interval } else { format!(" ({interval})") };
    format!("{}, {row}, {column}: {ours}{interval}, paper {paper}: {cause}", cell.table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::html;

    fn cell(table: &str, row: &str, ours: f64, paper: Option<f64>) -> Cell {
        let cell = Cell::new(row, "bim", ours).within(Some(ours - 0.05), Some(ours + 0.05));
        Cell { table: table.into(), ..cell.of(Some(50)).beside(paper) }
    }

    #[test]
    fn every_cell_that_falls_short_is_listed_with_its_cause() {
        let cells = [
            cell("auroc", "fgsm", 0.8, Some(0.9)),
            cell("auroc", "cw", 0.9, Some(0.94)),
            cell("auroc", "jsma", 0.9, None),
            cell("accuracy-knn", "overall", 0.8, Some(0.98)),
            cell("accuracy-knn", "fgsm", 0.7, Some(0.99)),
        ];
        let cause = |row: Option<&str>, text: &str| Cause {
            table: "accuracy-knn".into(),
            row: row.map(Into::into),
            column: None,
            text: text.into(),
        };
        let causes = [cause(Some("fgsm"), "small steps"), cause(Some("benign"), "few inputs")];
        let cells: Vec<_> = cells.iter().collect();
        let facts = vec!["seed 0".to_owned()];
        let section = Section::new("Env1", &facts, &causes, &cells, vec![]);
        let short = [
            "auroc, fgsm, bim: 0.8000 (0.7500 to 0.8500), paper 0.9000: cause not found",
            "accuracy-knn, overall, bim: 0.8000 (0.7500 to 0.8500), paper 0.9800: cause not found",
            "accuracy-knn, fgsm, bim: 0.7000 (0.6500 to 0.7500), paper 0.9900: small steps",
        ];
        let lines = short.map(|line| format!("* {line}\n")).concat();
        let markdown = section.markdown();
        assert!(markdown.contains(&format!("### Not reached\n\n{lines}\n### AUROC")), "{markdown}");
        let items = short.map(|line| format!("<li>{line}</li>\n")).concat();
        let page = html::page("All", &[section]);
        assert!(page.contains(&format!("<h3>Not reached</h3>\n<ul>\n{items}</ul>")), "{page}");
        assert_eq!(page.matches("<tr class=\"short\">").count(), short.len());
    }

    #[test]
    fn a_list_without_items_says_so() {
        let section = Section::new("Env1", &[], &[], &[], vec![]);
        assert!(section.markdown().contains("### Not reached\n\n* nothing\n"));
        let page = html::page("All", &[section]);
        assert!(page.contains("<h3>Not reached</h3>\n<ul>\n<li>nothing</li>\n</ul>"), "{page}");
    }
}
