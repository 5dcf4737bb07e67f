//! One file per architecture. Layers bear the names that PyTorch users give them, so that weights
//! travel in both directions.

mod cifar10_cnn;
mod efficientnet_lite0;
mod googlenet;
mod lenet4;
mod lenet5;
mod mnist_cnn;
mod resnet;
mod wide_resnet;

use crate::Family;

/// Every architecture, in the order in which they are listed.
pub(crate) const FAMILIES: [&Family; 11] = [
    &mnist_cnn::FAMILY,
    &lenet5::FAMILY,
    &cifar10_cnn::FAMILY,
    &lenet4::FAMILY,
    &googlenet::FAMILY,
    &googlenet::HALF,
    &wide_resnet::FAMILY,
    &resnet::RESNET18,
    &resnet::RESNET50,
    &resnet::RESNET101,
    &efficientnet_lite0::FAMILY,
];
