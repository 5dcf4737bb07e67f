//! One file per architecture. Layers bear the names that PyTorch users give them, so that weights
//! travel in both directions.
//!
//! Pools come before ReLU: the function and its gradient are the same, and ReLU has a quarter of the work.

pub(crate) mod cifar10_cnn;
pub(crate) mod lenet5;
pub(crate) mod mnist_cnn;
