//! Scores of several inputs: any number of an input that may tell whether it is adversarial.

use std::collections::HashSet;

use ndarray::{Array2, ArrayView1, Axis};

use crate::matrix::{Matrix, Words, matrix};
use crate::{CostTable, Error, Result, Sign, Unit};

const WORDS: Words = Words { column: "column", one_each: "one row per input and column" };

/// A kind of score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Which of its scores look adversarial.
    pub sign: Sign,
}

impl Column {
    /// A kind of score of this name.
    pub fn new(name: impl Into<String>, sign: Sign) -> Self {
        Self { name: name.into(), sign }
    }
}

/// Finite scores, a matrix of inputs by columns, each of which says which scores look adversarial.
///
/// ```
/// use a2d_cost::{Column, ScoreTable, Sign};
/// use ndarray::array;
///
/// let columns = vec![Column::new("lid", Sign::Larger), Column::new("log-density", Sign::Smaller)];
/// let inputs = vec!["7.png".into(), "8.png".into()];
/// let table = ScoreTable::new(inputs, columns, array![[21.5, -310.0], [48.25, -1250.5]])?;
/// assert_eq!(table.select(&["log-density".into()])?.scores(), array![[-310.0], [-1250.5]]);
/// # Ok::<(), a2d_cost::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreTable {
    inputs: Vec<String>,
    columns: Vec<Column>,
    scores: Array2<f64>,
}

impl ScoreTable {
    /// A table of these scores, inputs x columns.
    ///
    /// # Errors
    /// [`Error::Scores`] if there is no input or no column, a name comes twice, there are not as many scores
    /// as inputs and columns, or one is not finite.
    pub fn new(inputs: Vec<String>, columns: Vec<Column>, scores: Array2<f64>) -> Result<Self> {
        let broken = |expected, found| Err(Error::Scores { expected, found });
        if scores.is_empty() || scores.dim() != (inputs.len(), columns.len()) {
            let found = format!(
                "{:?} of {} inputs and {} columns",
                scores.dim(),
                inputs.len(),
                columns.len()
            );
            return broken("a score for every input and column, at least one", found);
        }
        let names = || columns.iter().map(|column| &column.name);
        if let Some(name) = repeated(names()) {
            return broken("columns that differ", format!("{name:?} twice"));
        }
        if let Some(name) = repeated(inputs.iter()) {
            return broken("inputs that differ", format!("{name:?} twice"));
        }
        let wrong = scores.indexed_iter().find(|(_, score)| !score.is_finite());
        if let Some(((row, column), score)) = wrong {
            let (input, column) = (&inputs[row], &columns[column].name);
            let found = format!("{score} at input {input:?} and column {column:?}");
            return broken("finite scores", found);
        }
        Ok(Self { inputs, columns, scores })
    }

    /// The table of these rows: input, column and score of each, in any order. Inputs and columns keep the
    /// order in which they first occur.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if an input lacks a column or has it twice, or a column has two signs.
    pub fn from_rows(rows: impl IntoIterator<Item = (String, Column, f64)>) -> Result<Self> {
        let mut signs = vec![];
        let cells = rows
            .into_iter()
            .map(|(input, Column { name, sign }, score)| (input, name, (score, sign)));
        let broken = |(expected, found)| Error::Scores { expected, found };
        let Matrix { rows: inputs, columns: names, cells } =
            matrix(cells, &WORDS).map_err(broken)?;
        for (name, cells) in names.iter().zip(cells.columns()) {
            let (_, sign) = cells[0];
            if cells.iter().any(|(_, other)| *other != sign) {
                let found = format!("smaller and larger ones of column {name:?}");
                return Err(broken(("one kind of adversarial scores in a column", found)));
            }
            signs.push(sign);
        }
        let columns = names.into_iter().zip(signs).map(|(name, sign)| Column { name, sign });
        Self::new(inputs, columns.collect(), cells.map(|(score, _)| *score))
    }

    /// The names of the inputs, in the order of the rows.
    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// The columns, in their order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The names of the columns, in their order.
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// Which scores look adversarial, column by column.
    pub fn signs(&self) -> Vec<Sign> {
        self.columns.iter().map(|column| column.sign).collect()
    }

    /// The scores, inputs x columns.
    pub fn scores(&self) -> &Array2<f64> {
        &self.scores
    }

    /// Every column with its scores, input by input.
    pub fn by_column(&self) -> impl Iterator<Item = (&Column, ArrayView1<'_, f64>)> {
        self.columns.iter().zip(self.scores.columns())
    }

    /// The rows: all columns of the first input, then of the second.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &Column, f64)> {
        self.scores.indexed_iter().map(|((row, column), score)| {
            (self.inputs[row].as_str(), &self.columns[column], *score)
        })
    }

    /// The table of the columns with these names only, in this order.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`] if the table lacks one.
    pub fn select(&self, names: &[String]) -> Result<Self> {
        let places = names.iter().map(|name| {
            let place = self.columns.iter().position(|column| column.name == *name);
            place.ok_or_else(|| Error::UnknownColumn { column: name.clone(), known: self.names() })
        });
        let places = places.collect::<Result<Vec<_>>>()?;
        let columns = places.iter().map(|place| self.columns[*place].clone()).collect();
        let scores = self.scores.select(Axis(1), &places);
        Self::new(self.inputs.clone(), columns, scores)
    }
}

impl CostTable {
    /// The costs in this unit as scores, of which smaller ones look adversarial; see
    /// [`values`](Self::values).
    pub fn scores(&self, unit: Unit) -> ScoreTable {
        let columns = self.attacks().iter().map(|attack| Column::new(attack, Sign::Smaller));
        ScoreTable {
            inputs: self.inputs().to_vec(),
            columns: columns.collect(),
            scores: self.values(unit),
        }
    }
}

fn repeated<'a>(mut names: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    let mut seen = HashSet::new();
    names.find(|name| !seen.insert(*name))
}

#[cfg(test)]
pub(crate) mod tests {
    use ndarray::array;

    use super::*;
    use crate::table;

    pub(crate) fn scores() -> ScoreTable {
        let columns = vec![Column::new("lid", Sign::Larger), Column::new("kd", Sign::Smaller)];
        let scores = array![[21.5, -310.0], [48.25, -1250.5], [1.0 / 3.0, 0.0]];
        ScoreTable::new(["b", "a", "c"].map(String::from).into(), columns, scores).unwrap()
    }

    fn rows() -> Vec<(String, Column, f64)> {
        let table = scores();
        table.rows().map(|(input, column, score)| (input.into(), column.clone(), score)).collect()
    }

    fn message(result: Result<ScoreTable>) -> String {
        let error = result.unwrap_err();
        assert!(error.is_bad_input());
        error.to_string()
    }

    #[test]
    fn rows_in_any_order_make_the_table() {
        assert_eq!(ScoreTable::from_rows(rows()).unwrap(), scores());
        let mut reordered = rows();
        reordered.swap(3, 5);
        assert_eq!(
            ScoreTable::from_rows(reordered).unwrap().select(&["kd".into()]).unwrap().scores()
                [[1, 0]],
            -1250.5
        );
    }

    #[test]
    fn rows_that_make_no_table_are_refused() {
        let of = |rows: &[(String, Column, f64)]| message(ScoreTable::from_rows(rows.to_vec()));
        assert!(of(&[]).contains("at least one row"));
        assert!(of(&rows()[..5]).contains(r#"no row of input "c" and column "kd""#));
        assert!(of(&[rows(), rows()].concat()).contains("a second row of input"));
        let mut rows = rows();
        rows[2].1.sign = Sign::Smaller;
        assert!(of(&rows).contains(r#"smaller and larger ones of column "lid""#));
        (rows[2].1.sign, rows[2].2) = (Sign::Larger, f64::NAN);
        assert!(of(&rows).contains(r#"found NaN at input "a" and column "lid""#));
    }

    #[test]
    fn matrices_that_do_not_fit_their_names_are_refused() {
        let of = |inputs: &[&str], columns: &[&str], shape| {
            let inputs = inputs.iter().map(ToString::to_string).collect();
            let columns = columns.iter().map(|name| Column::new(*name, Sign::Larger)).collect();
            message(ScoreTable::new(inputs, columns, Array2::zeros(shape)))
        };
        assert!(of(&["a"], &["x"], (2, 1)).contains("(2, 1) of 1 inputs and 1 columns"));
        assert!(of(&[], &["x"], (0, 1)).contains("at least one"));
        assert!(
            of(&["a"], &["x", "x"], (1, 2)).contains(r#"columns that differ, found "x" twice"#)
        );
        assert!(of(&["a", "a"], &["x"], (2, 1)).contains(r#"inputs that differ, found "a" twice"#));
        let unknown = message(scores().select(&["bu".into()]));
        assert!(unknown.contains(r#"one of the columns ["lid", "kd"], got "bu""#), "{unknown}");
    }

    #[test]
    fn costs_are_scores_of_which_small_ones_look_adversarial() {
        let costs = CostTable::from_rows(table::tests::rows()).unwrap();
        let scores = costs.scores(Unit::ForwardQueries);
        assert_eq!((scores.inputs(), scores.names()), (costs.inputs(), costs.attacks().to_vec()));
        assert_eq!(scores.signs(), [Sign::Smaller; 2]);
        assert_eq!(scores.scores(), array![[4.0, 5.0], [6.0, 10.0]]);
    }
}
