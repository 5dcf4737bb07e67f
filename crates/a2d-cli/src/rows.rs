//! Which rows of its inputs a command works on, so that several runs can share them out.

use std::ops::Range;

use clap::Args;

use crate::exit::BadInput;

/// Rows of the inputs.
#[derive(Debug, Args)]
pub(crate) struct RowsArguments {
    /// Only these rows of all images, numbered from 0, the end exclusive: what several runs find for rows
    /// that follow one another, `a2d merge` puts together to what one run finds [default: all]
    #[arg(long, value_name = "A..B", value_parser = rows)]
    rows: Option<Range<usize>>,
}

impl RowsArguments {
    /// The chosen rows among `len`; all where none are chosen.
    pub(crate) fn of(&self, len: usize) -> Result<Range<usize>, BadInput> {
        match &self.rows {
            Some(rows) if rows.end > len => Err(BadInput(format!(
                "select rows: expected rows of {len} images, 0..{len} at most, got {rows:?}"
            ))),
            Some(rows) => Ok(rows.clone()),
            None => Ok(0..len),
        }
    }

    /// Whether there is a choice.
    pub(crate) fn is_given(&self) -> bool {
        self.rows.is_some()
    }
}

/// Rows such as `0..500`.
fn rows(text: &str) -> Result<Range<usize>, &'static str> {
    let number = |text: &str| text.parse::<usize>().ok();
    let ends = text.split_once("..").and_then(|(start, end)| Some((number(start)?, number(end)?)));
    match ends {
        Some((start, end)) if start < end => Ok(start..end),
        _ => Err("expected the first row and that after the last, such as 0..500"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_two_ends() {
        assert_eq!(rows("0..500"), Ok(0..500));
        for text in ["", "..", "5..5", "6..5", "-1..5", "0..=5", "1...5", "0..x", "7"] {
            assert!(rows(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rows_that_are_not_there_are_refused() {
        let of = |rows| RowsArguments { rows }.of(10);
        assert_eq!(of(None).unwrap(), 0..10);
        assert_eq!(of(Some(2..10)).unwrap(), 2..10);
        assert!(of(Some(2..11)).unwrap_err().to_string().contains("0..10 at most, got 2..11"));
    }
}
