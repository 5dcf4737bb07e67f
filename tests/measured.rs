//! Costs that we measure on the reference network, to compare.

use a2d_attacks::{Defense, Error, Limits, Preset, measure, queries};
use a2d_model::Classifier;
use tch::Tensor;

use crate::oracle::classifier;

/// Iterations, and whether the label flipped, of a defense attack with the MNIST preset on each of
/// `images`.
pub(crate) fn costs(defense: &str, images: &Tensor, window: usize) -> Vec<(u32, bool)> {
    costs_of(&classifier(), defense, images, window)
}

/// The same on another network.
pub(crate) fn costs_of(
    classifier: &Classifier,
    defense: &str,
    images: &Tensor,
    window: usize,
) -> Vec<(u32, bool)> {
    let defense = Defense::named(defense, Preset::Mnist).unwrap();
    let limits = Limits { window, ..Limits::default() };
    let mut costs = vec![None; images.size()[0] as usize];
    measure(classifier, &defense, queries(images), limits, &mut |row, cost| {
        let cost = cost.unwrap();
        assert_eq!(
            costs[row].replace((cost.iterations, cost.flipped)),
            None,
            "row {row} came twice"
        );
        Ok::<(), Error>(())
    })
    .unwrap();
    costs.into_iter().map(|cost| cost.expect("every row has its cost")).collect()
}

/// How many pairs are the same. No cost may differ by more than an iteration.
pub(crate) fn same(ours: &[(u32, bool)], others: &[(u32, bool)]) -> usize {
    assert_eq!(ours.len(), others.len());
    for (row, (our, other)) in ours.iter().zip(others).enumerate() {
        assert!(our.0.abs_diff(other.0) <= 1, "row {row}: {our:?} and {other:?}");
    }
    ours.iter().zip(others).filter(|(our, other)| our == other).count()
}
