//! Rows of named cells, put together as a matrix.

use std::collections::HashMap;

use ndarray::Array2;

/// A cell: its row, its column, and what it holds.
pub(crate) type Cell<T> = (String, String, T);

/// What is wrong with cells that make no matrix: what was expected, and what was found.
pub(crate) type Fault = (&'static str, String);

/// What a column is, for messages.
pub(crate) struct Words {
    pub(crate) column: &'static str,
    pub(crate) one_each: &'static str,
}

/// Cells in rows and columns, whose names are in the order in which they first occurred.
pub(crate) struct Matrix<T> {
    pub(crate) rows: Vec<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) cells: Array2<T>,
}

/// The matrix of these cells, of which there is one for each row and column.
pub(crate) fn matrix<T: Copy>(
    cells: impl IntoIterator<Item = Cell<T>>,
    words: &Words,
) -> Result<Matrix<T>, Fault> {
    let Words { column: what, one_each } = words;
    let (mut rows, mut columns) = (Order::default(), Order::default());
    let mut places = HashMap::new();
    for (row, column, value) in cells {
        let place = (rows.position(&row), columns.position(&column));
        if places.insert(place, value).is_some() {
            let found = format!("a second row of input {row:?} and {what} {column:?}");
            return Err((one_each, found));
        }
    }
    if places.is_empty() {
        return Err(("at least one row", "none".into()));
    }
    let (rows, columns) = (rows.names, columns.names);
    let mut values = Vec::with_capacity(places.len());
    for (row, input) in rows.iter().enumerate() {
        for (column, name) in columns.iter().enumerate() {
            let value = places.get(&(row, column)).ok_or_else(|| {
                (*one_each, format!("no row of input {input:?} and {what} {name:?}"))
            })?;
            values.push(*value);
        }
    }
    let cells = Array2::from_shape_fn((rows.len(), columns.len()), |(row, column)| {
        values[row * columns.len() + column]
    });
    Ok(Matrix { rows, columns, cells })
}

/// Names in the order of their first occurrence.
#[derive(Default)]
struct Order {
    names: Vec<String>,
    positions: HashMap<String, usize>,
}

impl Order {
    fn position(&mut self, name: &str) -> usize {
        if let Some(position) = self.positions.get(name) {
            return *position;
        }
        self.positions.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.names.len() - 1
    }
}
