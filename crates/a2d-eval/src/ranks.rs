//! Ranks, where equal values share the average of theirs.

/// Ranks from 1 on of values in ascending order, where equal ones share the average of theirs.
pub(crate) fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    #[expect(clippy::float_cmp, reason = "ties are what is asked for")]
    for ties in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = below as f64 + (ties.len() + 1) as f64 / 2.0;
        for &place in ties {
            ranks[place] = rank;
        }
        below += ties.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // stats.rankdata([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5])  # scipy 1.17.1
    #[test]
    fn ranks_are_those_of_scipy() {
        let values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0];
        let expected = [4.5, 1.5, 6.0, 1.5, 8.0, 11.0, 3.0, 10.0, 8.0, 4.5, 8.0];
        assert_eq!(average_ranks(&values), expected);
    }

    #[test]
    fn zeros_of_either_sign_tie() {
        assert_eq!(average_ranks(&[0.0, 1.0, -0.0]), [1.5, 3.0, 1.5]);
    }

    proptest! {
        #[test]
        fn rank_counts_the_lower_and_half_of_the_equal(
            values in prop::collection::vec((-5_i8..5).prop_map(f64::from), 0..40)
        ) {
            let ranks = average_ranks(&values);
            for (value, rank) in values.iter().zip(ranks) {
                let lower = values.iter().filter(|other| *other < value).count() as f64;
                let equal = values.iter().filter(|other| *other == value).count() as f64;
                prop_assert_eq!(rank, lower + 0.5 + equal / 2.0);
            }
        }
    }
}
