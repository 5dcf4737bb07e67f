use tch::Tensor;
use tch::nn::{self, ConvConfig, Module};

use crate::dense_on_maps::DenseOnMaps;
use crate::network::{Mode, Network};

const DROPOUT: f64 = 0.5;

/// Filters of the three pairs of convolutions.
const FILTERS: [i64; 3] = [32, 64, 128];

/// Thrice two convs 3x3 that keep the size (32, 64, 128 filters) and a pool, then dropout and dense
/// 1024, 512, 10; ReLU between.
///
/// Pixels are moved to \[-2, 2\] first: mean and deviation of natural images are near 0.5 and 0.25.
#[derive(Debug)]
pub(crate) struct Cifar10Cnn {
    convs: Vec<[nn::Conv2D; 2]>,
    fc1: DenseOnMaps,
    fc2: nn::Linear,
    fc3: nn::Linear,
}

impl Cifar10Cnn {
    pub(crate) fn new(path: &nn::Path) -> Self {
        let conv = |number: usize, from, to| {
            let same = ConvConfig { padding: 1, ..ConvConfig::default() };
            nn::conv2d(path / format!("conv{number}"), from, to, 3, same)
        };
        let mut channels = 3;
        let convs = FILTERS.into_iter().enumerate().map(|(pair, filters)| {
            let from = std::mem::replace(&mut channels, filters);
            [conv(2 * pair + 1, from, filters), conv(2 * pair + 2, filters, filters)]
        });
        Self {
            convs: convs.collect(),
            fc1: DenseOnMaps::new(path / "fc1", 128, 4 * 4, 1024),
            fc2: nn::linear(path / "fc2", 1024, 512, nn::LinearConfig::default()),
            fc3: nn::linear(path / "fc3", 512, 10, nn::LinearConfig::default()),
        }
    }
}

impl Network for Cifar10Cnn {
    fn logits(&self, images: &Tensor, mode: Mode) -> Tensor {
        let features = self.convs.iter().fold((images - 0.5) * 4.0, |features, [first, second]| {
            second.forward(&first.forward(&features).relu()).max_pool2d_default(2).relu()
        });
        let features = features.dropout(DROPOUT, mode.is_training());
        let hidden = self.fc1.forward(&features).relu();
        self.fc3.forward(&self.fc2.forward(&hidden).relu())
    }

    fn settle(&mut self) {
        self.fc1.settle();
    }
}
