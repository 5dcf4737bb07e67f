//! The CNN that the paper attacks on MNIST in its first environment.

use tch::Tensor;
use tch::nn::{self, ConvConfig, Module};

use crate::dense_on_maps::DenseOnMaps;
use crate::{Architecture, Dimensions, Family, Forward, Network, Result};

const DROPOUT: f64 = 0.5;

impl Architecture {
    /// The CNN that the paper attacks on MNIST in its first environment: two convolutions of 64
    /// filters, 3x3, a max-pool, and dense layers of 128 and 10, with dropout.
    pub const MNIST_CNN: Self = Self::of(&FAMILY);
}

pub(super) static FAMILY: Family = Family {
    name: "mnist-cnn",
    numbers: None,
    input_shape: [1, 28, 28],
    classes: 10,
    least_side: 6,
    build: |path, dimensions, _| Box::new(MnistCnn::new(path, dimensions)),
};

/// conv 64 3x3, conv 64 3x3, pool, dropout, dense 128, dropout, dense classes; ReLU between.
#[derive(Debug)]
struct MnistCnn {
    conv1: nn::Conv2D,
    conv2: nn::Conv2D,
    fc1: DenseOnMaps,
    fc2: nn::Linear,
}

impl MnistCnn {
    fn new(path: &nn::Path<'_>, dimensions: Dimensions) -> Self {
        let Dimensions { channels, height, width, classes } = dimensions;
        let left = |side: i64| (side - 4) / 2;
        Self {
            conv1: nn::conv2d(path / "conv1", channels, 64, 3, ConvConfig::default()),
            conv2: nn::conv2d(path / "conv2", 64, 64, 3, ConvConfig::default()),
            fc1: DenseOnMaps::new(path / "fc1", 64, left(height) * left(width), 128),
            fc2: nn::linear(path / "fc2", 128, classes, nn::LinearConfig::default()),
        }
    }
}

impl Network for MnistCnn {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let features = pass.tap("conv1", self.conv1.forward(images));
        let features = pass.tap("conv1.relu", features.relu());
        let features = pass.tap("conv2", self.conv2.forward(&features));
        let features = pass.relu_and_pool("conv2", &features);
        let features = pass.dropout(features, DROPOUT);
        let hidden = pass.tap("fc1", self.fc1.forward(&features));
        let hidden = pass.tap("fc1.relu", hidden.relu());
        let hidden = pass.dropout(hidden, DROPOUT);
        Ok(pass.tap("fc2", self.fc2.forward(&hidden)))
    }

    fn settle(&mut self) {
        self.fc1.settle();
    }
}
