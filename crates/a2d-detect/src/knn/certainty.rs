//! Whether the neighbours of an input are of one mind before its costs are fully known.

use super::Knn;
use super::line::Line;
use crate::{Detect, Result};

/// By how much, relative to the distances, one sample must be nearer than another, so that rounding does
/// not turn their order.
const MARGIN: f64 = 1e-12;

impl Knn {
    /// The verdict on all costs from `low` to `high` of one attack, if they have one.
    ///
    /// Between two turning points the neighbours are the same, so it suffices to look at each point, where
    /// rows decide between samples equally far, and at one query on the way to the next.
    pub(super) fn certain_on_line(&self, line: &Line, (low, high): (f64, f64)) -> Option<bool> {
        let verdict = |query: f64| {
            let nearest = line.nearest(query).take(self.k);
            self.flags(nearest.filter(|&(_, row)| self.adversarial[row]).count())
        };
        let last = verdict(high);
        let mut at = low;
        let turns = line.turning_points(self.k).filter(|&turn| low < turn && turn < high);
        for turn in turns.chain([high]) {
            // The point itself is rounded, so its neighbours among the floats are looked at, too.
            let queries = [at, at.next_up(), f64::midpoint(at, turn), turn.next_down()];
            let within = |query: &f64| (at..=turn).contains(query);
            if queries.into_iter().filter(within).any(|query| verdict(query) != last) {
                return None;
            }
            at = turn;
        }
        Some(last)
    }

    /// The verdict on all costs of several attacks within these ranges, if it is found that they have one.
    ///
    /// The nearest samples are all of one class, but for those of the other that fewer than `k` samples
    /// are surely nearer than. Each of these could be among them at some costs, though perhaps never all at
    /// the same: that is why the verdict may be certain without being found so.
    pub(super) fn certain_in_space(&self, known: &[(f64, f64)]) -> Result<Option<bool>> {
        let lowest: Vec<f64> = known.iter().map(|range| range.0).collect();
        let highest: Vec<f64> = known.iter().map(|range| range.1).collect();
        let verdict = self.verdict(&lowest)?.adversarial;
        if lowest == highest {
            return Ok(Some(verdict));
        }
        if self.verdict(&highest)?.adversarial != verdict {
            return Ok(None);
        }
        let others = (0..self.adversarial.len())
            .filter(|&row| self.adversarial[row] != verdict && self.may_be_near(row, known));
        let others = others.take(self.k).count();
        let adversarial = if verdict { self.k - others } else { others };
        Ok((self.flags(adversarial) == verdict).then_some(verdict))
    }

    /// True unless at all costs within the ranges `k` samples are nearer than the one in this row.
    fn may_be_near(&self, row: usize, known: &[(f64, f64)]) -> bool {
        let nearer = (0..self.adversarial.len()).filter(|&other| self.is_nearer(other, row, known));
        nearer.take(self.k).count() < self.k
    }

    /// True if the sample in row `a` is nearer than that in row `b` at all costs within the ranges.
    ///
    /// The difference of their squared distances is a sum over attacks, each term of which grows towards
    /// one end of its range, or with the margin towards both: the largest sum is that of the largest ends.
    fn is_nearer(&self, a: usize, b: usize, known: &[(f64, f64)]) -> bool {
        let pairs = self.costs.row(a).into_iter().zip(self.costs.row(b)).zip(known);
        let largest = pairs.map(|((a, b), &(low, high))| {
            let difference =
                |c: f64| (1.0 + MARGIN) * (a - c).powi(2) - (1.0 - MARGIN) * (b - c).powi(2);
            difference(low).max(difference(high))
        });
        largest.sum::<f64>() < 0.0
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    use super::*;

    fn knn(k: usize, threshold: f64, costs: Array2<f64>, labels: &[bool]) -> Knn {
        Knn::new(k, threshold, costs, labels.to_vec()).unwrap()
    }

    #[test]
    fn low_costs_are_outgrown() {
        let costs = array![[1.0], [2.0], [3.0], [50.0], [60.0], [70.0]];
        let knn = knn(3, 0.5, costs, &[true, true, true, false, false, false]);
        let certain = |low: f64, high: f64| knn.certain(&[low..=high]).unwrap();
        assert_eq!(certain(0.0, 20.0), Some(true));
        assert_eq!(certain(0.0, f64::INFINITY), None);
        // Two of 2, 3 and 50 are adversarial as long as 2 is no further than 60.
        assert_eq!(certain(0.0, 31.0), Some(true));
        assert_eq!(certain(31.0, f64::INFINITY), None);
        assert_eq!(certain(31.1, f64::INFINITY), Some(false));
    }

    #[test]
    fn high_costs_of_one_attack_outweigh_the_other() {
        let costs = array![[1.0, 1.0], [3.0, 2.0], [90.0, 50.0], [80.0, 60.0]];
        let knn = knn(1, 0.5, costs, &[true, true, false, false]);
        assert_eq!(knn.certain(&[100.0..=500.0, 0.0..=500.0]).unwrap(), Some(false));
        assert_eq!(knn.certain(&[10.0..=500.0, 0.0..=500.0]).unwrap(), None);
        assert_eq!(knn.certain(&[0.0..=5.0, 0.0..=5.0]).unwrap(), Some(true));
    }

    /// Samples of which one is benign and another adversarial.
    fn labels(mut labels: Vec<bool>) -> Vec<bool> {
        (labels[0], labels[1]) = (true, false);
        labels
    }

    proptest! {
        /// Exact: the answer is that of trying every quarter, which includes all turning points.
        #[test]
        fn on_a_line_the_answer_is_that_of_trying_all_costs(
            samples in prop::collection::vec((0_u8..30, any::<bool>()), 2..40), k in 1_usize..20,
            threshold in 0.0..1.0, low in 0_u16..40, more in 0_u16..40,
        ) {
            let (costs, classes): (Vec<u8>, Vec<bool>) = samples.into_iter().unzip();
            let (n, k) = (costs.len(), k.min(costs.len()));
            let costs = Array2::from_shape_fn((n, 1), |(row, _)| f64::from(costs[row]));
            let knn = knn(k, threshold, costs, &labels(classes));
            let all = (4 * low..=4 * (low + more)).map(|quarters| f64::from(quarters) / 4.0);
            let verdicts: Vec<bool> =
                all.map(|cost| knn.verdict(&[cost]).unwrap().adversarial).collect();
            let one = verdicts.iter().all(|&v| v == verdicts[0]).then_some(verdicts[0]);
            let range = f64::from(low)..=f64::from(low + more);
            prop_assert_eq!(knn.certain(&[range]).unwrap(), one);
        }

        #[test]
        fn in_space_an_answer_is_that_of_all_costs(
            samples in prop::collection::vec((prop::array::uniform2(0_u8..40), any::<bool>()), 2..40),
            k in 1_usize..6, threshold in 0.0..1.0, low in prop::array::uniform2(0_u8..50),
            more in prop::array::uniform2(0_u8..6),
        ) {
            let (costs, classes): (Vec<[u8; 2]>, Vec<bool>) = samples.into_iter().unzip();
            let (n, k) = (costs.len(), k.min(costs.len()));
            let costs = Array2::from_shape_fn((n, 2), |(row, column)| f64::from(costs[row][column]));
            let knn = knn(k, threshold, costs, &labels(classes));
            let known = [0, 1].map(|i| f64::from(low[i])..=f64::from(low[i]) + f64::from(more[i]));
            if let Some(certain) = knn.certain(&known).unwrap() {
                for a in 0..=2 * more[0] {
                    for b in 0..=2 * more[1] {
                        let costs = [a, b].map(|halves| f64::from(halves) / 2.0);
                        let costs = [known[0].start() + costs[0], known[1].start() + costs[1]];
                        prop_assert_eq!(knn.verdict(&costs).unwrap().adversarial, certain);
                    }
                }
            }
        }
    }
}
