//! Wide residual networks for small images.

use tch::nn::{self, Module};
use tch::{Kind, Tensor};

use crate::layers::{batch_norm, conv};
use crate::normed_conv::{ConvShape, NormedConv};
use crate::{Dimensions, Family, Forward, Network, Numbers, Result};

/// Of the published network of the third environment; it acts in training and in Monte Carlo passes.
const DROPOUT: f64 = 0.3;

/// Wide residual networks (S. Zagoruyko and N. Komodakis, "Wide Residual Networks", 2016), by depth and width.
pub(super) static FAMILY: Family = Family {
    name: "wrn-DEPTH-WIDTH",
    numbers: Some(Numbers {
        rule: "depth 6n + 4 from 10 to 100, width from 1 to 20",
        allowed: |[depth, width]| {
            (10..=100).contains(&depth) && depth % 6 == 4 && (1..=20).contains(&width)
        },
        example: [10, 1],
    }),
    input_shape: [3, 32, 32],
    classes: 10,
    least_side: 1,
    build: |path, dimensions, numbers| Box::new(WideResNet::new(path, dimensions, numbers)),
};

/// conv 16 3x3, three groups of blocks with 16, 32 and 64 times `width` filters, the second and third of half
/// the size, then batch norm, ReLU, mean over the pixels, dense classes.
#[derive(Debug)]
struct WideResNet {
    conv1: nn::Conv2D,
    groups: Vec<(String, Vec<Block>)>,
    bn: nn::BatchNorm,
    fc: nn::Linear,
}

impl WideResNet {
    fn new(path: &nn::Path<'_>, dimensions: Dimensions, [depth, width]: [u32; 2]) -> Self {
        let conv1 = conv(path / "conv1", (dimensions.channels, 16), (3, 1), false);
        let mut channels = 16;
        let groups = (1..=3).map(|group| {
            let (name, filters) = (format!("group{group}"), (8 << group) * i64::from(width));
            let blocks = (0..(depth - 4) / 6).map(|block| {
                let stride = if group > 1 && block == 0 { 2 } else { 1 };
                let from = std::mem::replace(&mut channels, filters);
                Block::new(&(path / &name / block), (from, filters), stride)
            });
            let blocks = blocks.collect();
            (name, blocks)
        });
        let groups = groups.collect();
        let bn = batch_norm(path / "bn", channels);
        let linear = nn::LinearConfig::default();
        Self {
            conv1,
            groups,
            bn,
            fc: nn::linear(path / "fc", channels, dimensions.classes, linear),
        }
    }
}

impl Network for WideResNet {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let mut features = pass.tap("conv1", self.conv1.forward(images));
        for (group, blocks) in &self.groups {
            for (number, block) in blocks.iter().enumerate() {
                let output = block.forward(&features, pass);
                features = pass.tap(format_args!("{group}.{number}"), output);
            }
        }
        let features = pass.tap("bn.relu", pass.batch_norm(&self.bn, &features).relu());
        let features =
            pass.tap("mean", features.mean_dim([2i64, 3].as_slice(), false, None::<Kind>));
        Ok(pass.tap("fc", self.fc.forward(&features)))
    }

    fn settle(&mut self) {
        let blocks = self.groups.iter_mut().flat_map(|(_, blocks)| blocks);
        blocks.for_each(|block| block.conv1.settle());
    }
}

/// Batch norm, ReLU, conv 3x3, batch norm, ReLU, dropout, conv 3x3, added to the block's input; where the size
/// changes, to a conv 1x1 of the input after batch norm and ReLU.
#[derive(Debug)]
struct Block {
    bn1: nn::BatchNorm,
    conv1: NormedConv,
    conv2: nn::Conv2D,
    shortcut: Option<nn::Conv2D>,
}

impl Block {
    fn new(path: &nn::Path<'_>, (from, to): (i64, i64), stride: i64) -> Self {
        let changes = from != to || stride != 1;
        Self {
            bn1: batch_norm(path / "bn1", from),
            conv1: NormedConv::new(
                path / "conv1",
                path / "bn2",
                ConvShape::keeping((from, to), 3, stride),
            ),
            conv2: conv(path / "conv2", (to, to), (3, 1), false),
            shortcut: changes.then(|| conv(path / "shortcut", (from, to), (1, stride), false)),
        }
    }

    fn forward(&self, input: &Tensor, pass: &mut Forward<'_>) -> Tensor {
        let active = pass.batch_norm(&self.bn1, input).relu();
        let features = self.conv1.forward(&active, pass).relu_();
        let features = self.conv2.forward(&pass.dropout(features, DROPOUT));
        match &self.shortcut {
            Some(shortcut) => features + shortcut.forward(&active),
            None => features + input,
        }
    }
}
