//! Files: whole or not there, told by a card, read no further than expected, and written by one process at
//! a time.
//!
//! Every file that a2d leaves behind is [written](fn@write) under another name and renamed when it is
//! complete, so that neither an error nor an interruption leaves a part of one. Its [`Card`] says where it
//! comes from. A [`Plan`] says before any work whether a command can write what it is to write; a
//! [`Journal`] keeps what is done meanwhile.
//!
//! ```
//! use std::io::Write as _;
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("costs.csv");
//! let failed = a2d_file::write(&path, |file| {
//!     file.write_all(b"input,attack")?;
//!     Err(std::io::Error::other("interrupted"))
//! });
//! assert!(failed.is_err() && !path.exists());
//! # Ok::<(), std::io::Error>(())
//! ```

mod card;
mod digest;
mod error;
mod held;
mod identity;
mod input;
mod journal;
mod links;
mod lock;
mod plan;
mod target;
mod whole;

use std::path::{Path, PathBuf};

/// Compiles and runs what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use card::{Card, format as card_format, path as card_path};
pub use digest::sha256;
pub use error::{Error, Result};
pub use input::{MAX_TEXT, open, read, read_text};
pub use journal::{Journal, Snapshot};
pub use lock::Lock;
pub use plan::{Claim, Plan};
pub use target::check_target;
pub use whole::{write, write_text};

/// A file that lies beside another: its whole name counts.
fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}
