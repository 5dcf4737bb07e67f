//! Compares distances such that those which are equal compare equal.

use std::cmp::Ordering;

use ndarray::ArrayView1;

/// Compares the distances of `a` and `b` from `query`, costs of one attack, without rounding.
pub(super) fn compare_on_line(query: f64, a: f64, b: f64) -> Ordering {
    match (a < query, b < query) {
        (true, true) => order(b, a),
        (false, false) => order(a, b),
        (true, false) => compare_sum(a, b, query).reverse(),
        (false, true) => compare_sum(a, b, query),
    }
}

/// Compares `a + b` with twice the query: equal if the query is halfway between. What rounding takes off
/// the sum decides where the rounded one is equal (Knuth's two-sum).
pub(super) fn compare_sum(a: f64, b: f64, query: f64) -> Ordering {
    let sum = a + b;
    let of_b = sum - a;
    let rounded_off = (a - (sum - of_b)) + (b - of_b);
    order(sum, 2.0 * query).then(order(rounded_off, 0.0))
}

/// No cost is NaN, and the two zeros are one cost.
fn order(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

/// The squared distance of two points. Squares are added in their own order, so that it does not matter in
/// which attacks the differences lie; for whole numbers with squares up to 2^53 it is exact.
pub(super) fn squared(a: ArrayView1<f64>, b: ArrayView1<f64>, squares: &mut Vec<f64>) -> f64 {
    squares.clear();
    squares.extend(a.iter().zip(b).map(|(a, b)| (a - b).powi(2)));
    squares.sort_by(f64::total_cmp);
    squares.iter().sum()
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_far_query_still_tells_costs_apart() {
        assert_eq!(compare_on_line(1e100, 1.0, 2.0), Ordering::Greater);
        assert_eq!(compare_on_line(0.0, 1e100, 1e100_f64.next_down()), Ordering::Greater);
    }

    #[test]
    fn what_rounding_takes_off_a_sum_decides() {
        // 2^53 + 1 is rounded to 2^53, which is twice the query.
        let (large, query) = (2.0_f64.powi(53), 2.0_f64.powi(52));
        assert_eq!(compare_on_line(query, 0.0, large), Ordering::Equal);
        assert_eq!(compare_on_line(query, 1.0, large), Ordering::Less);
        assert_eq!(compare_on_line(query, large, 1.0), Ordering::Greater);
    }

    #[test]
    fn zeros_of_either_sign_are_one_cost() {
        assert_eq!(compare_on_line(0.0, 0.0, -0.0), Ordering::Equal);
        assert_eq!(compare_on_line(-0.0, -0.0, 0.0), Ordering::Equal);
        assert_eq!(compare_on_line(3.0, 0.0, -0.0), Ordering::Equal);
    }

    #[test]
    fn differences_may_lie_in_any_attack() {
        let query = array![0.0, 0.0, 0.0];
        let from = |costs: [f64; 3]| {
            squared(query.view(), array![costs[0], costs[1], costs[2]].view(), &mut vec![])
        };
        assert_eq!(from([0.1, 0.2, 0.3]), from([0.3, 0.1, 0.2]));
        assert_eq!(from([0.1, 0.2, 0.3]), from([0.3, 0.2, 0.1]));
    }

    proptest! {
        #[test]
        fn whole_costs_are_compared_as_whole_numbers(
            query in 0..1_i64 << 53, a in 0..1_i64 << 53, b in 0..1_i64 << 53,
        ) {
            let found = compare_on_line(query as f64, a as f64, b as f64);
            prop_assert_eq!(found, (a - query).abs().cmp(&(b - query).abs()));
        }
    }
}
