//! One file per architecture. Layers bear the names that PyTorch users give them, so that weights
//! travel in both directions.

pub(crate) mod cifar10_cnn;
pub(crate) mod lenet5;
pub(crate) mod mnist_cnn;
