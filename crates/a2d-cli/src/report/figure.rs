//! Figures as files of their own.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::text_file;

/// A figure with the name of its file.
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) svg: String,
}

/// Writes each figure as an SVG file in `folder`, which is made if need be.
pub(crate) fn write(folder: &Path, figures: &[Figure]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("make folder {}", folder.display()))?;
    for Figure { name, svg } in figures {
        text_file::write(&folder.join(format!("{name}.svg")), svg)?;
    }
    Ok(())
}
