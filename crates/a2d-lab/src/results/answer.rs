//! The answer of an environment in one sentence, made of its AUROC.

use crate::results::environment::few;
use crate::results::labels::label;
use crate::tables::cell::{Cell, Standing};
use crate::tables::layout::Axis;
use crate::tables::{Table, auroc};
use a2d_report::document::Span;

/// Examples are told where more than half of the defense attacks have at least this AUROC.
const TOLD: f64 = 0.9;

/// How the sentences are made.
pub(crate) const RULE: &str = "Yes: more than half of the defense attacks tell the examples from benign images at an \
                               AUROC of 0.9 or more. No: in parentheses is what more than half of them reach. A cell \
                               reaches the paper's unless it is below by more than its 95 % interval and 0.005.";

/// Whether attacking inputs again tells that they are adversarial, by the AUROC of every kind of examples and defense
/// attack.
///
/// Kinds that are not in the paper do not count where others are.
pub(crate) fn answer(name: &str, table: &Table, cells: &[&Cell]) -> Option<Vec<Span>> {
    let in_paper = |cell: &&Cell| !auroc::is_extra(cells, &cell.row);
    let cells: Vec<_> = cells.iter().copied().filter(in_paper).collect();
    let mut kinds: Vec<&str> = vec![];
    for cell in &cells {
        if !kinds.contains(&cell.row.as_str()) {
            kinds.push(&cell.row);
        }
    }
    let reached = kinds.iter().map(|kind| {
        let areas = cells.iter().filter(|cell| cell.row == **kind).map(|cell| cell.ours);
        Some((label(Axis::Inputs, kind).text, most(areas.collect())?))
    });
    let reached: Vec<_> = reached.collect::<Option<_>>()?;
    let (told, missed): (Vec<_>, Vec<_>) = reached.into_iter().partition(|(_, area)| *area >= TOLD);
    let names =
        |kinds: &[(String, f64)]| list(kinds.iter().map(|(name, _)| name.clone()).collect());
    // Cut, since what is reached is at least that, and 0.8996 is not 0.90.
    let cut = |area: f64| format!("{:.2}", (area * 100.0).floor() / 100.0);
    let areas = missed.iter().map(|(_, area)| cut(*area)).collect::<Vec<_>>().join(", ");
    let (strong, areas) = match (told.is_empty(), missed.is_empty()) {
        (true, true) => return None,
        (false, true) => (format!("{name}: yes"), String::new()),
        (true, false) => (format!("{name}: no"), format!(" for {} ({areas})", names(&missed))),
        (false, false) => (
            format!("{name}: for {} yes, for {} no", names(&told), names(&missed)),
            format!(" ({areas})"),
        ),
    };
    let compared = match count(table, &cells) {
        (_, 0) => ".".into(),
        (reached, all) => format!(", AUROC reaches the paper's in {reached} of {all} cells."),
    };
    let few =
        few(&cells).map_or(String::new(), |n| format!(" Cells are of as few as {n} examples."));
    Some(vec![Span::Strong(strong), Span::Plain(areas + &compared + &few)])
}

/// How many cells reach the paper's, and how many are compared with it.
pub(crate) fn count(table: &Table, cells: &[&Cell]) -> (usize, usize) {
    let standings: Vec<_> = cells.iter().filter_map(|cell| table.standing(cell)).collect();
    let reached = standings.iter().filter(|standing| **standing != Standing::Worse).count();
    (reached, standings.len())
}

/// The largest number that more than half of these are not below.
fn most(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(|one, other| other.total_cmp(one));
    numbers.get(numbers.len() / 2).copied()
}

/// Names in a sentence.
fn list(mut names: Vec<String>) -> String {
    match (names.pop(), names.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;

    fn said(cells: &[(&str, [f64; 3], Option<f64>)]) -> Option<String> {
        let defenses = ["jsma", "bim", "bim2"];
        let cells: Vec<_> = cells
            .iter()
            .flat_map(|(kind, areas, paper)| {
                defenses.iter().zip(areas).map(|(defense, area)| {
                    let cell = Cell::new(kind, defense, *area);
                    Cell { paper: *paper, ..cell.within(Some(area - 0.02), Some(area + 0.02)) }
                })
            })
            .collect();
        let cells: Vec<_> = cells.iter().collect();
        let spans = answer("MNIST", tables::called("auroc").unwrap(), &cells)?;
        let text = |span: &Span| match span {
            Span::Plain(text) => text.clone(),
            Span::Strong(text) => format!("*{text}*"),
        };
        Some(spans.iter().map(text).collect())
    }

    #[test]
    fn yes_where_more_than_half_of_the_defenses_tell_every_kind() {
        let cells = [("fgsm", [0.98, 0.99, 0.5], Some(0.97)), ("cw", [0.9, 0.9, 0.9], Some(0.9))];
        let expected = "*MNIST: yes*, AUROC reaches the paper's in 5 of 6 cells.";
        assert_eq!(said(&cells).unwrap(), expected);
    }

    #[test]
    fn kinds_are_told_apart_with_what_is_reached_cut_and_not_rounded() {
        let cells = [
            ("fgsm", [0.681, 0.685, 0.677], Some(0.65)),
            ("bim", [0.95, 0.8996, 0.7], Some(0.86)),
            ("jsma", [0.96, 0.96, 0.8], Some(0.95)),
            ("cw", [0.98, 0.98, 0.98], Some(0.98)),
        ];
        let expected = "*MNIST: for JSMA and C&W yes, for FGSM and BIM no* (0.68, 0.89), AUROC reaches the \
                        paper's in 10 of 12 cells.";
        assert_eq!(said(&cells).unwrap(), expected);
    }

    #[test]
    fn what_is_not_in_the_paper_does_not_count() {
        let cells = [("bim", [0.95; 3], Some(0.9)), ("pgd", [0.6; 3], None)];
        let expected = "*MNIST: yes*, AUROC reaches the paper's in 3 of 3 cells.";
        assert_eq!(said(&cells).unwrap(), expected);
        assert_eq!(said(&[("pgd", [0.6; 3], None)]).unwrap(), "*MNIST: no* for PGD (0.60).");
        assert_eq!(said(&[]), None);
    }

    #[test]
    fn few_examples_are_said() {
        let cell = Cell::new("cw", "bim", 0.95).of(6);
        let spans = answer("MNIST", tables::called("auroc").unwrap(), &[&cell]).unwrap();
        assert_eq!(spans[1], Span::Plain(". Cells are of as few as 6 examples.".into()));
    }

    #[test]
    fn of_an_even_number_of_defenses_more_than_half_are_more_than_two_of_four() {
        assert_eq!(most(vec![0.5, 0.95, 0.96, 0.8]), Some(0.8));
        assert_eq!(most(vec![0.5, 0.95, 0.96]), Some(0.95));
        assert_eq!(most(vec![]), None);
    }
}
