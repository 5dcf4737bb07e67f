//! Cells that are worse than the paper's by more than their interval, by the cause that is given for them.

use crate::experiment::Cause;
use crate::results::matrices::{place, said};
use crate::tables::Table;
use crate::tables::cell::{Cell, Standing};
use a2d_report::document::Span;

/// What is said of cells for which no cause is given.
const UNKNOWN: &str = "cause not found";

/// How many cells fall short, and a line for each cause with its cells.
pub(crate) fn shortfalls(
    name: &str,
    causes: &[Cause],
    tables: &[(&Table, Vec<&Cell>)],
) -> (usize, Vec<Vec<Span>>) {
    let mut count = 0;
    let mut groups: Vec<(&str, Vec<String>)> = vec![];
    for (table, cells) in tables {
        for cell in cells.iter().filter(|cell| table.standing(cell) == Some(Standing::Worse)) {
            count += 1;
            let cause = causes.iter().find(|cause| is_about(cause, cell));
            let text = cause.map_or(UNKNOWN, |cause| cause.text.as_str());
            let shown = shown(table, cell);
            match groups.iter_mut().find(|(known, _)| *known == text) {
                Some((_, cells)) => cells.push(shown),
                None => groups.push((text, vec![shown])),
            }
        }
    }
    let line = |(text, cells): (&str, Vec<String>)| {
        vec![
            Span::Strong(format!("{name}, {}:", counted(cells.len()))),
            Span::Plain(format!(" {text}. {}.", cells.join("; "))),
        ]
    };
    (count, groups.into_iter().map(line).collect())
}

/// A number of cells in words.
pub(crate) fn counted(cells: usize) -> String {
    if cells == 1 { "1 cell".into() } else { format!("{cells} cells") }
}

fn is_about(cause: &Cause, cell: &Cell) -> bool {
    let is = |wanted: &Option<String>, found| wanted.as_ref().is_none_or(|name| name == found);
    cause.table == cell.table && is(&cause.row, &cell.row) && is(&cause.column, &cell.column)
}

/// A cell in a line.
fn shown(table: &Table, cell: &Cell) -> String {
    let digits = table.layout.digits;
    let paper = cell.paper.map_or(String::new(), |paper| digits.text(paper));
    let (title, place, ours) = (table.title, place(table, cell), digits.text(cell.ours));
    format!("{title}, {place}: {ours} ({}), paper {paper}", said(digits, cell))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;

    #[test]
    fn every_cell_that_falls_short_is_listed_under_its_cause() {
        let cell = |row: &str, column: &str, ours: f64, paper| {
            let cell =
                Cell::new(row, column, ours).within(Some(ours - 0.05), Some(ours + 0.05)).of(50);
            Cell { table: "auroc".into(), paper, ..cell }
        };
        let cells = [
            cell("fgsm", "bim", 0.8, Some(0.9)),
            cell("fgsm", "dba", 0.7, Some(0.9)),
            cell("cw", "bim", 0.9, Some(0.94)),
            cell("cw", "dba", 0.8, Some(0.94)),
            cell("pgd", "dba", 0.5, None),
        ];
        let causes = [Cause {
            table: "auroc".into(),
            row: None,
            column: Some("dba".into()),
            text: "few steps".into(),
        }];
        let auroc = tables::called("auroc").unwrap();
        let (count, lines) = shortfalls("MNIST", &causes, &[(auroc, cells.iter().collect())]);
        let line = |head: &str, rest: &str| {
            vec![Span::Strong(head.into()), Span::Plain(format!(" {rest}"))]
        };
        assert_eq!(count, 3);
        assert_eq!(
            lines,
            [
                line(
                    "MNIST, 1 cell:",
                    "cause not found. AUROC, FGSM, BIM_d: 0.800 (0.750 to 0.850, n = 50), paper 0.900."
                ),
                line(
                    "MNIST, 2 cells:",
                    "few steps. AUROC, FGSM, DBA_d: 0.700 (0.650 to 0.750, n = 50), paper 0.900; AUROC, C&W, DBA_d: 0.800 (0.750 to \
                     0.850, n = 50), paper 0.940."
                ),
            ]
        );
    }
}
