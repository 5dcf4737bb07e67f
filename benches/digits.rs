//! The networks of the repository, and the digits that they are attacked on.

use std::path::PathBuf;

use a2d_data::mnist;
use a2d_data::{Images, Split};
use a2d_model::Classifier;
use tch::{Device, Tensor};

/// A folder or file in `data/`.
pub(crate) fn data(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../data")).join(path)
}

/// The network of this name, on the processor.
pub(crate) fn network(name: &str) -> Classifier {
    network_on(name, Device::Cpu)
}

/// The network of this name, on a device.
pub(crate) fn network_on(name: &str, device: Device) -> Classifier {
    Classifier::load(&data(&format!("models/{name}.safetensors")), None, device).unwrap()
}

/// All test images of the sample.
pub(crate) fn sample() -> Images {
    mnist::load(&data("sample/mnist"), Split::Test).unwrap().images().clone()
}

/// The first test images, [count, 1, 28, 28].
pub(crate) fn first(classifier: &Classifier, count: usize) -> Tensor {
    classifier.tensor(&sample()).unwrap().narrow(0, 0, count as i64)
}
