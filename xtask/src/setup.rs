//! `cargo xtask setup`: finds libtorch and links it as `.libtorch` in the root of the workspace,
//! where `.cargo/config.toml` points `LIBTORCH` to.
//!
//! It is looked for, in this order, in the environment (`$LIBTORCH_USE_PYTORCH`, `$LIBTORCH`), behind the link
//! of an earlier run, in the user's cache, in the Python package, and in the official archive. What is
//! downloaded is verified against a SHA-256 and stays in the cache, for every checkout.

mod archive;
mod cache;
mod environment;
mod hashes;
mod installation;
mod link;
mod program;
mod unpack;
mod wheel;

use crate::say::say;
use crate::workspace;
use anyhow::Result;
use cache::Way;
pub(crate) use cache::{Cache, STAGED};
pub(crate) use program::{PYTHON, run as run_program};

/// The one version that tch's bindings are made for.
const VERSION: &str = "2.13.0";

/// The ways to download libtorch, in the order in which they are tried.
///
/// The hashes of the Python package are known here; that of the official archive is the user's to give.
const WAYS: &[Way] = &[
    Way { name: "the Python package", fetch: wheel::fetch },
    Way { name: "the official archive", fetch: archive::fetch },
];

/// Makes libtorch available; does nothing when it is already.
pub(crate) fn run() -> Result<()> {
    let link = workspace::root().join(".libtorch");
    let libtorch = match environment::libtorch(&link)? {
        Some(named) => named,
        None if installation::check(&link).is_ok() => link.canonicalize()?,
        None => Cache::of_user()?.libtorch(WAYS)?,
    };
    link::point(&link, &libtorch)?;
    say(format_args!("libtorch {VERSION} is {}", libtorch.display()));
    Ok(())
}
