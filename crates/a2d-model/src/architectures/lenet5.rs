use tch::Tensor;
use tch::nn::{self, ConvConfig, Module};

use crate::dense_on_maps::DenseOnMaps;
use crate::network::{Mode, Network};

/// conv 6 5x5 (padding 2), pool, conv 16 5x5, pool, dense 120, 84, 10; ReLU between.
#[derive(Debug)]
pub(crate) struct LeNet5 {
    conv1: nn::Conv2D,
    conv2: nn::Conv2D,
    fc1: DenseOnMaps,
    fc2: nn::Linear,
    fc3: nn::Linear,
}

impl LeNet5 {
    pub(crate) fn new(path: &nn::Path) -> Self {
        let padded = ConvConfig { padding: 2, ..ConvConfig::default() };
        Self {
            conv1: nn::conv2d(path / "conv1", 1, 6, 5, padded),
            conv2: nn::conv2d(path / "conv2", 6, 16, 5, ConvConfig::default()),
            fc1: DenseOnMaps::new(path / "fc1", 16, 5 * 5, 120),
            fc2: nn::linear(path / "fc2", 120, 84, nn::LinearConfig::default()),
            fc3: nn::linear(path / "fc3", 84, 10, nn::LinearConfig::default()),
        }
    }
}

impl Network for LeNet5 {
    fn logits(&self, images: &Tensor, _mode: Mode) -> Tensor {
        let features = self.conv1.forward(images).max_pool2d_default(2).relu();
        let features = self.conv2.forward(&features).max_pool2d_default(2).relu();
        let hidden = self.fc1.forward(&features).relu();
        self.fc3.forward(&self.fc2.forward(&hidden).relu())
    }

    fn settle(&mut self) {
        self.fc1.settle();
    }
}
