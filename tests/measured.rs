//! Costs that we measure, to compare.

use a2d_attacks::{DEFENSES, Error, Limits, Preset, Query, measure};
use a2d_cost::AttackCost;
use a2d_model::Classifier;
use tch::Tensor;

/// The costs of a defense attack with the MNIST preset on each of `images`.
pub(crate) fn costs(
    classifier: &Classifier,
    defense: &str,
    images: &Tensor,
    window: usize,
) -> Vec<AttackCost> {
    let order: Vec<usize> = (0..images.size()[0] as usize).collect();
    costs_in_order(classifier, defense, images, &order, window)
}

/// The same, the images attacked in this order; each keeps its number, and so its random stream.
pub(crate) fn costs_in_order(
    classifier: &Classifier,
    defense: &str,
    images: &Tensor,
    order: &[usize],
    window: usize,
) -> Vec<AttackCost> {
    let defense = DEFENSES.named(defense, Preset::MNIST).unwrap();
    let limits = Limits { window, ..Limits::default() };
    let mut costs = vec![None; order.len()];
    let queries = order.iter().map(|row| Ok(Query::new(*row, images.get(*row as i64))));
    measure(classifier, &defense, queries, limits, &mut |row, cost| {
        assert_eq!(costs[row].replace(cost.unwrap()), None, "row {row} came twice");
        Ok::<(), Error>(())
    })
    .unwrap();
    costs.into_iter().map(|cost| cost.expect("every row has its cost")).collect()
}

/// Iterations, and whether the label flipped.
pub(crate) fn outcomes(costs: &[AttackCost]) -> Vec<(u32, bool)> {
    costs.iter().map(|cost| (cost.iterations, cost.flipped)).collect()
}
