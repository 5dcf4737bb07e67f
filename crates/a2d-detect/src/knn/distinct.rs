//! Rows of costs without repetition: counts repeat all the time.

use std::collections::HashMap;

use ndarray::{Array2, ArrayView2, Axis};

/// The different rows of a matrix, in the order of their first occurrence, and where each row is among
/// them.
pub(super) fn distinct(costs: ArrayView2<f64>) -> (Array2<f64>, Vec<usize>) {
    let mut places = HashMap::with_capacity(costs.nrows());
    let mut firsts = vec![];
    let of_rows = costs.rows().into_iter().enumerate().map(|(row, costs)| {
        // Zero is added to make 0 of -0, which has other bits.
        let bits: Vec<u64> = costs.iter().map(|cost| (cost + 0.0).to_bits()).collect();
        *places.entry(bits).or_insert_with(|| {
            firsts.push(row);
            firsts.len() - 1
        })
    });
    let of_rows = of_rows.collect();
    (costs.select(Axis(0), &firsts), of_rows)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn every_row_is_kept_once() {
        let (rows, places) =
            distinct(array![[1.0, 2.0], [0.0, 3.0], [1.0, 2.0], [-0.0, 3.0]].view());
        assert_eq!(rows, array![[1.0, 2.0], [0.0, 3.0]]);
        assert_eq!(places, [0, 1, 0, 1]);
    }
}
