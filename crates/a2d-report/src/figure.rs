//! Figures as files of their own.

use std::fs;
use std::path::Path;

use crate::Result;

/// A figure with the name of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The name of its file, without `.svg`.
    pub name: String,
    /// The drawing: an `<svg>` element.
    pub svg: String,
}

/// Writes each figure as an SVG file in `folder`, which is made if need be.
///
/// # Errors
/// [`Error::File`](crate::Error::File) if the folder or a file cannot be written.
pub fn write(folder: &Path, figures: &[Figure]) -> Result<()> {
    fs::create_dir_all(folder).map_err(a2d_file::Error::write(folder))?;
    for Figure { name, svg } in figures {
        a2d_file::write_text(&folder.join(format!("{name}.svg")), svg)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_a_file_in_the_folder() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("figures");
        let figure = Figure { name: "costs-bim".into(), svg: "<svg></svg>".into() };
        write(&folder, &[figure]).unwrap();
        assert_eq!(fs::read_to_string(folder.join("costs-bim.svg")).unwrap(), "<svg></svg>");

        let occupied = folder.join("costs-bim.svg");
        let error = write(&occupied, &[]).unwrap_err();
        assert!(!error.is_bad_input() && error.to_string().contains("costs-bim.svg"), "{error}");
    }
}
