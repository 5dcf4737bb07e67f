//! Image data: IDX, PNG and npy files, image folders, MNIST, CIFAR-10, download and verification.
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

pub mod cifar10;
mod classes_in_turn;
mod data_set;
mod dataset;
mod digest;
mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
mod file;
pub mod idx;
mod image_file;
mod image_folder;
mod image_source;
mod images;
mod input_file;
mod jpeg;
mod labelled;
mod labels;
mod layout;
pub mod mnist;
pub mod npy;
mod planes;
pub mod png;
mod published;
mod split;
mod whole;
mod with_labels;

pub use classes_in_turn::ClassesInTurn;
pub use data_set::{DataSet, Opened};
pub use dataset::Dataset;
pub use digest::Digest;
pub use error::{Error, Result};
pub use file::MAX_BYTES;
pub use image_file::{ImageFile, read_images};
pub use image_folder::{Framing, ImageFolder};
pub use image_source::ImageSource;
pub use images::Images;
pub use labelled::Labelled;
pub use labels::read_labels;
pub use split::Split;
pub use with_labels::WithLabels;
