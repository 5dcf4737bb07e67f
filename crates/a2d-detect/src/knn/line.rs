//! The costs of one attack in order, in which the neighbours of a cost are in a row.

use std::cmp::Ordering;
use std::ops::Range;

use super::distance::{compare_on_line, compare_sum};
use super::neighbourhood::{ClassCounts, Neighbourhood};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// In ascending order.
    costs: Vec<f64>,
    /// How many of the first `i` costs are of adversarial samples, for `i` from 0 to all of them.
    adversarial: Vec<usize>,
}

impl Line {
    pub(super) fn new(costs: impl Iterator<Item = f64>, adversarial: &[bool]) -> Self {
        let mut samples: Vec<(f64, bool)> = costs.zip(adversarial.iter().copied()).collect();
        samples.sort_by(|a, b| a.0.total_cmp(&b.0));
        let counts = samples.iter().scan(0, |count, (_, adversarial)| {
            *count += usize::from(*adversarial);
            Some(*count)
        });
        Self {
            adversarial: std::iter::once(0).chain(counts).collect(),
            costs: samples.iter().map(|(cost, _)| *cost).collect(),
        }
    }

    /// The samples that have a part in `k` votes on this cost, found by halving: `k` costs in a row are
    /// nearest, and the first or the last of them is the farthest.
    pub(super) fn neighbourhood(&self, query: f64, k: usize) -> Neighbourhood {
        let costs = &self.costs;
        // The first of the costs makes way for the one behind the last as long as it is farther.
        let first = first_without(costs.len() - k, |first| {
            compare_sum(costs[first], costs[first + k], query) == Ordering::Less
        });
        let (lowest, highest) = (costs[first], costs[first + k - 1]);
        let farthest = match compare_on_line(query, lowest, highest) {
            Ordering::Less => highest,
            _ => lowest,
        };
        let distance = |cost: &f64| compare_on_line(query, *cost, farthest);
        let (below, above) = costs.split_at(costs.partition_point(|cost| *cost < query));
        let tied_below = below.partition_point(|cost| distance(cost) == Ordering::Greater);
        let nearer = below.partition_point(|cost| distance(cost) != Ordering::Less);
        let tied_above = above.partition_point(|cost| distance(cost) == Ordering::Less);
        let beyond = above.partition_point(|cost| distance(cost) != Ordering::Greater);
        let (tied_above, beyond) = (below.len() + tied_above, below.len() + beyond);
        Neighbourhood {
            nearer: self.count(nearer..tied_above),
            tied: self.count(tied_below..nearer) + self.count(tied_above..beyond),
        }
    }

    /// Costs from `low` to `high` among which each neighbourhood that a cost within can have occurs.
    ///
    /// A neighbourhood lasts until a sample beyond it is as far as one within, halfway between two samples
    /// with `k - 1` others in between. Where the halfway point is no float, those around it are looked at.
    pub(super) fn representatives(
        &self,
        low: f64,
        high: f64,
        k: usize,
    ) -> impl Iterator<Item = f64> + '_ {
        let pairs = self.costs.iter().zip(self.costs.iter().skip(k));
        let turns = pairs.map(|(first, behind)| f64::midpoint(*first, *behind));
        let turns = turns.skip_while(move |turn| *turn <= low).take_while(move |turn| *turn < high);
        let mut at = low;
        let pieces = turns.chain([high]).filter_map(move |turn| {
            let from = std::mem::replace(&mut at, turn);
            (from < turn).then_some((from, turn))
        });
        let within = pieces.flat_map(|(from, to)| [from, from.next_up(), to.next_down()]);
        within.chain([high])
    }

    fn count(&self, range: Range<usize>) -> ClassCounts {
        let adversarial = self.adversarial[range.end] - self.adversarial[range.start];
        ClassCounts { benign: range.len() - adversarial, adversarial }
    }
}

/// The first of `count` places that does not have a property which only the first ones have.
fn first_without(count: usize, has_it: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = usize::midpoint(low, high);
        if has_it(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Adversarial samples are those in odd places.
    fn line(costs: &[f64]) -> Line {
        let adversarial: Vec<bool> = (0..costs.len()).map(|place| place % 2 == 1).collect();
        Line::new(costs.iter().copied(), &adversarial)
    }

    fn counts(costs: &[f64], query: f64, k: usize) -> [[usize; 2]; 2] {
        let Neighbourhood { nearer, tied } = line(costs).neighbourhood(query, k);
        [nearer, tied].map(|counts| [counts.benign, counts.adversarial])
    }

    #[test]
    fn samples_as_far_on_either_side_tie() {
        let costs = [2.0, 8.0, 5.0, 8.0, 2.0];
        assert_eq!(counts(&costs, 5.0, 1), [[0, 0], [1, 0]]);
        for k in 2..=5 {
            assert_eq!(counts(&costs, 5.0, k), [[1, 0], [2, 2]], "{k}");
        }
        assert_eq!(counts(&costs, 5.5, 2), [[1, 0], [0, 2]]);
        assert_eq!(counts(&costs, 0.0, 2), [[0, 0], [2, 0]]);
        assert_eq!(counts(&costs, 0.0, 3), [[2, 0], [1, 0]]);
        assert_eq!(counts(&costs, 99.0, 1), [[0, 0], [0, 2]]);
    }

    #[test]
    fn a_cost_of_many_samples_ties_with_itself() {
        assert_eq!(counts(&[7.0; 9], 7.0, 4), [[0, 0], [5, 4]]);
        assert_eq!(counts(&[7.0; 9], 3.0, 4), [[0, 0], [5, 4]]);
        assert_eq!(counts(&[0.0, -0.0, 0.0], 1.0, 1), [[0, 0], [2, 1]]);
    }

    #[test]
    fn halfway_points_and_what_is_around_them_represent_a_range() {
        let line = line(&[0.0, 10.0, 20.0, 40.0]);
        let found: Vec<f64> = line.representatives(5.0, 30.0, 2).collect();
        let around = |at: f64| [at.next_down(), at, at.next_up()];
        let [a, b] = [10.0, 25.0].map(around);
        let expected = [
            5.0,
            5.0_f64.next_up(),
            a[0],
            a[1],
            a[2],
            b[0],
            b[1],
            b[2],
            30.0_f64.next_down(),
            30.0,
        ];
        assert_eq!(found, expected);
        assert_eq!(line.representatives(3.0, 3.0, 4).collect::<Vec<_>>(), [3.0]);
    }

    proptest! {
        #[test]
        fn the_neighbourhood_is_that_of_sorting_by_distance(
            costs in prop::collection::vec((0_u8..40).prop_map(f64::from), 1..120),
            query in (0_u8..100).prop_map(|halves| f64::from(halves) / 2.0), k in 1_usize..60,
        ) {
            let k = k.min(costs.len());
            let mut distances: Vec<f64> = costs.iter().map(|cost| (cost - query).abs()).collect();
            distances.sort_by(f64::total_cmp);
            let of = |is: fn(&f64, &f64) -> bool| {
                let of = |odd: usize| {
                    let class = costs.iter().skip(odd).step_by(2).map(|cost| (cost - query).abs());
                    class.filter(|distance| is(distance, &distances[k - 1])).count()
                };
                [of(0), of(1)]
            };
            prop_assert_eq!(counts(&costs, query, k), [of(|a, b| a < b), of(|a, b| a == b)]);
        }
    }
}
