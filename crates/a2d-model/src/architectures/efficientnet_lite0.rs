//! EfficientNet-Lite0, with the names of `efficientnet-lite-pytorch`.

use tch::nn::{self, Module};
use tch::{Kind, Tensor};

use crate::normed_conv::{ConvShape, NormedConv};
use crate::{Architecture, Dimensions, Family, Forward, Network, Result};

impl Architecture {
    /// EfficientNet-Lite0: EfficientNet-B0 (M. Tan and Q. Le, "EfficientNet", 2019) without squeeze and excitation, with
    /// ReLU6 in place of swish, for processors without an accelerator. Training has no drop connect.
    pub const EFFICIENTNET_LITE0: Self = Self::of(&FAMILY);
}

pub(super) static FAMILY: Family = Family {
    name: "efficientnet-lite0",
    numbers: None,
    input_shape: [3, 224, 224],
    classes: 1000,
    least_side: 1,
    build: |path, dimensions, _| Box::new(EfficientNet::new(path, dimensions)),
};

/// Filters of the first and of the last convolution.
const STEM: i64 = 32;
const HEAD: i64 = 1280;

/// Stages: blocks, pixels of a kernel's side, stride of the first block, how many times its channels a block looks
/// at, filters.
const STAGES: [(usize, i64, i64, i64, i64); 7] = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
];

/// Beside the variance in batch normalisation.
const EPSILON: f64 = 1e-3;

/// Before the classes; it acts in training and in Monte Carlo passes.
const DROPOUT: f64 = 0.2;

/// conv 32 3x3, blocks, conv 1280 1x1, mean over the pixels, dropout, dense classes.
#[derive(Debug)]
struct EfficientNet {
    stem: Unit,
    blocks: Vec<Block>,
    head: Unit,
    fc: nn::Linear,
}

impl EfficientNet {
    fn new(path: &nn::Path<'_>, dimensions: Dimensions) -> Self {
        let Dimensions { channels, height, width, classes } = dimensions;
        let mut size = [height, width];
        let stem = ConvShape::keeping((channels, STEM), 3, 2);
        let stem = Unit::new(path / "_conv_stem", path / "_bn0", stem, &mut size);
        let (mut from, mut blocks) = (STEM, vec![]);
        for (count, side, stride, expansion, filters) in STAGES {
            for block in 0..count {
                let stride = if block == 0 { stride } else { 1 };
                let from = std::mem::replace(&mut from, filters);
                let depthwise = ConvShape {
                    groups: from * expansion,
                    ..ConvShape::keeping((from * expansion, from * expansion), side, stride)
                };
                let path = path / "_blocks" / blocks.len();
                blocks.push(Block::new(&path, (from, filters), depthwise, &mut size));
            }
        }
        let head = ConvShape::keeping((from, HEAD), 1, 1);
        let head = Unit::new(path / "_conv_head", path / "_bn1", head, &mut size);
        let fc = nn::linear(path / "_fc", HEAD, classes, nn::LinearConfig::default());
        Self { stem, blocks, head, fc }
    }
}

impl Network for EfficientNet {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let mut features = pass.tap("stem", self.stem.forward(images, pass).relu6_());
        for (number, block) in self.blocks.iter().enumerate() {
            features = pass.tap(format_args!("_blocks.{number}"), block.forward(&features, pass));
        }
        let features = pass.tap("head", self.head.forward(&features, pass).relu6_());
        let features =
            pass.tap("mean", features.mean_dim([2i64, 3].as_slice(), false, None::<Kind>));
        let features = pass.dropout(features, DROPOUT);
        Ok(pass.tap("fc", self.fc.forward(&features)))
    }

    fn settle(&mut self) {
        self.stem.conv.settle();
        self.blocks.iter_mut().for_each(Block::settle);
        self.head.conv.settle();
    }
}

/// Widens, looks at each channel by itself, narrows, each with batch norm, and ReLU6 but for the last; added to the
/// input where it has the same shape.
#[derive(Debug)]
struct Block {
    expand: Option<Unit>,
    depthwise: Unit,
    project: Unit,
    is_residual: bool,
}

impl Block {
    fn new(
        path: &nn::Path<'_>,
        (from, to): (i64, i64),
        depthwise: ConvShape,
        size: &mut [i64; 2],
    ) -> Self {
        let (wide, _) = depthwise.channels;
        let is_residual = depthwise.stride == 1 && from == to;
        let mut unit = |conv, bn, shape| Unit::new(path / conv, path / bn, shape, size);
        let expand = (wide != from)
            .then(|| unit("_expand_conv", "_bn0", ConvShape::keeping((from, wide), 1, 1)));
        let depthwise = unit("_depthwise_conv", "_bn1", depthwise);
        let project = unit("_project_conv", "_bn2", ConvShape::keeping((wide, to), 1, 1));
        Self { expand, depthwise, project, is_residual }
    }

    fn settle(&mut self) {
        let units = self.expand.iter_mut().chain([&mut self.depthwise, &mut self.project]);
        units.for_each(|unit| unit.conv.settle());
    }

    fn forward(&self, input: &Tensor, pass: &Forward<'_>) -> Tensor {
        let wide = match &self.expand {
            Some(expand) => expand.forward(input, pass).relu6_(),
            None => input.shallow_clone(),
        };
        let features = self.depthwise.forward(&wide, pass).relu6_();
        let mut features = self.project.forward(&features, pass);
        if self.is_residual {
            features += input;
        }
        features
    }
}

/// A convolution with batch norm that pads as TensorFlow does: as many zeros as its steps need, and the odd one
/// below and on the right.
#[derive(Debug)]
struct Unit {
    conv: NormedConv,
    /// Zeros on the left, on the right, above and below, where they are not those of the convolution.
    padding: Option<[i64; 4]>,
}

impl Unit {
    /// For maps of this height and width, which become those after it.
    fn new(conv: nn::Path, bn: nn::Path, shape: ConvShape, size: &mut [i64; 2]) -> Self {
        let ConvShape { side, stride, .. } = shape;
        let after = size.map(|length| (length + stride - 1) / stride);
        let zeros = |axis: usize| ((after[axis] - 1) * stride + side - size[axis]).max(0);
        let [[above, below], [left, right]] =
            [zeros(0), zeros(1)].map(|zeros| [zeros / 2, zeros - zeros / 2]);
        *size = after;
        let is_even = [above, below, left, right] == [shape.padding; 4];
        let shape = ConvShape { padding: if is_even { shape.padding } else { 0 }, ..shape };
        Self {
            conv: NormedConv::with_epsilon(conv, bn, shape, EPSILON),
            padding: (!is_even).then_some([left, right, above, below]),
        }
    }

    fn forward(&self, input: &Tensor, pass: &Forward<'_>) -> Tensor {
        match self.padding {
            Some(padding) => self.conv.forward(&input.constant_pad_nd(padding), pass),
            None => self.conv.forward(input, pass),
        }
    }
}
