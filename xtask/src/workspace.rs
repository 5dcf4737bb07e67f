//! Where the workspace is, and how to call cargo in it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the workspace's manifest.
///
/// Cargo names it anew at each run; the path compiled in is stale once the checkout has moved with its target folder.
pub(crate) fn root() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// The cargo that runs this task, called in the root of the workspace.
///
/// It is not told of the package that cargo runs now: build scripts that ask for such variables would
/// run again each time a task and a plain cargo take turns.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        }) {
            cargo.env_remove(name);
        }
    }
    cargo.current_dir(root());
    cargo
}
