//! Image data: image files, arrays, tensors, image folders, MNIST, CIFAR-10, ImageNet, download and verification.
//!
//! [`Images`] are checked once, when they are made. [`read_images`] and [`read_labels`] read any
//! known format into memory; a [`Dataset`] is images with labels. An [`ImageSource`], such as an
//! [`ImageFile`] or an [`ImageFolder`], gives images one at a time instead, so that there may be more
//! of them than memory holds; a [`Labelled`] one knows their true classes. [`DataSet::ALL`] are the data
//! sets that are known by name.
//!
//! ```
//! use a2d_data::Labelled as _;
//! use a2d_data::mnist::{self, Split};
//! # let data = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data"));
//!
//! let sample = mnist::load(&data.join("sample/mnist"), Split::Test)?;
//! assert_eq!(sample.len(), 2000);
//! assert_eq!(sample.labels()[0], 7);
//! # Ok::<(), a2d_data::Error>(())
//! ```

mod ahead;
mod archive;
mod array;
pub mod cifar10;
mod classes_in_turn;
mod data_set;
mod dataset;
mod digest;
mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
mod file;
mod framing;
pub mod idx;
mod image_file;
mod image_folder;
mod image_source;
mod imagenet;
mod images;
mod input_file;
mod jpeg;
mod labelled;
mod labels;
mod layout;
mod listing;
pub mod mnist;
pub mod npy;
mod packed;
mod photo;
mod pickle;
pub mod png;
mod problem;
mod published;
mod raster;
mod reading;
mod resample;
mod split;
mod state_dict;
mod tensor;
mod webp;
mod with_labels;
mod zip;

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use ahead::read_ahead;
pub use classes_in_turn::ClassesInTurn;
pub use data_set::{DataSet, Opened};
pub use dataset::Dataset;
pub use digest::Digest;
pub use error::{Error, Result};
pub use file::MAX_BYTES;
pub use framing::Framing;
pub use image_file::{ImageFile, file_of, read_images};
pub use image_folder::ImageFolder;
pub use image_source::ImageSource;
pub use images::Images;
pub use labelled::Labelled;
pub use labels::read_labels;
pub use listing::{files_in, has_classes};
pub use reading::{Axes, Reading};
pub use split::Split;
pub use state_dict::{NamedTensor, state_dict};
pub use with_labels::WithLabels;
