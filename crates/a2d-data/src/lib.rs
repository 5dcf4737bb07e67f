//! Image data: IDX, PNG and npy files, MNIST, download and verification.
//!
//! [`Images`] are checked once, when they are made; every reader returns them. [`read_images`]
//! reads any known format. A [`Dataset`] adds labels.
//!
//! ```
//! use a2d_data::mnist::{self, Split};
//! # let data = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data"));
//!
//! let sample = mnist::load(&data.join("sample/mnist"), Split::Test)?;
//! assert_eq!(sample.len(), 2000);
//! assert_eq!(sample.labels()[0], 7);
//! # Ok::<(), a2d_data::Error>(())
//! ```

mod dataset;
mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
mod file;
pub mod idx;
mod images;
pub mod mnist;
pub mod npy;
mod open;
pub mod png;

pub use dataset::Dataset;
pub use error::{Error, Result};
pub use file::MAX_BYTES;
pub use images::Images;
pub use open::read_images;
