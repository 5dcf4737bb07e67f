//! Images from a file of any known format.

use crate::{Error, Images, Result, file, idx, npy, png};
use std::path::Path;

/// Reads images from an npy, PNG or (gzipped) IDX file. The content tells the format, the name
/// does not count.
///
/// # Errors
/// When the content is of no known format, and as [`npy::read_images`], [`png::read`] and
/// [`idx::read_images`].
pub fn read_images(path: &Path) -> Result<Images> {
    let bytes = file::read(path)?;
    if bytes.starts_with(npy::MAGIC) {
        npy::parse_images(path, &bytes)
    } else if bytes.starts_with(png::MAGIC) {
        png::parse(path, &bytes)
    } else if bytes.starts_with(idx::MAGIC) || bytes.starts_with(idx::GZIP_MAGIC) {
        idx::parse_images(path, &bytes)
    } else {
        Err(Error::UnknownFormat { path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array4, Axis};

    #[test]
    fn content_tells_the_format() {
        let dir = tempfile::tempdir().unwrap();
        let images = Images::new(Array4::from_elem((1, 1, 2, 3), 0.2)).unwrap();
        let path = dir.path().join("misleading.txt");
        let gz = dir.path().join("images.gz");
        idx::write_images(&path, &images).unwrap();
        assert_eq!(read_images(&path).unwrap(), images);
        npy::write_images(&path, &images).unwrap();
        assert_eq!(read_images(&path).unwrap(), images);
        png::write(&path, images.view().index_axis(Axis(0), 0)).unwrap();
        assert_eq!(read_images(&path).unwrap(), images);
        idx::write_images(&gz, &images).unwrap();
        std::fs::rename(&gz, &path).unwrap();
        assert_eq!(read_images(&path).unwrap(), images);
    }

    #[test]
    fn unknown_content_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for content in [&b""[..], b"GIF89a"] {
            std::fs::write(file.path(), content).unwrap();
            let error = read_images(file.path()).unwrap_err();
            assert!(error.is_bad_input());
            assert!(error.to_string().contains("npy, PNG or (gzipped) IDX"), "{error}");
        }
    }
}
