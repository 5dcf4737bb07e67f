//! What costs stand for that are only known to be "at least so much".
//!
//! An attack that did not flip the label says that the input costs at least what the attack spent. Attacks
//! measured here say their cap then, but costs from elsewhere and from earlier releases may be of searches
//! that gave up after few steps, or before the first. Taken for exact, they look like those of adversarial
//! inputs, which are easy to attack.
//!
//! So wherever numbers are needed, a cost in vain counts as at least the largest one of the same attack, over
//! all tables in hand: the best that is known of the attack's cap. For costs that are at their cap already
//! this changes nothing.

use crate::{AttackCost, CostTable};

impl AttackCost {
    /// True if the label did not flip: the cost is at least this.
    pub fn is_lower_bound(&self) -> bool {
        !self.flipped
    }

    /// True if the attack ended in vain after fewer iterations than another of its costs.
    fn gave_up(&self, largest: &Self) -> bool {
        self.is_lower_bound() && self.iterations < largest.iterations
    }

    /// The larger of both in every measure. Its label flipped where that of `self` did.
    fn at_least(self, other: &Self) -> Self {
        Self {
            iterations: self.iterations.max(other.iterations),
            gradient_queries: self.gradient_queries.max(other.gradient_queries),
            forward_queries: self.forward_queries.max(other.forward_queries),
            seconds: self.seconds.max(other.seconds),
            ..self
        }
    }
}

impl CostTable {
    /// The largest cost of each attack over tables of the same attacks in the same order, by every measure;
    /// none without a table.
    pub fn largest<'a>(tables: impl IntoIterator<Item = &'a Self>) -> Vec<AttackCost> {
        let of_one = |table: &Self| -> Vec<AttackCost> {
            let columns = table.costs().columns().into_iter();
            let largest = columns.filter_map(|costs| {
                costs.iter().copied().reduce(|largest, cost| largest.at_least(&cost))
            });
            largest.collect()
        };
        let all = tables.into_iter().map(of_one);
        let larger = |ours: Vec<AttackCost>, theirs: Vec<AttackCost>| {
            ours.into_iter().zip(theirs).map(|(ours, theirs)| ours.at_least(&theirs)).collect()
        };
        all.reduce(larger).unwrap_or_default()
    }

    /// How many costs of each attack are of attacks that gave up: the label did not flip, after fewer
    /// iterations than the [`largest`](Self::largest) cost has.
    pub fn gave_up(&self, largest: &[AttackCost]) -> Vec<usize> {
        let columns = self.costs().columns().into_iter().zip(largest);
        columns
            .map(|(costs, largest)| costs.iter().filter(|cost| cost.gave_up(largest)).count())
            .collect()
    }

    /// The table in which those count as the largest.
    #[must_use]
    pub fn completed(&self, largest: &[AttackCost]) -> Self {
        self.map_costs(|column, cost| match largest.get(column) {
            Some(largest) if cost.gave_up(largest) => cost.at_least(largest),
            _ => cost,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::cost;
    use crate::{CostRow, Unit};

    fn table(costs: &[(u32, bool)]) -> CostTable {
        let rows = costs.iter().enumerate().map(|(row, &(iterations, flipped))| {
            CostRow::new(row.to_string(), "cw", AttackCost { flipped, ..cost(iterations) })
        });
        CostTable::from_rows(rows.collect()).unwrap()
    }

    #[test]
    fn a_search_that_gave_up_counts_as_the_largest_cost_in_sight() {
        let benign = table(&[(300, true), (500, false), (0, false)]);
        let others = table(&[(5000, false), (7, true)]);
        let alone = CostTable::largest([&benign]);
        assert_eq!(benign.gave_up(&alone), [1]);
        assert_eq!(benign.values(Unit::Iterations), ndarray::array![[300.0], [500.0], [500.0]]);
        let largest = CostTable::largest([&benign, &others]);
        assert_eq!((benign.gave_up(&largest), others.gave_up(&largest)), (vec![2], vec![0]));
        let completed = benign.completed(&largest);
        assert_eq!(
            completed.values(Unit::Iterations),
            ndarray::array![[300.0], [5000.0], [5000.0]]
        );
        let lowest = completed.costs()[[2, 0]];
        assert!(lowest.is_lower_bound() && lowest.gradient_queries == 5000);
        assert_eq!(others.completed(&largest), others);
    }

    #[test]
    fn costs_at_the_cap_stay_as_they_are() {
        let mut slow = cost(500);
        (slow.flipped, slow.seconds) = (false, 99.0);
        let rows = vec![
            CostRow::new("a", "bim", AttackCost { flipped: false, ..cost(500) }),
            CostRow::new("b", "bim", slow),
        ];
        let table = CostTable::from_rows(rows).unwrap();
        assert_eq!(table.completed(&CostTable::largest([&table])), table);
    }

    #[test]
    fn no_table_has_no_largest_cost() {
        assert_eq!(CostTable::largest([]), []);
    }
}
