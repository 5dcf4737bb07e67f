//! Tables as Markdown.

use crate::tables::Table;
use crate::tables::cell::Cell;

/// The heads of a table's columns.
pub(crate) const HEADER: [&str; 7] =
    ["row", "column", "ours", "95 % interval", "paper", "difference", "n"];

/// The fields of a cell, in the order of the header.
pub(crate) fn fields(cell: &Cell) -> [String; 7] {
    let optional = |number: Option<f64>| number.map_or(String::new(), digits);
    let interval = match (cell.low, cell.high) {
        (Some(low), Some(high)) => format!("{} to {}", digits(low), digits(high)),
        _ => String::new(),
    };
    let difference = cell.difference().map_or(String::new(), |difference| {
        let sign = if difference < 0.0 { "" } else { "+" };
        format!("{sign}{}", digits(difference))
    });
    let n = cell.n.map_or(String::new(), |n| n.to_string());
    let (row, column) = (cell.row.clone(), cell.column.clone());
    [row, column, digits(cell.ours), interval, optional(cell.paper), difference, n]
}

/// What to know of a table, and how many inputs its numbers are of.
pub(crate) fn note(table: &Table, cells: &[&Cell]) -> String {
    let n = || cells.iter().filter_map(|cell| cell.n);
    let counts = match (n().min(), n().max()) {
        (Some(least), Some(most)) if least < most => format!(" n is {least} to {most}."),
        (Some(least), _) => format!(" n is {least}."),
        _ => String::new(),
    };
    format!("{}{counts}", table.note)
}

/// A table with its title and note.
pub(crate) fn table(table: &Table, cells: &[&Cell]) -> String {
    let line = |fields: &[String]| format!("| {} |\n", fields.join(" | "));
    let header = line(&HEADER.map(String::from));
    let rule = "|---|---|---:|---:|---:|---:|---:|\n";
    let rows: String = cells.iter().map(|cell| line(&fields(cell))).collect();
    format!("### {}\n\n{}\n\n{header}{rule}{rows}", table.title, note(table, cells))
}

/// Four decimals, or three digits where that is too coarse.
fn digits(number: f64) -> String {
    if number != 0.0 && number.abs() < 1e-3 {
        format!("{number:.2e}")
    } else if number.abs() >= 100.0 {
        format!("{number:.1}")
    } else {
        format!("{number:.4}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;

    #[test]
    fn ours_paper_and_difference_stand_side_by_side() {
        let known = Cell::new("fgsm", "bim", 0.98).within(Some(0.97), Some(0.99)).of(Some(50));
        let known = known.beside(Some(0.9922));
        let bare = Cell::new("bim", "p", 4.45e-35);
        let auroc = tables::ALL.iter().find(|table| table.name == "auroc").unwrap();
        let found = super::table(auroc, &[&known, &bare]);
        let expected = "\n\
            | row | column | ours | 95 % interval | paper | difference | n |\n\
            |---|---|---:|---:|---:|---:|---:|\n\
            | fgsm | bim | 0.9800 | 0.9700 to 0.9900 | 0.9922 | -0.0122 | 50 |\n\
            | bim | p | 4.45e-35 |  |  |  |  |\n";
        let (heading, rows) = found.split_once(" n is 50.\n").unwrap();
        assert_eq!(heading, format!("### {}\n\n{}", auroc.title, auroc.note));
        assert_eq!(rows, expected);
        let more = known.clone().of(Some(60));
        assert!(note(auroc, &[&known, &more]).ends_with(" n is 50 to 60."));
        assert_eq!([0.0, 123.456, -0.0005].map(digits), ["0.0000", "123.5", "-5.00e-4"]);
    }
}
