//! LeNet-5 with ReLU and max-pooling, of the paper's second environment.

use tch::Tensor;
use tch::nn::{self, ConvConfig, Module};

use crate::dense_on_maps::DenseOnMaps;
use crate::{Architecture, Dimensions, Family, Forward, Network, Result};

impl Architecture {
    /// LeNet-5 with ReLU and max-pooling (`LeCun` et al. 1998), of the second environment.
    pub const LENET5: Self = Self::of(&FAMILY);
}

pub(super) static FAMILY: Family = Family {
    name: "lenet5",
    numbers: None,
    input_shape: [1, 28, 28],
    classes: 10,
    least_side: 12,
    build: |path, dimensions, _| Box::new(LeNet5::new(path, dimensions)),
};

/// conv 6 5x5 (padding 2), pool, conv 16 5x5, pool, dense 120, 84, classes; ReLU between.
#[derive(Debug)]
struct LeNet5 {
    conv1: nn::Conv2D,
    conv2: nn::Conv2D,
    fc1: DenseOnMaps,
    fc2: nn::Linear,
    fc3: nn::Linear,
}

impl LeNet5 {
    fn new(path: &nn::Path<'_>, dimensions: Dimensions) -> Self {
        let Dimensions { channels, height, width, classes } = dimensions;
        let padded = ConvConfig { padding: 2, ..ConvConfig::default() };
        let left = |side: i64| (side / 2 - 4) / 2;
        Self {
            conv1: nn::conv2d(path / "conv1", channels, 6, 5, padded),
            conv2: nn::conv2d(path / "conv2", 6, 16, 5, ConvConfig::default()),
            fc1: DenseOnMaps::new(path / "fc1", 16, left(height) * left(width), 120),
            fc2: nn::linear(path / "fc2", 120, 84, nn::LinearConfig::default()),
            fc3: nn::linear(path / "fc3", 84, classes, nn::LinearConfig::default()),
        }
    }
}

impl Network for LeNet5 {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let features = pass.tap("conv1", self.conv1.forward(images));
        let features = pass.relu_and_pool("conv1", &features);
        let features = pass.tap("conv2", self.conv2.forward(&features));
        let features = pass.relu_and_pool("conv2", &features);
        let hidden = pass.tap("fc1", self.fc1.forward(&features));
        let hidden = pass.tap("fc1.relu", hidden.relu());
        let hidden = pass.tap("fc2", self.fc2.forward(&hidden));
        let hidden = pass.tap("fc2.relu", hidden.relu());
        Ok(pass.tap("fc3", self.fc3.forward(&hidden)))
    }

    fn settle(&mut self) {
        self.fc1.settle();
    }
}
