use std::iter::{Peekable, from_fn};

/// The costs of one attack in order, where the neighbours of a cost are found by walking away from it on
/// both sides. No distances of one side are compared, so none is rounded away, however far the query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// Costs and their rows, by cost, then by row.
    rising: Vec<(f64, usize)>,
    /// The same by falling cost, then by row.
    falling: Vec<(f64, usize)>,
}

impl Line {
    pub(super) fn new(costs: impl IntoIterator<Item = f64>) -> Self {
        // Zero is added to make -0 of it, which a sort would tell apart.
        let costs = costs.into_iter().map(|cost| cost + 0.0);
        let mut rising: Vec<_> = costs.zip(0..).collect();
        let mut falling = rising.clone();
        rising.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        falling.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        Self { rising, falling }
    }

    /// Distances and rows of all samples, the nearest first, then the first row.
    pub(super) fn nearest(&self, query: f64) -> impl Iterator<Item = (f64, usize)> + '_ {
        let above = self.rising.partition_point(|&(cost, _)| cost < query);
        let below = self.falling.partition_point(|&(cost, _)| cost >= query);
        let distance = move |&(cost, row): &(f64, usize)| ((cost - query).abs(), row);
        merge(
            self.falling[below..].iter().map(distance).peekable(),
            self.rising[above..].iter().map(distance).peekable(),
        )
    }

    /// Queries, in rising order, among which are all at which the set of the `k` nearest samples changes.
    ///
    /// In order of costs, the nearest samples of a query are `k` in a row. They make way for those one
    /// further where the first of them is as far as the one behind the last. Where costs are equal, every
    /// such pair is still among those looked at.
    pub(super) fn turning_points(&self, k: usize) -> impl Iterator<Item = f64> + '_ {
        let ends = self.rising.iter().zip(self.rising.iter().skip(k));
        ends.map(|(first, behind)| f64::midpoint(first.0, behind.0))
    }
}

type Distance = (f64, usize);

/// All items of two iterators that are in order, in order.
fn merge<A, B>(mut a: Peekable<A>, mut b: Peekable<B>) -> impl Iterator<Item = Distance>
where
    A: Iterator<Item = Distance>,
    B: Iterator<Item = Distance>,
{
    from_fn(move || match (a.peek(), b.peek()) {
        (Some(x), Some(y)) if x < y => a.next(),
        (_, Some(_)) => b.next(),
        (_, None) => a.next(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(line: &Line, query: f64) -> Vec<usize> {
        line.nearest(query).map(|(_, row)| row).collect()
    }

    #[test]
    fn neighbours_are_ordered_by_distance_then_by_row() {
        let line = Line::new([8.0, 2.0, 5.0, 8.0, 2.0]);
        assert_eq!(rows(&line, 5.0), [2, 0, 1, 3, 4]);
        assert_eq!(rows(&line, 0.0), [1, 4, 2, 0, 3]);
        assert_eq!(rows(&line, 9.0), [0, 3, 2, 1, 4]);
        let distances: Vec<f64> = line.nearest(4.0).map(|(distance, _)| distance).collect();
        assert_eq!(distances, [1.0, 2.0, 2.0, 4.0, 4.0]);
    }

    #[test]
    fn a_far_query_still_tells_costs_apart() {
        assert_eq!(rows(&Line::new([1.0, 2.0, 3.0]), 1e100), [2, 1, 0]);
    }

    #[test]
    fn the_two_zeros_are_one_cost() {
        assert_eq!(rows(&Line::new([0.0, -0.0, 0.0]), 1.0), [0, 1, 2]);
    }

    #[test]
    fn neighbours_turn_halfway_between_the_one_that_goes_and_the_one_that_comes() {
        let line = Line::new([0.0, 10.0, 20.0, 40.0]);
        assert_eq!(line.turning_points(2).collect::<Vec<_>>(), [10.0, 25.0]);
        assert_eq!(line.turning_points(4).count(), 0);
    }
}
