//! Costs of several inputs under several attacks.

use ndarray::Array2;

use crate::matrix::{Matrix, Words, matrix};
use crate::{AttackCost, CostRow, Error, Result, Unit};

const WORDS: Words = Words { column: "attack", one_each: "one row per input and attack" };

/// The costs of every attack on every input: a matrix of inputs by attacks.
#[derive(Clone, Debug, PartialEq)]
pub struct CostTable {
    inputs: Vec<String>,
    attacks: Vec<String>,
    costs: Array2<AttackCost>,
}

impl CostTable {
    /// Builds the table from its rows. Inputs and attacks keep the order in which they first occur.
    ///
    /// # Errors
    /// [`Error::Table`] if there are no rows, if an input lacks an attack or has it twice, or if a
    /// record contradicts itself (flipped and censored, negative or non-finite seconds).
    pub fn from_rows(rows: Vec<CostRow>) -> Result<Self> {
        rows.iter().try_for_each(check)?;
        let cells = rows.into_iter().map(|CostRow { input, attack, cost }| (input, attack, cost));
        let Matrix { rows: inputs, columns: attacks, cells: costs } =
            matrix(cells, &WORDS).map_err(|(expected, found)| Error::Table { expected, found })?;
        Ok(Self { inputs, attacks, costs })
    }

    /// The table with the inputs of several, one after the other.
    ///
    /// # Errors
    /// [`Error::Merge`] if their attacks or the order of these differ; [`Error::Table`] if there is no table or an
    /// input is in two of them.
    pub fn merged(tables: &[&Self]) -> Result<Self> {
        let first = tables.first().map(|first| &first.attacks);
        let other = tables.iter().find(|table| Some(&table.attacks) != first);
        if let (Some(first), Some(other)) = (first, other) {
            let (expected, found) = (format!("costs of {first:?}"), format!("{:?}", other.attacks));
            return Err(Error::Merge { expected, found });
        }
        Self::from_rows(tables.iter().flat_map(|table| table.rows()).collect())
    }

    /// The names of the inputs, in the order of the rows.
    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// The names of the attacks, in the order of the columns.
    pub fn attacks(&self) -> &[String] {
        &self.attacks
    }

    /// The records, inputs x attacks.
    pub fn costs(&self) -> &Array2<AttackCost> {
        &self.costs
    }

    /// Every record in this unit, inputs x attacks: what detectors are fitted on. Those of attacks that gave
    /// up count as the largest of the column, see [`completed`](Self::completed).
    pub fn values(&self, unit: Unit) -> Array2<f64> {
        let completed = self.completed(&Self::largest([self]));
        completed.costs.map(|cost| unit.of(cost))
    }

    /// The table with other records, given by column and record.
    pub(crate) fn map_costs(&self, map: impl Fn(usize, AttackCost) -> AttackCost) -> Self {
        let costs = Array2::from_shape_fn(self.costs.dim(), |(row, column)| {
            map(column, self.costs[[row, column]])
        });
        Self { costs, ..self.clone() }
    }

    /// The input and attack of the first censored record, if there is one.
    pub fn first_censored(&self) -> Option<(&str, &str)> {
        let ((row, column), _) = self.costs.indexed_iter().find(|(_, cost)| cost.censored)?;
        Some((&self.inputs[row], &self.attacks[column]))
    }

    /// The table of these attacks only, in this order.
    ///
    /// # Errors
    /// [`Error::UnknownAttack`] if the table lacks one.
    pub fn select(&self, attacks: &[String]) -> Result<Self> {
        let columns = attacks
            .iter()
            .map(|attack| {
                self.attacks.iter().position(|known| known == attack).ok_or_else(|| {
                    Error::UnknownAttack { attack: attack.clone(), known: self.attacks.clone() }
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            inputs: self.inputs.clone(),
            attacks: attacks.to_vec(),
            costs: self.costs.select(ndarray::Axis(1), &columns),
        })
    }

    /// The records one by one: all attacks of the first input, then of the second.
    pub fn rows(&self) -> impl Iterator<Item = CostRow> + '_ {
        self.costs.indexed_iter().map(|((row, column), cost)| {
            CostRow::new(&self.inputs[row], &self.attacks[column], *cost)
        })
    }
}

fn check(CostRow { input, attack, cost }: &CostRow) -> Result<()> {
    let broken = |expected, found: String| {
        let found = format!("{found} at input {input:?} and attack {attack:?}");
        Err(Error::Table { expected, found })
    };
    if cost.flipped && cost.censored {
        return broken("a record that is either flipped or censored", "both".into());
    }
    if !cost.seconds.is_finite() || cost.seconds < 0.0 {
        return broken("finite seconds of at least 0", cost.seconds.to_string());
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn cost(iterations: u32) -> AttackCost {
        AttackCost {
            iterations,
            flipped: true,
            censored: false,
            gradient_queries: iterations,
            forward_queries: iterations + 1,
            seconds: 0.1 * f64::from(iterations),
        }
    }

    pub(crate) fn rows() -> Vec<CostRow> {
        vec![
            CostRow::new("b", "bim", cost(3)),
            CostRow::new("a", "bim", cost(5)),
            CostRow::new("b", "bim2", cost(4)),
            CostRow::new("a", "bim2", cost(9)),
        ]
    }

    #[test]
    fn inputs_and_attacks_keep_their_order() {
        let table = CostTable::from_rows(rows()).unwrap();
        assert_eq!(table.inputs(), ["b", "a"]);
        assert_eq!(table.values(Unit::Iterations), ndarray::array![[3.0, 4.0], [5.0, 9.0]]);
        let bim2 = table.select(&["bim2".into()]).unwrap();
        assert_eq!(bim2.values(Unit::Iterations), ndarray::array![[4.0], [9.0]]);
    }

    #[test]
    fn incomplete_or_contradictory_rows_are_refused() {
        let message = |rows| CostTable::from_rows(rows).unwrap_err().to_string();
        assert!(message(vec![]).contains("at least one row"));
        assert!(message(rows()[..3].to_vec()).contains(r#"no row of input "a" and attack "bim2""#));
        let twice = [rows(), rows()].concat();
        assert!(message(twice).contains(r#"a second row of input "b" and attack "bim""#));
        let both = AttackCost { censored: true, ..cost(1) };
        assert!(message(vec![CostRow::new("a", "bim", both)]).contains("found both"));
        let endless = AttackCost { seconds: f64::NAN, ..cost(1) };
        assert!(message(vec![CostRow::new("a", "bim", endless)]).contains("found NaN"));
    }

    #[test]
    fn tables_follow_one_another() {
        let all = CostTable::from_rows(rows()).unwrap();
        let of = |input: &str| {
            let rows = rows().into_iter().filter(|row| row.input == input);
            CostTable::from_rows(rows.collect()).unwrap()
        };
        assert_eq!(CostTable::merged(&[&of("b"), &of("a")]).unwrap(), all);
        let message = |tables: &[&CostTable]| CostTable::merged(tables).unwrap_err().to_string();
        assert!(message(&[&of("b"), &of("b")]).contains("a second row of input \"b\""));
        let bim = of("a").select(&["bim".into()]).unwrap();
        let found = message(&[&of("b"), &bim]);
        assert!(found.contains(r#"costs of ["bim", "bim2"], found ["bim"]"#), "{found}");
        assert!(message(&[]).contains("at least one row"));
    }

    #[test]
    fn an_unknown_attack_is_named_with_the_known_ones() {
        let table = CostTable::from_rows(rows()).unwrap();
        let message = table.select(&["jsma".into()]).unwrap_err().to_string();
        assert!(message.contains("jsma") && message.contains("bim2"), "{message}");
    }

    #[test]
    fn a_censored_record_is_found() {
        let mut rows = rows();
        assert_eq!(CostTable::from_rows(rows.clone()).unwrap().first_censored(), None);
        rows[3].cost.flipped = false;
        rows[3].cost.censored = true;
        let table = CostTable::from_rows(rows).unwrap();
        assert_eq!(table.first_censored(), Some(("a", "bim2")));
    }
}
