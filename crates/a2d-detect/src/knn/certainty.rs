//! Whether the neighbours of an input are of one mind before its costs are fully known.

use ndarray::ArrayView1;

use super::Knn;
use super::line::Line;
use super::neighbourhood::ClassCounts;
use super::space::Space;
use crate::{Detect, Result};

/// By how much, relative to the distances, one sample must be nearer than another, so that rounding does
/// not turn their order.
const MARGIN: f64 = 1e-12;

impl Knn {
    /// The verdict on all costs from `low` to `high` of one attack, if they have one.
    pub(super) fn certain_on_line(&self, line: &Line, (low, high): (f64, f64)) -> Option<bool> {
        let verdict = |query: f64| self.flags(line.neighbourhood(query, self.k).share(self.k));
        let last = verdict(high);
        let mut queries = line.representatives(low, high, self.k);
        queries.all(|query| verdict(query) == last).then_some(last)
    }

    /// The least share of adversarial votes at costs from `low` to `high` of one attack.
    pub(super) fn least_share_on_line(&self, line: &Line, (low, high): (f64, f64)) -> f64 {
        let queries = line.representatives(low, high, self.k);
        queries.map(|query| line.neighbourhood(query, self.k).share(self.k)).fold(1.0, f64::min)
    }

    /// The verdict on all costs of several attacks within these ranges, if it is found that they have one.
    pub(super) fn certain_in_space(
        &self,
        space: &Space,
        known: &[(f64, f64)],
    ) -> Result<Option<bool>> {
        let lowest: Vec<f64> = known.iter().map(|range| range.0).collect();
        let highest: Vec<f64> = known.iter().map(|range| range.1).collect();
        let verdict = self.verdict(&lowest)?.adversarial;
        if lowest == highest {
            return Ok(Some(verdict));
        }
        if self.verdict(&highest)?.adversarial != verdict {
            return Ok(None);
        }
        let bound = if verdict {
            self.least_share(space, known)
        } else {
            self.share(self.most_votes(space, known, |counts| counts.adversarial))
        };
        Ok((self.flags(bound) == verdict).then_some(verdict))
    }

    /// A share of adversarial votes that no costs of several attacks within these ranges have less of.
    pub(super) fn least_share_in_space(&self, space: &Space, known: &[(f64, f64)]) -> Result<f64> {
        if known.iter().all(|(low, high)| low >= high) {
            let exact: Vec<f64> = known.iter().map(|range| range.0).collect();
            return Ok(self.verdict(&exact)?.score);
        }
        Ok(self.least_share(space, known))
    }

    fn least_share(&self, space: &Space, known: &[(f64, f64)]) -> f64 {
        self.share(self.k - self.most_votes(space, known, |counts| counts.benign))
    }

    fn share(&self, votes: usize) -> f64 {
        votes as f64 / self.k as f64
    }

    /// A number of votes that samples of a class have no more of at any costs within these ranges.
    ///
    /// A sample has a part in the votes, at most a whole one, unless `k` samples are nearer. Each sample that
    /// may have one could have it at some costs, though perhaps never all at the same: that is why a verdict
    /// may be certain without being found so.
    fn most_votes(
        &self,
        space: &Space,
        known: &[(f64, f64)],
        of_class: impl Fn(ClassCounts) -> usize,
    ) -> usize {
        let points = space.points().filter(|(_, counts)| of_class(*counts) > 0);
        let near = points.filter(|(point, _)| self.may_be_near(space, *point, known));
        self.up_to_k(near.map(|(_, counts)| of_class(counts)))
    }

    /// True unless at all costs within the ranges `k` samples are nearer than those at this point.
    fn may_be_near(&self, space: &Space, point: ArrayView1<f64>, known: &[(f64, f64)]) -> bool {
        let nearer = space.points().filter(|(other, _)| is_nearer(*other, point, known));
        self.up_to_k(nearer.map(|(_, counts)| counts.total())) < self.k
    }

    /// The sum of these numbers, but no more than `k`, from where on none is looked at.
    fn up_to_k(&self, mut numbers: impl Iterator<Item = usize>) -> usize {
        let mut sum = 0;
        while sum < self.k
            && let Some(number) = numbers.next()
        {
            sum += number;
        }
        sum.min(self.k)
    }
}

/// True if samples at `a` are nearer than those at `b` at all costs within the ranges.
///
/// The difference of their squared distances is a sum over attacks, each term of which grows towards one
/// end of its range, or with the margin towards both: the largest sum is that of the largest ends.
fn is_nearer(a: ArrayView1<f64>, b: ArrayView1<f64>, known: &[(f64, f64)]) -> bool {
    let pairs = a.into_iter().zip(b).zip(known);
    let largest = pairs.map(|((a, b), &(low, high))| {
        let difference =
            |c: f64| (1.0 + MARGIN) * (a - c).powi(2) - (1.0 - MARGIN) * (b - c).powi(2);
        difference(low).max(difference(high))
    });
    largest.sum::<f64>() < 0.0
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    use super::*;
    use crate::{Foresee, Numbers};

    fn knn(k: usize, threshold: f64, costs: Array2<f64>, labels: &[bool]) -> Knn {
        Knn::new(k, threshold, Numbers::Costs, costs, labels.to_vec()).unwrap()
    }

    #[test]
    fn low_costs_are_outgrown() {
        let costs = array![[1.0], [2.0], [3.0], [50.0], [60.0], [70.0]];
        let knn = knn(3, 0.5, costs, &[true, true, true, false, false, false]);
        let certain = |low: f64, high: f64| knn.certain(&[low..=high]).unwrap();
        assert_eq!(certain(0.0, 20.0), Some(true));
        assert_eq!(certain(0.0, f64::INFINITY), None);
        // Two of 2, 3 and 50 are adversarial as long as 2 is nearer than 60.
        assert_eq!(certain(0.0, 31.0_f64.next_down()), Some(true));
        // At 31 both are as far and share a vote: one and a half of three is benign.
        assert_eq!(certain(0.0, 31.0), None);
        assert_eq!(certain(31.0, f64::INFINITY), Some(false));
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
