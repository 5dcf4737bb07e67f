//! The neighbours that an explanation names.

use std::cmp::Ordering;

use ndarray::ArrayView1;

use super::Knn;
use super::distance::{compare_on_line, squared};
use super::neighbourhood::Neighbourhood;
use crate::Neighbour;

/// How many samples nearer than the k-th are named.
const NEARER: usize = 100;

/// How many samples of each class that are as far as the k-th are named.
const TIED: usize = 50;

impl Knn {
    /// The first neighbours of an input by distance, then by row.
    pub(super) fn named(
        &self,
        query: ArrayView1<f64>,
        neighbourhood: Neighbourhood,
    ) -> Vec<Neighbour> {
        let mut squares = vec![];
        let squared: Vec<f64> =
            self.costs.rows().into_iter().map(|row| squared(query, row, &mut squares)).collect();
        let compare = |a: usize, b: usize| -> Ordering {
            if self.costs.ncols() == 1 {
                compare_on_line(query[0], self.costs[[a, 0]], self.costs[[b, 0]])
            } else {
                squared[a].total_cmp(&squared[b])
            }
        };
        let mut rows: Vec<usize> = (0..self.costs.nrows()).collect();
        rows.sort_by(|&a, &b| compare(a, b));
        let neighbour = |weight| {
            let squared = &squared;
            move |&row: &usize| {
                let adversarial = self.adversarial[row];
                Neighbour { row, distance: squared[row].sqrt(), adversarial, weight }
            }
        };
        let (nearer, others) = rows.split_at(neighbourhood.nearer.total());
        let tied = &others[..neighbourhood.tied.total()];
        let mut left = [TIED; 2];
        let some_of_each = tied.iter().filter(|&&row| {
            let left = &mut left[usize::from(self.adversarial[row])];
            let named = *left > 0;
            *left = left.saturating_sub(1);
            named
        });
        let weight = neighbourhood.weight(self.k);
        let nearer = nearer.iter().take(NEARER).map(neighbour(1.0));
        nearer.chain(some_of_each.map(neighbour(weight))).collect()
    }
}
