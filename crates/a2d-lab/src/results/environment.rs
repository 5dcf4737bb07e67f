//! The results of one environment as the page shows them.

use crate::experiment::Cause;
use crate::results::matrices::{Part, matrix};
use crate::tables::cell::Cell;
use crate::tables::{self, Table, auroc};
use a2d_report::Figure;
use a2d_report::matrix::Matrix;

/// Tables with fewer inputs stand last.
const FEW: u64 = 20;

/// What is said over kinds of examples that are not in the paper.
const EXTRA: &str = "not in the paper";

/// The results of one environment.
pub(crate) struct Environment<'a> {
    pub(crate) id: &'a str,
    /// What tells it from the others: its data set, where that does.
    pub(crate) name: String,
    pub(crate) facts: &'a [String],
    pub(crate) causes: &'a [Cause],
    /// The environment whose published numbers stand beside its own.
    pub(crate) paper: &'a str,
    /// Columns of the AUROC that are of no defense attack.
    pub(crate) baselines: &'a [String],
    pub(crate) cells: Vec<&'a Cell>,
    pub(crate) figures: Vec<Figure>,
}

impl<'a> Environment<'a> {
    /// The cells of a table.
    pub(crate) fn of(&self, table: &Table) -> Vec<&'a Cell> {
        self.cells.iter().copied().filter(|cell| cell.table == table.name).collect()
    }

    /// Every table that it has cells of, with these.
    pub(crate) fn tables(&self) -> Vec<(&'static Table, Vec<&'a Cell>)> {
        let tables = tables::ALL.iter().map(|table| (table, self.of(table)));
        tables.filter(|(_, cells)| !cells.is_empty()).collect()
    }

    /// The AUROC of the costs of every defense attack.
    pub(crate) fn separation(&self) -> Vec<&'a Cell> {
        let mut cells = self.of(&auroc::TABLE);
        cells.retain(|cell| self.is_of_defense(cell));
        cells
    }

    /// The matrix of these; none without.
    pub(crate) fn headline(&self) -> Option<Matrix> {
        let cells = self.separation();
        let apart = |cell: &Cell| auroc::is_extra(&cells, &cell.row).then_some(EXTRA);
        let part = Part { name: "ours", table: &auroc::TABLE, cells: cells.clone() };
        (!cells.is_empty()).then(|| matrix(&self.name, &[part], apart))
    }

    /// The matrix of the AUROC of ensembles and other scores; none without.
    pub(crate) fn ensembles(&self) -> Option<Matrix> {
        let mut cells = self.of(&auroc::TABLE);
        let extra: Vec<_> = self.separation();
        cells.retain(|cell| !self.is_of_defense(cell));
        let apart = |cell: &Cell| auroc::is_extra(&extra, &cell.row).then_some(EXTRA);
        let part = Part { name: "ours", table: &auroc::TABLE, cells: cells.clone() };
        (!cells.is_empty()).then(|| matrix(&self.name, &[part], apart))
    }

    /// The matrix of a table, and of another one beside it; none without cells.
    pub(crate) fn matrix(
        &self,
        [name, beside]: [&str; 2],
        tables: [&'static Table; 2],
    ) -> Option<Matrix> {
        let [cells, others] = tables.map(|table| self.of(table));
        let of = |name, table, cells| Part { name, table, cells };
        let parts = match (cells.is_empty(), others.is_empty()) {
            (true, true) => return None,
            (false, true) => vec![of("ours", tables[0], cells)],
            (true, false) => vec![of("ours", tables[1], others)],
            (false, false) => vec![of(name, tables[0], cells), of(beside, tables[1], others)],
        };
        Some(matrix(&self.name, &parts, tables[0].layout.apart))
    }

    /// Whether a table is of few inputs.
    pub(crate) fn has_few(&self, table: &Table) -> bool {
        self.of(table).iter().filter_map(|cell| cell.n).min().is_some_and(|n| n < FEW)
    }

    /// Whether a cell of the AUROC is of the costs of a defense attack.
    fn is_of_defense(&self, cell: &Cell) -> bool {
        !cell.column.starts_with(auroc::OF_ENSEMBLES) && !self.baselines.contains(&cell.column)
    }
}
