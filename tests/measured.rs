//! Costs that we measure, to compare.

use a2d_attacks::{Defense, Error, Limits, Preset, measure, queries};
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
    let defense = Defense::named(defense, Preset::Mnist).unwrap();
    let limits = Limits { window, ..Limits::default() };
    let mut costs = vec![None; images.size()[0] as usize];
    measure(classifier, &defense, queries(images), limits, &mut |row, cost| {
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
