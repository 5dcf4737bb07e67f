//! The results of one environment as the page shows them.

use crate::experiment::Cause;
use crate::results::comparison;
use crate::results::matrices::{Part, matrix};
use crate::tables::cell::Cell;
use crate::tables::{self, Table, auroc, clever, separation};
use a2d_report::Figure;
use a2d_report::matrix::Matrix;

/// Tables with fewer inputs stand last.
const FEW: u64 = 20;

/// What is said over kinds of examples that are not in the paper.
const EXTRA: &str = "not in the paper";

/// What numbers are called beside the paper's.
pub(crate) const OURS: &str = "ours";

/// The results of one environment.
pub(crate) struct Environment<'a> {
    pub(crate) id: &'a str,
    /// What tells it from the others: its data set, where that does.
    pub(crate) name: String,
    /// What it is called beside others on its data set.
    pub(crate) title: String,
    /// Its data set, as people call it.
    pub(crate) dataset: String,
    pub(crate) facts: &'a [String],
    pub(crate) causes: &'a [Cause],
    /// The environment whose published numbers stand beside its own.
    pub(crate) paper: &'a str,
    /// Columns of the AUROC that are of no defense attack.
    pub(crate) baselines: &'a [String],
    pub(crate) cells: Vec<&'a Cell>,
    pub(crate) figures: Vec<Figure>,
}

/// The tables but the AUROC's, each with those that are shown in one matrix with it, under their names there.
pub(crate) fn shown() -> impl Iterator<Item = (&'static Table, Vec<(&'static str, &'static Table)>)>
{
    let own = |table: &&Table| {
        let elsewhere = comparison::TABLES.map(|table| table.name);
        ![auroc::TABLE.name, clever::SLIDES.name].contains(&table.name)
            && !elsewhere.contains(&table.name)
    };
    tables::ALL.iter().filter(own).map(|table| {
        let parts = if table.name == clever::LOGITS.name {
            vec![("logits", table), ("as slides", &clever::SLIDES)]
        } else {
            vec![(OURS, table)]
        };
        (table, parts)
    })
}

/// The least number of inputs that one of these cells is of, if that is few.
pub(crate) fn few(cells: &[&Cell]) -> Option<u64> {
    cells.iter().filter_map(|cell| cell.n).min().filter(|n| *n < FEW)
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
        self.areas(self.separation())
    }

    /// The matrix of the AUROC of ensembles and other scores; none without.
    pub(crate) fn ensembles(&self) -> Option<Matrix> {
        let mut cells = self.of(&auroc::TABLE);
        cells.retain(|cell| !self.is_of_defense(cell));
        self.areas(cells)
    }

    /// A matrix of AUROC, kinds of examples that are not in the paper below the others.
    fn areas(&self, cells: Vec<&Cell>) -> Option<Matrix> {
        let known = self.separation();
        let apart = |cell: &Cell| auroc::is_extra(&known, &cell.row).then_some(EXTRA);
        let is_there = !cells.is_empty();
        let part = Part { name: OURS, table: &auroc::TABLE, cells };
        is_there.then(|| matrix(&self.name, &[part], apart))
    }

    /// The matrix of a table, or of several, beside each other under their names; none without cells.
    pub(crate) fn matrix(&self, tables: &[(&str, &'static Table)]) -> Option<Matrix> {
        let parts = tables.iter().map(|&(name, table)| Part { name, table, cells: self.of(table) });
        let mut parts: Vec<_> = parts.filter(|part| !part.cells.is_empty()).collect();
        if let [part] = &mut parts[..] {
            part.name = OURS;
        }
        let apart = parts.first()?.table.layout.apart;
        Some(matrix(&self.name, &parts, apart))
    }

    /// Every matrix, under a name of its own.
    pub(crate) fn matrices(&self) -> Vec<(&'static str, Matrix)> {
        let areas = [(auroc::TABLE.name, self.headline()), ("ensembles", self.ensembles())];
        let others = shown().map(|(table, parts)| (table.name, self.matrix(&parts)));
        let all = areas.into_iter().chain(others);
        all.filter_map(|(name, matrix)| Some((name, matrix?))).collect()
    }

    /// Whether any of these tables is of few inputs.
    pub(crate) fn has_few(&self, tables: &[(&str, &'static Table)]) -> bool {
        let cells: Vec<_> = tables.iter().flat_map(|(_, table)| self.of(table)).collect();
        few(&cells).is_some()
    }

    /// Whether a cell of the AUROC is of the costs of a defense attack.
    fn is_of_defense(&self, cell: &Cell) -> bool {
        !cell.column.starts_with(separation::OF_ENSEMBLES) && !self.baselines.contains(&cell.column)
    }
}
