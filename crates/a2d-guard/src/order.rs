//! Which attack comes first.

use a2d_attacks::NamedAttack;
use a2d_detect::{Detector, Foresee as _, Unit};

/// The attacks by the queries that they are expected to take, the cheapest first: the rest of them may not
/// be needed.
pub(crate) fn cheapest_first(
    defenses: &[NamedAttack],
    detector: &Detector,
    unit: Unit,
) -> Vec<usize> {
    let costs = detector.benign_costs();
    let expected = |attack: &usize| match unit {
        Unit::Iterations => defenses[*attack].queries(costs[*attack]),
        _ => costs[*attack],
    };
    let mut order: Vec<usize> = (0..defenses.len()).collect();
    order.sort_by(|a, b| expected(a).total_cmp(&expected(b)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use a2d_attacks::{DEFENSES, Preset};
    use a2d_detect::ndarray::Array2;
    use a2d_detect::{DatasetBase, Fit as _, ZScore};

    #[test]
    fn the_attack_of_the_fewest_queries_comes_first() {
        let benign = |costs: [usize; 3]| {
            Array2::from_shape_fn((40, 3), |(row, attack)| (costs[attack] + row) as f64)
        };
        let order = |names: [&str; 3], costs, unit| {
            let defenses = names.map(|name| DEFENSES.named(name, Preset::MNIST).unwrap());
            let detector = ZScore::params(1).fit(&DatasetBase::from(benign(costs))).unwrap();
            cheapest_first(&defenses, &detector.into(), unit)
        };
        let names = ["lsa", "bim2", "jsma"];
        assert_eq!(order(names, [10, 120, 90], Unit::Iterations), [2, 1, 0]);
        assert_eq!(order(names, [10, 120, 90], Unit::ForwardQueries), [0, 2, 1]);
        // Strides take few queries for their steps, and a first-order distance the same whatever it is.
        let names = ["bim", "bim-turbo", "bim-linear"];
        assert_eq!(order(names, [100, 110, 200], Unit::Iterations), [2, 1, 0]);
    }
}
