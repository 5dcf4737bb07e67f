//! Files that are there in whole or as they were, whenever the task is interrupted.

use crate::{Error, Result};
use std::fs;
use std::path::Path;

/// Writes a file, and the folders it is in.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::system(format!("make {}", folder.display())))?;
    Ok(a2d_file::write_text(path, text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_the_place_of_the_one_before_in_folders_made_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/RESULTS.md");
        for text in ["a longer page\n", "a page\n"] {
            write(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert!(write(folder.path(), "").is_err());
    }
}
