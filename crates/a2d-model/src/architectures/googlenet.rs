//! GoogLeNet for small images, of the paper's second environment.

use tch::nn::{self, Module};
use tch::{Kind, Tensor};

use crate::normed_conv::{ConvShape, NormedConv};
use crate::{Architecture, Dimensions, Family, Forward, Network, Result};

impl Architecture {
    /// GoogLeNet (C. Szegedy et al., "Going Deeper with Convolutions", 2015) with batch normalisation, as it is
    /// used for images of 32 x 32 pixels, of the second environment.
    pub const GOOGLENET: Self = Self::of(&FAMILY);
    /// GoogLeNet with half as many filters in every layer.
    pub const GOOGLENET_HALF: Self = Self::of(&HALF);
}

pub(super) static FAMILY: Family = Family {
    name: "googlenet",
    numbers: None,
    input_shape: [3, 32, 32],
    classes: 10,
    least_side: 1,
    build: |path, dimensions, _| Box::new(GoogLeNet::new(path, dimensions, 1)),
};

pub(super) static HALF: Family = Family {
    name: "googlenet-half",
    build: |path, dimensions, _| Box::new(GoogLeNet::new(path, dimensions, 2)),
    ..FAMILY
};

/// Filters before the first inception.
const STEM: i64 = 192;

/// The inceptions and, for each: filters of its branch 1x1; of its branch 3x3, before and in it; the same of
/// its branch 5x5; of its branch with a pool.
const PLAN: [(&str, [i64; 6]); 9] = [
    ("a3", [64, 96, 128, 16, 32, 32]),
    ("b3", [128, 128, 192, 32, 96, 64]),
    ("a4", [192, 96, 208, 16, 48, 64]),
    ("b4", [160, 112, 224, 24, 64, 64]),
    ("c4", [128, 128, 256, 24, 64, 64]),
    ("d4", [112, 144, 288, 32, 64, 64]),
    ("e4", [256, 160, 320, 32, 128, 128]),
    ("a5", [256, 160, 320, 32, 128, 128]),
    ("b5", [384, 192, 384, 48, 128, 128]),
];

/// The inceptions that a max-pool, which halves the size, comes before.
const POOLED: [&str; 2] = ["a4", "a5"];

/// conv 3x3, inceptions with two max-pools between, mean over the pixels, dense classes.
#[derive(Debug)]
struct GoogLeNet {
    stem: Unit,
    inceptions: Vec<(&'static str, Inception)>,
    fc: nn::Linear,
}

impl GoogLeNet {
    /// With all filters divided by `divisor`.
    fn new(path: &nn::Path<'_>, dimensions: Dimensions, divisor: i64) -> Self {
        let mut channels = STEM / divisor;
        let stem = Unit::new(&(path / "stem"), (dimensions.channels, channels), 3);
        let inceptions = PLAN.map(|(name, filters)| {
            let filters = filters.map(|count| count / divisor);
            let from = std::mem::replace(&mut channels, Inception::channels(filters));
            (name, Inception::new(&(path / name), from, filters))
        });
        let linear = nn::LinearConfig::default();
        let fc = nn::linear(path / "fc", channels, dimensions.classes, linear);
        Self { stem, inceptions: inceptions.into(), fc }
    }
}

impl Network for GoogLeNet {
    fn logits(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let mut features = pass.tap("stem", self.stem.forward(images, pass));
        for (name, inception) in &self.inceptions {
            if POOLED.contains(name) {
                features = features.max_pool2d(3, 2, 1, 1, false);
                features = pass.tap(format_args!("{name}.pool"), features);
            }
            features = pass.tap(name, inception.forward(&features, pass));
        }
        let features =
            pass.tap("mean", features.mean_dim([2i64, 3].as_slice(), false, None::<Kind>));
        Ok(pass.tap("fc", self.fc.forward(&features)))
    }

    fn settle(&mut self) {
        self.stem.settle();
        self.inceptions.iter_mut().for_each(|(_, inception)| inception.settle());
    }
}

/// Four branches side by side; that named for 5x5 is two convs 3x3, which see as far.
#[derive(Debug)]
struct Inception {
    b1: Unit,
    b2: [Unit; 2],
    b3: [Unit; 3],
    b4: Unit,
}

impl Inception {
    fn new(path: &nn::Path<'_>, from: i64, filters: [i64; 6]) -> Self {
        let [ones, before_threes, threes, before_fives, fives, pooled] = filters;
        let (b2, b3) = (path / "b2", path / "b3");
        Self {
            b1: Unit::new(&(path / "b1"), (from, ones), 1),
            b2: [
                Unit::new(&(&b2 / 0), (from, before_threes), 1),
                Unit::new(&(&b2 / 1), (before_threes, threes), 3),
            ],
            b3: [
                Unit::new(&(&b3 / 0), (from, before_fives), 1),
                Unit::new(&(&b3 / 1), (before_fives, fives), 3),
                Unit::new(&(&b3 / 2), (fives, fives), 3),
            ],
            b4: Unit::new(&(path / "b4" / 1), (from, pooled), 1),
        }
    }

    /// Channels of its output.
    fn channels([ones, _, threes, _, fives, pooled]: [i64; 6]) -> i64 {
        ones + threes + fives + pooled
    }

    fn settle(&mut self) {
        let Self { b1, b2, b3, b4 } = self;
        b2.iter_mut().chain(b3).chain([b1, b4]).for_each(Unit::settle);
    }

    fn forward(&self, input: &Tensor, pass: &Forward<'_>) -> Tensor {
        let through = |units: &[Unit]| {
            units.iter().fold(input.shallow_clone(), |features, unit| unit.forward(&features, pass))
        };
        let pooled = self.b4.forward(&input.max_pool2d(3, 1, 1, 1, false), pass);
        Tensor::cat(
            &[self.b1.forward(input, pass), through(&self.b2), through(&self.b3), pooled],
            1,
        )
    }
}

/// A convolution with bias, batch norm, ReLU.
#[derive(Debug)]
struct Unit(NormedConv);

impl Unit {
    fn new(path: &nn::Path<'_>, channels: (i64, i64), side: i64) -> Self {
        let shape = ConvShape { bias: true, ..ConvShape::keeping(channels, side, 1) };
        Self(NormedConv::new(path / 0, path / 1, shape))
    }

    fn forward(&self, input: &Tensor, pass: &Forward<'_>) -> Tensor {
        self.0.forward(input, pass).relu_()
    }

    fn settle(&mut self) {
        self.0.settle();
    }
}
