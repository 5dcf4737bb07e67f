//! LeNet-4 with ReLU and max-pooling, of the paper's third environment.

use tch::Tensor;
use tch::nn::{self, ConvConfig, Module};

use crate::dense_on_maps::DenseOnMaps;
use crate::{Architecture, Dimensions, Family, Forward, Network, Result};

impl Architecture {
    /// LeNet-4 with ReLU and max-pooling, as in PyTorch's example for MNIST, of the third environment.
    pub const LENET4: Self = Self::of(&FAMILY);
}

pub(super) static FAMILY: Family = Family {
    name: "lenet4",
    numbers: None,
    input_shape: [1, 28, 28],
    classes: 10,
    least_side: 16,
    build: |path, dimensions, _| Box::new(LeNet4::new(path, dimensions)),
};

/// conv 20 5x5, pool, conv 50 5x5, pool, dense 500, classes; ReLU between.
#[derive(Debug)]
struct LeNet4 {
    conv1: nn::Conv2D,
    conv2: nn::Conv2D,
    fc1: DenseOnMaps,
    fc2: nn::Linear,
}

impl LeNet4 {
    fn new(path: &nn::Path<'_>, dimensions: Dimensions) -> Self {
        let Dimensions { channels, height, width, classes } = dimensions;
        let left = |side: i64| ((side - 4) / 2 - 4) / 2;
        Self {
            conv1: nn::conv2d(path / "conv1", channels, 20, 5, ConvConfig::default()),
            conv2: nn::conv2d(path / "conv2", 20, 50, 5, ConvConfig::default()),
            fc1: DenseOnMaps::new(path / "fc1", 50, left(height) * left(width), 500),
            fc2: nn::linear(path / "fc2", 500, classes, nn::LinearConfig::default()),
        }
    }
}

impl Network for LeNet4 {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let features = pass.tap("conv1", self.conv1.forward(images));
        let features = pass.relu_and_pool("conv1", &features);
        let features = pass.tap("conv2", self.conv2.forward(&features));
        let features = pass.relu_and_pool("conv2", &features);
        let hidden = pass.tap("fc1", self.fc1.forward(&features));
        let hidden = pass.tap("fc1.relu", hidden.relu());
        Ok(pass.tap("fc2", self.fc2.forward(&hidden)))
    }

    fn settle(&mut self) {
        self.fc1.settle();
    }
}
