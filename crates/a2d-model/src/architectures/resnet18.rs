//! ResNet-18, with the names of torchvision.

use tch::nn::{self, Module};
use tch::{Kind, Tensor};

use crate::layers::{batch_norm, conv};
use crate::{Architecture, Dimensions, Family, Forward, Network, Result};

impl Architecture {
    /// ResNet-18 (K. He et al., "Deep Residual Learning for Image Recognition", 2016) as in torchvision, whose
    /// weights it takes.
    ///
    /// For images below 64 pixels on both sides it begins with a convolution 3x3 that keeps the size, and has no
    /// max-pool, as is usual for CIFAR-10.
    pub const RESNET18: Self = Self::of(&FAMILY);
}

pub(super) static FAMILY: Family = Family {
    name: "resnet18",
    numbers: None,
    input_shape: [3, 224, 224],
    classes: 1000,
    least_side: 1,
    build: |path, dimensions, _| Box::new(ResNet18::new(path, dimensions)),
};

/// Sides from which on the first layers divide the size by four.
const LARGE: i64 = 64;

/// conv 64 7x7 with batch norm and ReLU and a max-pool (for small images conv 64 3x3 without pool), four layers
/// of two blocks with 64, 128, 256 and 512 filters, mean over the pixels, dense classes.
#[derive(Debug)]
struct ResNet18 {
    conv1: nn::Conv2D,
    bn1: nn::BatchNorm,
    pools: bool,
    layers: Vec<(String, [Block; 2])>,
    fc: nn::Linear,
}

impl ResNet18 {
    fn new(path: &nn::Path<'_>, dimensions: Dimensions) -> Self {
        let Dimensions { channels, height, width, classes } = dimensions;
        let pools = height.max(width) >= LARGE;
        let conv1 =
            conv(path / "conv1", (channels, 64), if pools { (7, 2) } else { (3, 1) }, false);
        let bn1 = batch_norm(path / "bn1", 64);
        let mut from = 64;
        let layers = (1..=4).map(|layer| {
            let (name, filters) = (format!("layer{layer}"), 32 << layer);
            let blocks = [0, 1].map(|block| {
                let stride = if layer > 1 && block == 0 { 2 } else { 1 };
                let from = std::mem::replace(&mut from, filters);
                Block::new(&(path / &name / block), (from, filters), stride)
            });
            (name, blocks)
        });
        let layers = layers.collect();
        let fc = nn::linear(path / "fc", 512, classes, nn::LinearConfig::default());
        Self { conv1, bn1, pools, layers, fc }
    }
}

impl Network for ResNet18 {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let features = pass.batch_norm(&self.bn1, &self.conv1.forward(images)).relu();
        let mut features = pass.tap("bn1.relu", features);
        if self.pools {
            features = pass.tap("maxpool", features.max_pool2d(3, 2, 1, 1, false));
        }
        for (layer, blocks) in &self.layers {
            for (number, block) in blocks.iter().enumerate() {
                features =
                    pass.tap(format_args!("{layer}.{number}"), block.forward(&features, pass));
            }
        }
        let features =
            pass.tap("avgpool", features.mean_dim([2i64, 3].as_slice(), false, None::<Kind>));
        Ok(pass.tap("fc", self.fc.forward(&features)))
    }
}

/// conv 3x3, batch norm, ReLU, conv 3x3, batch norm, added to the block's input, ReLU; where the size changes,
/// added to a conv 1x1 of the input with batch norm.
#[derive(Debug)]
struct Block {
    conv1: nn::Conv2D,
    bn1: nn::BatchNorm,
    conv2: nn::Conv2D,
    bn2: nn::BatchNorm,
    downsample: Option<(nn::Conv2D, nn::BatchNorm)>,
}

impl Block {
    fn new(path: &nn::Path<'_>, (from, to): (i64, i64), stride: i64) -> Self {
        let changes = from != to || stride != 1;
        let downsample = path / "downsample";
        Self {
            conv1: conv(path / "conv1", (from, to), (3, stride), false),
            bn1: batch_norm(path / "bn1", to),
            conv2: conv(path / "conv2", (to, to), (3, 1), false),
            bn2: batch_norm(path / "bn2", to),
            downsample: changes.then(|| {
                let conv = conv(&downsample / 0, (from, to), (1, stride), false);
                (conv, batch_norm(&downsample / 1, to))
            }),
        }
    }

    fn forward(&self, input: &Tensor, pass: &Forward<'_>) -> Tensor {
        let features = pass.batch_norm(&self.bn1, &self.conv1.forward(input)).relu();
        let features = pass.batch_norm(&self.bn2, &self.conv2.forward(&features));
        let input = match &self.downsample {
            Some((conv, bn)) => pass.batch_norm(bn, &conv.forward(input)),
            None => input.shallow_clone(),
        };
        (features + input).relu()
    }
}
