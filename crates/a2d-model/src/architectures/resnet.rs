//! Residual networks, with the names of torchvision.

use tch::nn::{self, Module};
use tch::{Kind, Tensor};

use crate::normed_conv::{ConvShape, NormedConv};
use crate::{Architecture, Dimensions, Family, Forward, Network, Result};

impl Architecture {
    /// ResNet-18 (K. He et al., "Deep Residual Learning for Image Recognition", 2016) as in torchvision, whose
    /// weights it takes.
    ///
    /// For images below 64 pixels on both sides it begins with a convolution 3x3 that keeps the size, and has no
    /// max-pool, as is usual for CIFAR-10.
    pub const RESNET18: Self = Self::of(&RESNET18);
    /// ResNet-50, which reduces and widens its features about each convolution 3x3; the stride is in that one, as
    /// torchvision has it.
    pub const RESNET50: Self = Self::of(&RESNET50);
    /// ResNet-101, of the third environment on ImageNet.
    pub const RESNET101: Self = Self::of(&RESNET101);
}

pub(super) static RESNET18: Family = Family {
    name: "resnet18",
    numbers: None,
    input_shape: [3, 224, 224],
    classes: 1000,
    least_side: 1,
    build: |path, dimensions, _| Box::new(ResNet::new(path, dimensions, [2, 2, 2, 2], 1)),
};

pub(super) static RESNET50: Family = Family {
    name: "resnet50",
    build: |path, dimensions, _| Box::new(ResNet::new(path, dimensions, [3, 4, 6, 3], 4)),
    ..RESNET18
};

pub(super) static RESNET101: Family = Family {
    name: "resnet101",
    build: |path, dimensions, _| Box::new(ResNet::new(path, dimensions, [3, 4, 23, 3], 4)),
    ..RESNET18
};

/// Sides from which on the first layers divide the size by four.
const LARGE: i64 = 64;

/// conv 64 7x7 with batch norm and ReLU and a max-pool (for small images conv 64 3x3 without pool), four layers
/// of blocks with 64, 128, 256 and 512 filters, mean over the pixels, dense classes.
#[derive(Debug)]
struct ResNet {
    conv1: NormedConv,
    pools: bool,
    layers: Vec<(String, Vec<Block>)>,
    fc: nn::Linear,
}

impl ResNet {
    /// With so many blocks in each layer, which give `expansion` times their filters.
    fn new(
        path: &nn::Path<'_>,
        dimensions: Dimensions,
        blocks: [usize; 4],
        expansion: i64,
    ) -> Self {
        let Dimensions { channels, height, width, classes } = dimensions;
        let pools = height.max(width) >= LARGE;
        let (side, stride) = if pools { (7, 2) } else { (3, 1) };
        let first = ConvShape::keeping((channels, 64), side, stride);
        let conv1 = NormedConv::new(path / "conv1", path / "bn1", first);
        let mut from = 64;
        let layers = (1..=4).zip(blocks).map(|(layer, blocks)| {
            let (name, filters) = (format!("layer{layer}"), 32 << layer);
            let blocks = (0..blocks).map(|block| {
                let stride = if layer > 1 && block == 0 { 2 } else { 1 };
                let from = std::mem::replace(&mut from, filters * expansion);
                Block::new(&(path / &name / block), from, (filters, expansion), stride)
            });
            let blocks = blocks.collect();
            (name, blocks)
        });
        let layers = layers.collect();
        let fc = nn::linear(path / "fc", from, classes, nn::LinearConfig::default());
        Self { conv1, pools, layers, fc }
    }
}

impl Network for ResNet {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let features = self.conv1.forward(images, pass).relu_();
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

    fn settle(&mut self) {
        self.conv1.settle();
        self.layers.iter_mut().flat_map(|(_, blocks)| blocks).for_each(Block::settle);
    }
}

/// Convs with batch norm, ReLU between them, added to the block's input, ReLU; where the size changes, added to a
/// conv 1x1 of the input with batch norm.
///
/// The convs are two 3x3, or, in deeper networks, 1x1, 3x3 and 1x1, whose last has four times the filters.
#[derive(Debug)]
struct Block {
    convs: Vec<NormedConv>,
    downsample: Option<NormedConv>,
}

impl Block {
    fn new(path: &nn::Path<'_>, from: i64, (filters, expansion): (i64, i64), stride: i64) -> Self {
        let to = filters * expansion;
        let shapes = if expansion == 1 {
            vec![((from, filters), 3, stride), ((filters, filters), 3, 1)]
        } else {
            vec![((from, filters), 1, 1), ((filters, filters), 3, stride), ((filters, to), 1, 1)]
        };
        let convs = shapes.into_iter().zip(1..).map(|((channels, side, stride), number)| {
            let (conv, bn) = (path / format!("conv{number}"), path / format!("bn{number}"));
            NormedConv::new(conv, bn, ConvShape::keeping(channels, side, stride))
        });
        let convs = convs.collect();
        let downsample = path / "downsample";
        let changes = from != to || stride != 1;
        Self {
            convs,
            downsample: changes.then(|| {
                let shape = ConvShape::keeping((from, to), 1, stride);
                NormedConv::new(&downsample / 0, &downsample / 1, shape)
            }),
        }
    }

    fn settle(&mut self) {
        self.convs.iter_mut().chain(&mut self.downsample).for_each(NormedConv::settle);
    }

    fn forward(&self, input: &Tensor, pass: &Forward<'_>) -> Tensor {
        let mut features = input.shallow_clone();
        for (number, conv) in self.convs.iter().enumerate() {
            features = conv.forward(&features, pass);
            if number + 1 < self.convs.len() {
                features = features.relu_();
            }
        }
        match &self.downsample {
            Some(downsample) => features += downsample.forward(input, pass),
            None => features += input,
        }
        features.relu_()
    }
}
