use std::path::{Path, PathBuf};

use anyhow::Context;

/// Writes a file of text, which is whole or not there.
pub(crate) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    a2d_file::write(path, |file| file.write_all(text.as_bytes()))
        .with_context(|| format!("write {}", path.display()))
}

/// The card of an output: `x.npy.card.json` beside `x.npy`. The whole name counts, so that `x.npy` and
/// `x.csv` have cards of their own.
pub(crate) fn card_path(output: &Path) -> PathBuf {
    let mut path = output.as_os_str().to_owned();
    path.push(".card.json");
    path.into()
}
