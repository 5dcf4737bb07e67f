//! Image classifiers on libtorch.
//!
//! A [`Classifier`] is an [`Architecture`] with trained weights. It maps images in \[0, 1\] to logits;
//! normalisation, where a network wants one, is part of the network, so that attacks and detectors
//! never see it. Its weights need no gradient; [`training::train`] is the only place where they do.
//!
//! ```
//! use a2d_model::{Architecture, Classifier};
//! use tch::{Device, Kind, Tensor};
//!
//! let classifier = Classifier::untrained(Architecture::LeNet5, 0, Device::Cpu);
//! let images = Tensor::zeros([2, 1, 28, 28], (Kind::Float, Device::Cpu));
//! assert_eq!(classifier.logits(&images).size(), [2, 10]);
//! ```

mod architecture;
mod architectures;
mod card;
mod classifier;
mod dense_on_maps;
mod device;
mod error;
mod generator;
mod machine;
mod network;
mod precision;
mod prediction;
pub mod training;
mod weights;

pub use architecture::Architecture;
pub use card::ModelCard;
pub use classifier::Classifier;
pub use device::parse_device;
pub use error::{Error, Result};
pub use machine::{Instructions, machine};
pub use precision::Precision;
pub use prediction::Prediction;
