use tch::Tensor;
use tch::nn::{self, ConvConfig, Module};

use crate::dense_on_maps::DenseOnMaps;
use crate::network::{Mode, Network};

const DROPOUT: f64 = 0.5;

/// conv 64 3x3, conv 64 3x3, pool, dropout, dense 128, dropout, dense 10; ReLU between.
#[derive(Debug)]
pub(crate) struct MnistCnn {
    conv1: nn::Conv2D,
    conv2: nn::Conv2D,
    fc1: DenseOnMaps,
    fc2: nn::Linear,
}

impl MnistCnn {
    pub(crate) fn new(path: &nn::Path) -> Self {
        Self {
            conv1: nn::conv2d(path / "conv1", 1, 64, 3, ConvConfig::default()),
            conv2: nn::conv2d(path / "conv2", 64, 64, 3, ConvConfig::default()),
            fc1: DenseOnMaps::new(path / "fc1", 64, 12 * 12, 128),
            fc2: nn::linear(path / "fc2", 128, 10, nn::LinearConfig::default()),
        }
    }
}

impl Network for MnistCnn {
    fn logits(&self, images: &Tensor, mode: Mode) -> Tensor {
        let features = self.conv2.forward(&self.conv1.forward(images).relu());
        let features = features.max_pool2d_default(2).relu();
        let features = features.dropout(DROPOUT, mode.is_training());
        let hidden = self.fc1.forward(&features).relu();
        self.fc2.forward(&hidden.dropout(DROPOUT, mode.is_training()))
    }

    fn settle(&mut self) {
        self.fc1.settle();
    }
}
