//! Cells as matrices: rows and columns in the order of the cells, the published numbers beside ours.

use crate::results::labels::label;
use crate::tables::Table;
use crate::tables::cell::{Cell, Standing};
use crate::tables::layout::{Axis, Digits, Layout};
use crate::tables::paper::{Number, Published};
use a2d_report::matrix::{Column, Entry, Group, Label, Matrix, Row, Tone};

/// What is said of numbers that others published.
const PAPER: &str = "paper";

/// Cells of one table, under the name of their part of each column.
pub(crate) struct Part<'a> {
    pub(crate) name: &'a str,
    pub(crate) table: &'a Table,
    pub(crate) cells: Vec<&'a Cell>,
}

/// A matrix of the parts' cells under the layout of the first. Rows that `apart` names stand below the others.
pub(crate) fn matrix(
    caption: &str,
    parts: &[Part<'_>],
    apart: impl Fn(&Cell) -> Option<&'static str>,
) -> Matrix {
    let Some(layout) = parts.first().map(|part| &part.table.layout) else {
        return Matrix {
            caption: caption.to_owned(),
            corner: String::new(),
            columns: vec![],
            groups: vec![],
        };
    };
    let all = || parts.iter().flat_map(|part| part.cells.iter().copied());
    let columns = distinct(all().map(|cell| column(layout, cell)));
    let published =
        |name: &str| all().any(|cell| column(layout, cell) == name && cell.paper.is_some());
    let with_paper: Vec<_> = columns.iter().map(|name| published(name)).collect();
    let (rows_axis, columns_axis) = axes(layout);
    let heads = columns.iter().zip(&with_paper).map(|(name, published)| Column {
        label: label(columns_axis, name),
        parts: parts
            .iter()
            .map(|part| part.name)
            .chain(published.then_some(PAPER))
            .map(Into::into)
            .collect(),
    });
    let mut groups: Vec<(Option<&str>, Vec<Row>)> = vec![];
    for name in distinct(all().map(|cell| row(layout, cell))) {
        let mut entries = vec![];
        for (of_column, published) in columns.iter().zip(&with_paper) {
            let found = |part| cell(part, layout, [name, of_column]);
            entries.extend(parts.iter().map(|part| Some(ours(part.table, found(part)?))));
            if *published {
                let paper = parts.iter().find_map(|part| found(part)?.paper);
                entries.push(paper.map(|paper| theirs(layout.digits, paper)));
            }
        }
        let heading = all().find(|cell| row(layout, cell) == name).and_then(&apart);
        let row = Row { label: label(rows_axis, name), entries };
        match groups.iter_mut().find(|(known, _)| *known == heading) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((heading, vec![row])),
        }
    }
    groups.sort_by_key(|(heading, _)| heading.is_some());
    let group =
        |(heading, rows): (Option<&str>, _)| Group { heading: heading.map(Into::into), rows };
    Matrix {
        caption: caption.to_owned(),
        corner: layout.corner.into(),
        columns: heads.collect(),
        groups: groups.into_iter().map(group).collect(),
    }
}

/// The cell of a part in this row and column, as they are shown.
fn cell<'a>(part: &Part<'a>, layout: &Layout, [of_row, of_column]: [&str; 2]) -> Option<&'a Cell> {
    let mut cells = part.cells.iter().copied();
    cells.find(|cell| row(layout, cell) == of_row && column(layout, cell) == of_column)
}

/// What was published under a table's name of an environment, alone; its rows and columns in the order of these
/// cells, where they are there.
pub(crate) fn published(table: &Table, published: &Published, like: &[&Cell]) -> Option<Matrix> {
    let numbers = published.table.get(table.name)?;
    let numbers = numbers.iter().flat_map(|(row, columns)| {
        columns.iter().map(move |(column, number)| (row.as_str(), column.as_str(), *number))
    });
    let layout = &table.layout;
    let turned = |(row, column, number)| {
        if layout.turned { (column, row, number) } else { (row, column, number) }
    };
    let numbers: Vec<(&str, &str, Number)> = numbers.map(turned).collect();
    let known_rows = distinct(like.iter().map(|cell| row(layout, cell)));
    let known_columns = distinct(like.iter().map(|cell| column(layout, cell)));
    let mut columns = distinct(numbers.iter().map(|(_, column, _)| *column));
    columns.sort_by_key(|name| place_in(&known_columns, name));
    let mut rows = distinct(numbers.iter().map(|(row, ..)| *row));
    rows.sort_by_key(|name| place_in(&known_rows, name));
    let (rows_axis, columns_axis) = axes(layout);
    let rows = rows.into_iter().map(|name| {
        let entry = |of_column: &&str| {
            let found = numbers.iter().find(|(row, column, _)| *row == name && column == of_column);
            found.map(|(.., number)| theirs(layout.digits, number.value()))
        };
        Row { label: label(rows_axis, name), entries: columns.iter().map(entry).collect() }
    });
    Some(Matrix {
        caption: published.title.clone(),
        corner: layout.corner.into(),
        groups: vec![Group { heading: None, rows: rows.collect() }],
        columns: columns
            .iter()
            .map(|name| Column { label: label(columns_axis, name), parts: vec![PAPER.into()] })
            .collect(),
    })
}

/// Where a name stands among these: behind all if it does not.
fn place_in(names: &[&str], name: &str) -> usize {
    names.iter().position(|known| *known == name).unwrap_or(names.len())
}

/// A cell's number with what is known of it.
fn ours(table: &Table, cell: &Cell) -> Entry {
    let tone = match table.standing(cell) {
        Some(Standing::Better) => Tone::Better,
        Some(Standing::Worse) => Tone::Worse,
        Some(Standing::Alike) | None => Tone::Plain,
    };
    Entry { text: table.layout.digits.text(cell.ours), said: said(table.layout.digits, cell), tone }
}

/// The interval of a cell, and how many inputs it is of.
pub(crate) fn said(digits: Digits, cell: &Cell) -> String {
    let interval = cell.low.zip(cell.high);
    let interval =
        interval.map(|(low, high)| format!("{} to {}", digits.text(low), digits.text(high)));
    let n = cell.n.map(|n| format!("n = {n}"));
    interval.into_iter().chain(n).collect::<Vec<_>>().join(", ")
}

fn theirs(digits: Digits, number: f64) -> Entry {
    Entry { text: digits.text(number), said: format!("published: {number}"), tone: Tone::Muted }
}

fn row<'a>(layout: &Layout, cell: &'a Cell) -> &'a str {
    if layout.turned { &cell.column } else { &cell.row }
}

fn column<'a>(layout: &Layout, cell: &'a Cell) -> &'a str {
    if layout.turned { &cell.row } else { &cell.column }
}

/// What the rows and the columns that are shown are.
fn axes(layout: &Layout) -> (Axis, Axis) {
    let (rows, columns) = (layout.rows, layout.columns);
    if layout.turned { (columns, rows) } else { (rows, columns) }
}

/// The label of a cell's row and column as they are shown, in words.
pub(crate) fn place(table: &Table, cell: &Cell) -> String {
    let (rows, columns) = axes(&table.layout);
    let words = |Label { text, below }: Label| match below {
        Some(below) => format!("{text}_{below}"),
        None => text,
    };
    let row = words(label(rows, row(&table.layout, cell)));
    format!("{row}, {}", words(label(columns, column(&table.layout, cell))))
}

/// The names in the order in which they come first.
fn distinct<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = vec![];
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;

    fn table(name: &str) -> &'static Table {
        tables::called(name).unwrap()
    }

    fn cell(row: &str, column: &str, ours: f64, paper: Option<f64>) -> Cell {
        let cell = Cell::new(row, column, ours).within(Some(ours - 0.01), Some(ours + 0.01));
        Cell { paper, ..cell.of(250) }
    }

    fn texts(row: &Row) -> Vec<(&str, Tone)> {
        let entries = row.entries.iter().flatten();
        entries.map(|entry| (entry.text.as_str(), entry.tone)).collect()
    }

    #[test]
    fn the_papers_number_stands_beside_ours_and_what_is_not_in_it_below() {
        let cells = [
            cell("pgd", "bim", 0.9, None),
            cell("fgsm", "bim", 0.8, Some(0.85)),
            cell("fgsm", "dba", 0.9, Some(0.88)),
            cell("cw", "bim", 0.999, Some(0.9951)),
        ];
        let part = Part { name: "ours", table: table("auroc"), cells: cells.iter().collect() };
        let found =
            matrix("MNIST", &[part], |cell| (cell.row == "pgd").then_some("not in the paper"));
        let heads: Vec<_> = found.columns.iter().map(|column| column.parts.len()).collect();
        assert_eq!((heads, found.corner.as_str()), (vec![2, 2], "examples by"));
        let [fgsm, cw] = &found.groups[0].rows[..] else { panic!("{found:?}") };
        assert_eq!(
            texts(fgsm),
            [
                ("0.800", Tone::Worse),
                ("0.850", Tone::Muted),
                ("0.900", Tone::Better),
                ("0.880", Tone::Muted)
            ]
        );
        assert_eq!(texts(cw), [("0.999", Tone::Plain), ("0.995", Tone::Muted)]);
        assert_eq!(cw.entries.len(), 4);
        assert_eq!(fgsm.entries[0].as_ref().unwrap().said, "0.790 to 0.810, n = 250");
        assert_eq!(found.groups[1].heading.as_deref(), Some("not in the paper"));
        assert_eq!(texts(&found.groups[1].rows[0]), [("0.900", Tone::Plain)]);
    }

    #[test]
    fn rows_are_inputs_though_those_of_the_cells_are_not() {
        let cells =
            [cell("untargeted", "benign", 0.58, None), cell("untargeted", "cw", 0.01, None)];
        let slides = [cell("untargeted", "benign", 2.7, Some(3.5572))];
        let parts = [
            Part { name: "logits", table: table("clever"), cells: cells.iter().collect() },
            Part { name: "slides", table: table("clever-slides"), cells: slides.iter().collect() },
        ];
        let found = matrix("MNIST", &parts, |_| None);
        assert_eq!(found.columns[0].parts, ["logits", "slides", "paper"]);
        let names: Vec<_> =
            found.groups[0].rows.iter().map(|row| row.label.text.as_str()).collect();
        assert_eq!(names, ["benign", "C&W"]);
        let benign = texts(&found.groups[0].rows[0]);
        assert_eq!(benign, [("0.580", Tone::Plain), ("2.70", Tone::Plain), ("3.56", Tone::Muted)]);
    }

    #[test]
    fn what_was_published_alone_has_a_matrix_of_its_own() {
        let text = "title = \"Env2, MNIST\"\ndataset = \"mnist\"\n[table.cost]\nbim = { threshold = 122 }\n\
                    bim2 = { threshold = 189 }\njsma = { threshold = 53 }";
        let paper: Published = toml::from_str(text).unwrap();
        assert_eq!(published(table("auroc"), &paper, &[]), None);
        let like = [cell("jsma", "threshold", 50.0, None), cell("bim", "threshold", 100.0, None)];
        let found = published(table("cost"), &paper, &like.each_ref()).unwrap();
        let labels: Vec<_> = found.columns.iter().map(|column| column.label.clone()).collect();
        assert_eq!(labels, ["JSMA", "BIM", "BIM2"].map(|name| Label::with_subscript(name, "d")));
        assert_eq!(
            texts(&found.groups[0].rows[0]),
            ["53.0", "122", "189"].map(|x| (x, Tone::Muted))
        );
    }
}
