//! The CNN that the paper attacks on CIFAR-10 in its first environment.

use tch::Tensor;
use tch::nn::{self, Module};

use crate::dense_on_maps::DenseOnMaps;
use crate::layers::conv;
use crate::{Architecture, Dimensions, Family, Forward, Network, Result};

const DROPOUT: f64 = 0.5;

/// The three pairs of convolutions and their filters.
const PAIRS: [([&str; 2], i64); 3] =
    [(["conv1", "conv2"], 32), (["conv3", "conv4"], 64), (["conv5", "conv6"], 128)];

impl Architecture {
    /// The CNN that the paper attacks on CIFAR-10 in its first environment: three pairs of
    /// convolutions, 3x3, of 32, 64 and 128 filters with a max-pool after each pair, and dense layers
    /// of 1024, 512 and 10, with dropout.
    pub const CIFAR10_CNN: Self = Self::of(&FAMILY);
}

pub(super) static FAMILY: Family = Family {
    name: "cifar10-cnn",
    numbers: None,
    input_shape: [3, 32, 32],
    classes: 10,
    least_side: 8,
    build: |path, dimensions, _| Box::new(Cifar10Cnn::new(path, dimensions)),
};

/// Thrice two convs 3x3 that keep the size (32, 64, 128 filters) and a pool, then dropout and dense
/// 1024, 512, classes; ReLU between.
///
/// Pixels are moved to \[-2, 2\] first: mean and deviation of natural images are near 0.5 and 0.25.
#[derive(Debug)]
struct Cifar10Cnn {
    convs: [[nn::Conv2D; 2]; 3],
    fc1: DenseOnMaps,
    fc2: nn::Linear,
    fc3: nn::Linear,
}

impl Cifar10Cnn {
    fn new(path: &nn::Path<'_>, dimensions: Dimensions) -> Self {
        let Dimensions { channels, height, width, classes } = dimensions;
        let conv = |name: &str, from, to| conv(path / name, (from, to), (3, 1), true);
        let mut channels = channels;
        let convs = PAIRS.map(|([first, second], filters)| {
            let from = std::mem::replace(&mut channels, filters);
            [conv(first, from, filters), conv(second, filters, filters)]
        });
        Self {
            convs,
            fc1: DenseOnMaps::new(path / "fc1", 128, (height / 8) * (width / 8), 1024),
            fc2: nn::linear(path / "fc2", 1024, 512, nn::LinearConfig::default()),
            fc3: nn::linear(path / "fc3", 512, classes, nn::LinearConfig::default()),
        }
    }
}

impl Network for Cifar10Cnn {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let mut features = (images - 0.5) * 4.0;
        for (([one, two], _), [first, second]) in PAIRS.into_iter().zip(&self.convs) {
            features = pass.tap(one, first.forward(&features));
            features = pass.tap(format_args!("{one}.relu"), features.relu());
            features = pass.tap(two, second.forward(&features));
            features = pass.relu_and_pool(two, &features);
        }
        let features = pass.dropout(features, DROPOUT);
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
