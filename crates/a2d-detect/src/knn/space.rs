//! The costs of several attacks as points, in which an index finds the neighbours of others.

use linfa_nn::distance::L2Dist;
use linfa_nn::{CommonNearestNeighbour, NearestNeighbour, NearestNeighbourIndex};
use ndarray::{Array2, ArrayView1, ArrayView2};

use super::distance::squared;
use super::distinct::distinct;
use super::neighbourhood::{ClassCounts, Neighbourhood};
use crate::{Error, Result};

/// Queries from which on it pays to build a tree rather than to search every point (measured with 2,000
/// samples of 4 costs: a tree takes as long as ten searches).
const TREE_PAYS: usize = 16;

/// The samples, those of equal costs taken together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Space {
    /// Points x attacks, in row-major order, as the trees want it.
    points: Array2<f64>,
    /// The samples at each point.
    counts: Vec<ClassCounts>,
}

impl Space {
    pub(super) fn new(costs: ArrayView2<f64>, adversarial: &[bool]) -> Self {
        let (points, places) = distinct(costs);
        let mut counts = vec![ClassCounts::default(); points.nrows()];
        for (place, &adversarial) in places.into_iter().zip(adversarial) {
            counts[place] = counts[place] + ClassCounts::one(adversarial);
        }
        Self { points, counts }
    }

    /// The points and the samples at each.
    pub(super) fn points(&self) -> impl Iterator<Item = (ArrayView1<'_, f64>, ClassCounts)> {
        self.points.rows().into_iter().zip(self.counts.iter().copied())
    }

    /// Prepares for this number of queries.
    pub(super) fn search(&self, queries: usize) -> Result<Search<'_>> {
        let tree = (queries >= TREE_PAYS).then_some(&CommonNearestNeighbour::KdTree);
        self.search_by(tree)
    }

    fn search_by(&self, kind: Option<&CommonNearestNeighbour>) -> Result<Search<'_>> {
        let index = kind.map(|kind| kind.from_batch(&self.points, L2Dist)).transpose();
        Ok(Search { space: self, index: index.map_err(Error::search)? })
    }
}

/// Finds the samples near queries.
pub(super) struct Search<'a> {
    space: &'a Space,
    /// Without one, every point is looked at.
    index: Option<Box<dyn NearestNeighbourIndex<f64> + Send + Sync + 'a>>,
}

impl Search<'_> {
    /// The samples that have a part in `k` votes on a query. The query is contiguous.
    pub(super) fn neighbourhood(&self, query: ArrayView1<f64>, k: usize) -> Result<Neighbourhood> {
        let near = match &self.index {
            None => self.by_distance(query, 0..self.space.counts.len()),
            Some(index) => self.around(&**index, query, k)?,
        };
        Ok(self.vote(&near, k).0)
    }

    /// Which of several equally far points an index returns depends on its structure, and it rounds. So it
    /// only says about how far the k-th sample is; all up to a little beyond are ordered here.
    fn around(
        &self,
        index: &dyn NearestNeighbourIndex<f64>,
        query: ArrayView1<f64>,
        k: usize,
    ) -> Result<Vec<(f64, usize)>> {
        let most = k.min(self.space.counts.len());
        let nearest = index.k_nearest(query, most).map_err(Error::search)?;
        let nearest = self.by_distance(query, nearest.into_iter().map(|(_, point)| point));
        let reach = self.vote(&nearest, k).1.sqrt() * (1.0 + 1e-9) + f64::MIN_POSITIVE.sqrt();
        let within = index.within_range(query, reach).map_err(Error::search)?;
        Ok(self.by_distance(query, within.into_iter().map(|(_, point)| point)))
    }

    /// Squared distances of points, the nearest first.
    fn by_distance(
        &self,
        query: ArrayView1<f64>,
        points: impl Iterator<Item = usize>,
    ) -> Vec<(f64, usize)> {
        let mut squares = Vec::with_capacity(query.len());
        let mut near: Vec<_> = points
            .map(|point| (squared(query, self.space.points.row(point), &mut squares), point))
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        near
    }

    /// The samples that have a part in `k` votes among those at points in order, and the squared distance
    /// of the k-th.
    fn vote(&self, near: &[(f64, usize)], k: usize) -> (Neighbourhood, f64) {
        let mut found = (Neighbourhood::default(), 0.0);
        for equally_far in near.chunk_by(|a, b| a.0 >= b.0) {
            let nearer = found.0.nearer + found.0.tied;
            if nearer.total() >= k {
                break;
            }
            let tied = equally_far.iter().map(|&(_, point)| self.space.counts[point]).sum();
            found = (Neighbourhood { nearer, tied }, equally_far[0].0);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Samples in odd rows are adversarial.
    fn space(costs: &Array2<f64>) -> Space {
        let adversarial: Vec<bool> = (0..costs.nrows()).map(|row| row % 2 == 1).collect();
        Space::new(costs.view(), &adversarial)
    }

    /// The specification, word for word.
    fn brute_force(costs: &Array2<f64>, query: &[f64], k: usize) -> Neighbourhood {
        let distance = |row: usize| {
            let differences = costs.row(row).into_iter().zip(query).map(|(a, b)| a - b);
            differences.map(|d| d * d).sum::<f64>()
        };
        let mut distances: Vec<f64> = (0..costs.nrows()).map(distance).collect();
        distances.sort_by(f64::total_cmp);
        let of = |is: fn(&f64, &f64) -> bool| {
            let rows = (0..costs.nrows()).filter(|&row| is(&distance(row), &distances[k - 1]));
            rows.map(|row| ClassCounts::one(row % 2 == 1)).sum()
        };
        Neighbourhood { nearer: of(|a, b| a < b), tied: of(|a, b| a == b) }
    }

    const KINDS: [Option<&CommonNearestNeighbour>; 4] = [
        None,
        Some(&CommonNearestNeighbour::LinearSearch),
        Some(&CommonNearestNeighbour::KdTree),
        Some(&CommonNearestNeighbour::BallTree),
    ];

    proptest! {
        #[test]
        fn every_index_gives_the_neighbourhood_of_the_specification(
            rows in prop::collection::vec(prop::array::uniform3(0_u8..6), 2..120),
            query in prop::array::uniform3(0_u8..6), k in 1_usize..60,
        ) {
            let costs = Array2::from_shape_fn((rows.len(), 3), |(row, column)| f64::from(rows[row][column]));
            let (query, k) = (query.map(f64::from), k.min(rows.len()));
            let space = space(&costs);
            for kind in KINDS {
                let found = space.search_by(kind).unwrap().neighbourhood((&query[..]).into(), k).unwrap();
                prop_assert_eq!(found, brute_force(&costs, &query, k), "{:?}", kind);
            }
        }

        #[test]
        fn extremes_get_k_neighbours(
            costs in prop::collection::vec(prop::array::uniform2(0.0..=crate::MAX_COST), 2..50),
            query in prop::array::uniform2(0.0..=crate::MAX_COST),
        ) {
            let costs = Array2::from_shape_fn((costs.len(), 2), |(row, column)| costs[row][column]);
            let space = space(&costs);
            for kind in KINDS {
                let found = space.search_by(kind).unwrap().neighbourhood((&query[..]).into(), 2).unwrap();
                prop_assert_eq!(found, brute_force(&costs, &query, 2), "{:?}", kind);
            }
        }
    }
}
