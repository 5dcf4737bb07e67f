//! The network, inputs and costs of the reference implementation: `fixtures/oracle/README.md`.

use std::path::{Path, PathBuf};

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
    Classifier::load(&weights, Some(Architecture::LENET5), Device::Cpu).unwrap()
}

/// All 192 inputs, [192, 1, 28, 28].
pub(crate) fn images() -> Tensor {
    let images =
        |set: &str| -> Images { npy::read_images(&fixture(&format!("{set}.npy"))).unwrap() };
    let sets = SETS.map(|set| classifier().tensor(&images(set)).unwrap());
    Tensor::cat(&sets, 0)
}
