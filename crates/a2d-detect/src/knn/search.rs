use linfa_nn::distance::{Distance, L2Dist};
use linfa_nn::{CommonNearestNeighbour, NearestNeighbour, NearestNeighbourIndex};
use ndarray::{Array2, ArrayView1};

use super::line::Line;
use crate::{Error, Result};

/// Queries from which on it pays to build a tree rather than to search every row (measured with 2,000
/// samples of 4 costs: a tree takes as long as ten searches).
const TREE_PAYS: usize = 16;

/// Finds the samples nearest to queries.
pub(super) enum Search<'a> {
    /// Of one attack.
    Line(&'a Line),
    /// Of several.
    Space(Box<dyn NearestNeighbourIndex<f64> + Send + Sync + 'a>),
}

impl<'a> Search<'a> {
    /// Prepares for this number of queries in the space of several attacks.
    pub(super) fn in_space(costs: &'a Array2<f64>, queries: usize) -> Result<Self> {
        Self::by(
            costs,
            if queries < TREE_PAYS {
                &CommonNearestNeighbour::LinearSearch
            } else {
                &CommonNearestNeighbour::KdTree
            },
        )
    }

    fn by(costs: &'a Array2<f64>, kind: &CommonNearestNeighbour) -> Result<Self> {
        kind.from_batch(costs, L2Dist).map(Self::Space).map_err(Error::search)
    }

    /// Distances and rows of the `k` nearest samples, the nearest first, then the first row. The query is
    /// contiguous.
    pub(super) fn nearest(&self, query: ArrayView1<f64>, k: usize) -> Result<Vec<(f64, usize)>> {
        match self {
            Self::Line(line) => Ok(line.nearest(query[0]).take(k).collect()),
            Self::Space(index) => nearest_in_space(&**index, query, k),
        }
    }
}

/// Which of several equally far samples an index returns depends on its structure. So it only says how far
/// the last one is; all up to a little beyond are ordered here.
fn nearest_in_space(
    index: &dyn NearestNeighbourIndex<f64>,
    query: ArrayView1<f64>,
    k: usize,
) -> Result<Vec<(f64, usize)>> {
    let neighbours = index.k_nearest(query, k).map_err(Error::search)?;
    let distances = neighbours.iter().map(|(point, _)| L2Dist.distance(query, point.view()));
    let reach = distances.fold(0.0, f64::max) * (1.0 + 1e-9) + f64::MIN_POSITIVE.sqrt();
    let within = index.within_range(query, reach).map_err(Error::search)?;
    let mut nearest: Vec<(f64, usize)> =
        within.into_iter().map(|(point, row)| (L2Dist.rdistance(query, point), row)).collect();
    nearest.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    nearest.truncate(k);
    Ok(nearest.into_iter().map(|(squared, row)| (squared.sqrt(), row)).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The specification, word for word.
    fn brute_force(costs: &Array2<f64>, query: &[f64], k: usize) -> Vec<usize> {
        let squared = |row: usize| {
            let differences = costs.row(row).into_iter().zip(query).map(|(a, b)| a - b);
            differences.map(|d| d * d).sum::<f64>()
        };
        let mut rows: Vec<usize> = (0..costs.nrows()).collect();
        rows.sort_by(|&a, &b| squared(a).total_cmp(&squared(b)).then(a.cmp(&b)));
        rows.truncate(k);
        rows
    }

    fn rows(search: &Search<'_>, query: &[f64], k: usize) -> Vec<usize> {
        let nearest = search.nearest(query.into(), k).unwrap();
        nearest.into_iter().map(|(_, row)| row).collect()
    }

    proptest! {
        #[test]
        fn every_index_gives_the_neighbours_of_the_specification(
            rows_of_costs in prop::collection::vec(prop::array::uniform3(0_u8..6), 2..120),
            query in prop::array::uniform3(0_u8..6), k in 1_usize..60,
        ) {
            let samples = rows_of_costs.len();
            let costs = Array2::from_shape_fn((samples, 3), |(r, c)| f64::from(rows_of_costs[r][c]));
            let (query, k) = (query.map(f64::from), k.min(samples));
            for kind in [
                CommonNearestNeighbour::LinearSearch,
                CommonNearestNeighbour::KdTree,
                CommonNearestNeighbour::BallTree,
            ] {
                let search = Search::by(&costs, &kind).unwrap();
                prop_assert_eq!(rows(&search, &query, k), brute_force(&costs, &query, k), "{:?}", kind);
            }
        }

        #[test]
        fn a_line_gives_the_neighbours_of_the_specification(
            costs in prop::collection::vec((0_u8..40).prop_map(f64::from), 1..120),
            query in (0_u8..50).prop_map(f64::from), k in 1_usize..60,
        ) {
            let line = Line::new(costs.iter().copied());
            let column = Array2::from_shape_vec((costs.len(), 1), costs).unwrap();
            let found = rows(&Search::Line(&line), &[query], k);
            prop_assert_eq!(found, brute_force(&column, &[query], k));
        }

        #[test]
        fn extremes_get_k_neighbours(
            costs in prop::collection::vec(prop::array::uniform2(0.0..=crate::MAX_COST), 2..50),
            query in prop::array::uniform2(0.0..=crate::MAX_COST),
        ) {
            let costs = Array2::from_shape_fn((costs.len(), 2), |(row, column)| costs[row][column]);
            let search = Search::by(&costs, &CommonNearestNeighbour::KdTree).unwrap();
            prop_assert_eq!(rows(&search, &query, 2), brute_force(&costs, &query, 2));
        }
    }
}
