//! A number of a table beside the paper's.

use serde::{Deserialize, Serialize};

/// Which of two numbers is the better one.
#[derive(Clone, Copy)]
pub(crate) enum Better {
    Higher,
    Lower,
    /// Neither: the number describes.
    None,
}

/// How a number stands to the paper's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Better by more than its interval and the margin.
    Better,
    Alike,
    /// Worse by more than its interval and the margin.
    Worse,
}

/// A cell, under the names that scripts read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cell {
    pub(crate) table: String,
    pub(crate) environment: String,
    pub(crate) row: String,
    pub(crate) column: String,
    pub(crate) ours: f64,
    /// The 95 % interval.
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
    pub(crate) paper: Option<f64>,
    /// Inputs that it is of.
    pub(crate) n: Option<u64>,
}

impl Cell {
    /// A number without interval or comparison.
    pub(crate) fn new(row: &str, column: &str, ours: f64) -> Self {
        Self { row: row.into(), column: column.into(), ours, ..Self::default() }
    }

    pub(crate) fn within(self, low: Option<f64>, high: Option<f64>) -> Self {
        Self { low, high, ..self }
    }

    pub(crate) fn of(self, n: usize) -> Self {
        Self { n: Some(n as u64), ..self }
    }

    /// How it stands to the paper's, where there is one and one of two numbers is the better one. Without an
    /// interval the margin decides alone.
    pub(crate) fn standing(&self, better: Better, margin: f64) -> Option<Standing> {
        let paper = self.paper?;
        let above = self.low.unwrap_or(self.ours) > paper && self.ours - paper > margin;
        let below = self.high.unwrap_or(self.ours) < paper && paper - self.ours > margin;
        let (is_better, is_worse) = match better {
            Better::Higher => (above, below),
            Better::Lower => (below, above),
            Better::None => return None,
        };
        Some(if is_better {
            Standing::Better
        } else if is_worse {
            Standing::Worse
        } else {
            Standing::Alike
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stands_apart_where_interval_and_margin_do() {
        let cell = |paper| {
            let cell = Cell::new("bim", "auroc", 0.9).within(Some(0.85), Some(0.95));
            Cell { paper, ..cell }
        };
        let standing = |paper, better| cell(Some(paper)).standing(better, 0.005);
        assert_eq!(standing(0.97, Better::Higher), Some(Standing::Worse));
        assert_eq!(standing(0.97, Better::Lower), Some(Standing::Better));
        assert_eq!(standing(0.94, Better::Higher), Some(Standing::Alike));
        assert_eq!(standing(0.84, Better::Lower), Some(Standing::Worse));
        assert_eq!(standing(0.97, Better::None), None);
        assert_eq!(cell(None).standing(Better::Higher, 0.005), None);
        let narrow = Cell { low: None, high: None, ..cell(Some(0.904)) };
        assert_eq!(narrow.standing(Better::Higher, 0.005), Some(Standing::Alike));
        assert_eq!(narrow.standing(Better::Higher, 0.0), Some(Standing::Worse));
    }
}
