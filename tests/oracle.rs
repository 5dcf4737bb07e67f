//! The network, inputs and costs of the reference implementation: `fixtures/oracle/README.md`.

use std::path::{Path, PathBuf};

use a2d_attacks::{Defense, Error, Limits, Preset, measure};
use a2d_data::{Images, npy};
use a2d_model::{Architecture, Classifier};
use tch::{Device, Tensor};

/// The sets of inputs, in the order in which [`images`] stacks them.
pub(crate) const SETS: [&str; 3] = ["benign", "fgsm", "bim-a"];

/// The path of a file beside that README.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/oracle").join(name)
}

/// The LeNet-5 that the costs were counted on.
pub(crate) fn classifier() -> Classifier {
    let weights = fixture("lenet5.safetensors");
    Classifier::load(&weights, Some(Architecture::LeNet5), Device::Cpu).unwrap()
}

/// All 192 inputs, [192, 1, 28, 28].
pub(crate) fn images() -> Tensor {
    let images =
        |set: &str| -> Images { npy::read_images(&fixture(&format!("{set}.npy"))).unwrap() };
    let sets = SETS.map(|set| classifier().tensor(&images(set)).unwrap());
    Tensor::cat(&sets, 0)
}

/// Iterations, and whether the label flipped, of a defense attack with the MNIST preset on each of
/// `images`.
pub(crate) fn costs(defense: &str, images: &Tensor, window: usize) -> Vec<(u32, bool)> {
    let defense = Defense::named(defense, Preset::Mnist).unwrap();
    let limits = Limits { window, budget: None };
    let mut costs = vec![None; images.size()[0] as usize];
    measure(&classifier(), &defense, images, limits, &mut |row, cost| {
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
