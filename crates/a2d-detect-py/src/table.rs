//! Numbers of inputs, from whatever Python has.

use std::path::PathBuf;

use a2d_cost::{
    AttackCost, Column, CostCard, CostRow, CostTable, InputSet, Provenance, ScoreCard, ScoreTable,
    Sign, Unit,
};
use a2d_detect::Numbers;
use a2d_detect::ndarray::Array2;
use a2d_file::Card as _;
use numpy::PyReadonlyArray2;
use pyo3::prelude::*;

use crate::exception::{Raise as _, value};

/// The unit of all costs here.
pub(crate) const UNIT: Unit = Unit::Iterations;

/// Numbers of inputs, inputs x columns: costs of attacks, or scores.
#[pyclass(frozen, module = "a2d_detect._native")]
#[derive(Clone)]
pub(crate) struct Table {
    pub(crate) content: Content,
    pub(crate) provenance: Option<Provenance>,
}

/// What the numbers are.
#[derive(Clone)]
pub(crate) enum Content {
    /// Records, of which some may be lower bounds.
    Costs(CostTable),
    /// Numbers of columns with a sign, costs in full where `costs` says so.
    Numbers { table: ScoreTable, costs: bool },
}

#[pymethods]
impl Table {
    /// A cost table or score table from a CSV file, and its card where one lies beside it.
    #[staticmethod]
    fn read(path: PathBuf) -> PyResult<Self> {
        let costs = CostTable::read_csv(&path);
        // The header says which it is. What is neither is answered as a cost table, of which most are.
        let scores = match &costs {
            Err(a2d_cost::Error::File(error)) if error.is_bad_input() => {
                ScoreTable::read_csv(&path).ok()
            }
            _ => None,
        };
        if let Some(table) = scores {
            let card = ScoreCard::read(&path).raise()?;
            let provenance = card.map(|card| card.provenance);
            return Ok(Self { content: Content::Numbers { table, costs: false }, provenance });
        }
        let content = Content::Costs(costs.raise()?);
        let card = CostCard::read(&path).raise()?;
        Ok(Self { content, provenance: card.map(|card| card.provenance) })
    }

    /// A cost table of records in rows: input, attack, iterations, flipped, censored, and the provenance as JSON.
    #[staticmethod]
    fn of_records(
        rows: Vec<(String, String, u32, bool, bool)>,
        provenance: Option<&str>,
    ) -> PyResult<Self> {
        let rows = rows.into_iter().map(|(input, attack, iterations, flipped, censored)| {
            // Only iterations are looked at here.
            let (gradient_queries, forward_queries, seconds) = (0, 0, 0.0);
            let cost = AttackCost {
                iterations,
                flipped,
                censored,
                gradient_queries,
                forward_queries,
                seconds,
            };
            CostRow::new(input, attack, cost)
        });
        let table = CostTable::from_rows(rows.collect()).raise()?;
        let provenance: Option<Provenance> =
            provenance.map(serde_json::from_str).transpose().raise()?;
        let attacks = table.attacks().to_vec();
        // A DataFrame may hold some of the attacks that were measured.
        Self { content: Content::Costs(table), provenance }.select(&attacks)
    }

    /// Numbers, inputs x columns: costs in full, or scores with a sign for each column.
    #[staticmethod]
    #[pyo3(signature = (numbers, columns, signs=None))]
    fn of_numbers(
        numbers: PyReadonlyArray2<'_, f64>,
        columns: Vec<String>,
        signs: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let numbers = numbers.as_array().to_owned();
        let costs = signs.is_none();
        let signs = match signs {
            None => vec![Sign::Smaller; columns.len()],
            Some(names) => names.iter().map(|name| sign(name)).collect::<PyResult<_>>()?,
        };
        if signs.len() != columns.len() {
            let (columns, signs) = (columns.len(), signs.len());
            return Err::<Self, _>(a2d_detect::Error::Signs { columns, signs }).raise();
        }
        let inputs = (0..numbers.nrows()).map(|row| row.to_string()).collect();
        let columns = columns.into_iter().zip(signs).map(|(name, sign)| Column { name, sign });
        let table = ScoreTable::new(inputs, columns.collect(), numbers).raise()?;
        Ok(Self { content: Content::Numbers { table, costs }, provenance: None })
    }

    /// The names of its columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.names()
    }

    /// How many inputs it has.
    fn __len__(&self) -> usize {
        match &self.content {
            Content::Costs(table) => table.inputs().len(),
            Content::Numbers { table, .. } => table.inputs().len(),
        }
    }
}

impl Table {
    pub(crate) fn names(&self) -> Vec<String> {
        match &self.content {
            Content::Costs(table) => table.attacks().to_vec(),
            Content::Numbers { table, .. } => table.names(),
        }
    }

    /// What its numbers are to a detector.
    pub(crate) fn numbers(&self) -> Numbers {
        match &self.content {
            Content::Numbers { table, costs: false } => Numbers::Scores(table.signs()),
            _ => Numbers::Costs,
        }
    }

    /// The records, where there are some.
    pub(crate) fn costs(&self) -> Option<&CostTable> {
        match &self.content {
            Content::Costs(table) => Some(table),
            Content::Numbers { .. } => None,
        }
    }

    /// The table with these columns, in this order.
    pub(crate) fn select(&self, columns: &[String]) -> PyResult<Self> {
        let content = match &self.content {
            Content::Costs(table) => Content::Costs(table.select(columns).raise()?),
            Content::Numbers { table, costs } => {
                Content::Numbers { table: table.select(columns).raise()?, costs: *costs }
            }
        };
        let mut provenance = self.provenance.clone();
        if let Some(provenance) = &mut provenance {
            provenance.defenses.retain(|name, _| columns.contains(name));
        }
        Ok(Self { content, provenance })
    }

    /// The numbers as scores with signs. Costs in vain count as the largest of theirs.
    pub(crate) fn scores(&self) -> ScoreTable {
        match &self.content {
            Content::Costs(table) => table.scores(UNIT),
            Content::Numbers { table, .. } => table.clone(),
        }
    }

    /// The numbers, inputs x columns.
    pub(crate) fn values(&self) -> Array2<f64> {
        self.scores().scores().clone()
    }

    /// The sets of inputs that its card names.
    pub(crate) fn sets(&self) -> &[InputSet] {
        self.provenance.as_ref().map_or(&[], |provenance| &provenance.inputs)
    }
}

/// Makes costs in vain count as the largest of the same attack, over all tables.
pub(crate) fn complete(tables: &mut [Table]) {
    let largest = CostTable::largest(tables.iter().filter_map(Table::costs));
    for table in tables {
        if let Content::Costs(costs) = &mut table.content {
            *costs = costs.completed(&largest);
        }
    }
}

fn sign(name: &str) -> PyResult<Sign> {
    [Sign::Smaller, Sign::Larger].into_iter().find(|sign| sign.name() == name).ok_or_else(|| {
        value(&format!("read scores: expected \"smaller\" or \"larger\", got {name:?}"))
    })
}
