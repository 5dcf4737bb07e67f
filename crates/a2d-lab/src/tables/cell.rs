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

    pub(crate) fn of(self, n: Option<u64>) -> Self {
        Self { n, ..self }
    }

    pub(crate) fn beside(self, paper: Option<f64>) -> Self {
        Self { paper, ..self }
    }

    /// Whether it is worse than the paper's by more than its interval, or at all if it has none.
    pub(crate) fn falls_short(&self, better: Better) -> bool {
        let Some(paper) = self.paper else { return false };
        match better {
            Better::Higher => self.high.unwrap_or(self.ours) < paper,
            Better::Lower => self.low.unwrap_or(self.ours) > paper,
            Better::None => false,
        }
    }

    pub(crate) fn difference(&self) -> Option<f64> {
        self.paper.map(|paper| self.ours - paper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_falls_short_where_the_interval_does() {
        let cell = Cell::new("bim", "auroc", 0.9).within(Some(0.85), Some(0.95)).beside(Some(0.97));
        assert!(cell.falls_short(Better::Higher));
        assert!(!cell.falls_short(Better::Lower) && !cell.falls_short(Better::None));
        assert!(!cell.clone().beside(Some(0.94)).falls_short(Better::Higher));
        assert!(cell.clone().beside(Some(0.84)).falls_short(Better::Lower));
        assert!(!cell.clone().beside(None).falls_short(Better::Higher));
        assert!((cell.difference().unwrap() + 0.07).abs() < 1e-12);
    }
}
