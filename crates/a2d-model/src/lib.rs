//! Image classifiers on libtorch.
//!
//! A [`Classifier`] is a [`Blueprint`] (an [`Architecture`], the shape of its images, its classes and its
//! normalisation) with trained weights. It maps images in \[0, 1\] to logits; normalisation, where a network
//! wants one, is part of the classifier, so that attacks and detectors never see it. Its weights need no
//! gradient; [`training::train`] is the only place where they do. What its layers give, passes with dropout and
//! copies with changed weights are had from it too.
//!
//! ```
//! use a2d_model::{Architecture, Classifier};
//! use tch::{Device, Kind, Tensor};
//!
//! let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
//! let images = Tensor::zeros([2, 1, 28, 28], (Kind::Float, Device::Cpu));
//! assert_eq!(classifier.logits(&images)?.size(), [2, 10]);
//! # Ok::<(), a2d_model::Error>(())
//! ```

mod architecture;
mod architectures;
mod batch_sizes;
mod blueprint;
mod card;
mod classes;
mod classifier;
mod copies;
mod dense_on_maps;
mod description;
mod device;
mod error;
mod foreign;
mod forward;
mod generator;
mod layers;
mod loading;
mod machine;
mod model_file;
mod network;
mod normalisation;
mod normed_conv;
mod origin;
mod precision;
mod predicting;
mod prediction;
mod pretrained;
mod probe;
mod session;
mod torchscript;
pub mod training;
pub mod transfer;
mod weights;
mod workers;

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use architecture::{Architecture, Dimensions, Family, Numbers};
pub use blueprint::Blueprint;
pub use card::ModelCard;
pub use classes::Classes;
pub use classifier::Classifier;
pub use description::{Description, PixelRange};
pub use device::parse_device;
pub use error::{Error, Result};
pub use foreign::{Foreign, Probed};
pub use forward::Forward;
pub use machine::{Instructions, machine};
pub use model_file::ModelFile;
pub use network::Network;
pub use normalisation::Normalisation;
pub use precision::{NO_TF32, Precision};
pub use predicting::Predicting;
pub use prediction::Prediction;
pub use pretrained::Pretrained;
pub use probe::Finding;
pub use session::Session;
pub use torchscript::TorchScriptCard;
