//! Images from a file of any known format, one at a time.

use crate::error::one_line;
use crate::input_file::InputFile;
use crate::layout::Layout;
use crate::whole::Whole;
use crate::{Error, ImageSource, Images, Result, idx, image_source, images, npy, png};
use std::borrow::Cow;
use std::path::Path;

/// A file of images that is read image by image, so that memory holds only those at hand.
///
/// Rows of npy and plain IDX files stay on disk until they are wanted, and there may be any number
/// of them. A gzipped IDX file and an npy file in Fortran order have no rows that could be read by
/// themselves; they are held in memory from the first row on. A PNG image is decoded when it is wanted.
///
/// [`open`](Self::open) reads no more than the header, which gives the [`shape`](ImageSource::shape), and
/// compares it with the length of the file where the content is not compressed; each row is checked when it
/// is read. Once [`digest`](ImageSource::digest) has read all of them, [`row`](ImageSource::row)
/// fails only where the file system does or where the file changed since it was opened, as its
/// length and time of modification tell. A file that another one replaced under its name is read on
/// as it was, or refused; any number of files may be open.
///
/// ```
/// use a2d_data::{ImageFile, ImageSource, Images, npy};
/// use ndarray::Array4;
///
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("images.npy");
/// let images = Images::new(Array4::from_elem((1000, 1, 4, 4), 0.5))?;
/// npy::write_images(&path, &images)?;
///
/// let file = ImageFile::open(&path)?;
/// assert_eq!((file.len(), file.shape()), (1000, [1, 4, 4]));
/// assert_eq!(file.row(999)?, [0.5; 16]);
/// assert_eq!(file.digest()?, images.digest());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ImageFile(Content);

#[derive(Debug)]
enum Content {
    OnDisk {
        file: InputFile,
        /// What the file was read as, such as "IDX images".
        format: &'static str,
        layout: Layout,
    },
    Whole(Whole),
}

impl ImageFile {
    /// Opens an npy (`float32` or `float64`, N x C x H x W), PNG or (gzipped) IDX file. The content
    /// tells the format, the name does not count.
    ///
    /// # Errors
    /// When the file cannot be read, its content is of no known format, or its header claims
    /// another type or shape than images have, or more or less than the file holds.
    pub fn open(path: &Path) -> Result<Self> {
        let file = InputFile::open(path)?;
        let head = file.head(png::MAGIC.len())?;
        if head.starts_with(npy::MAGIC) {
            npy::open(file)
        } else if head.starts_with(png::MAGIC) {
            png::open(file)
        } else if head.starts_with(idx::MAGIC) || head.starts_with(idx::GZIP_MAGIC) {
            idx::open(file)
        } else {
            let (content, expected) = ("images", "an npy, PNG or (gzipped) IDX file");
            Err(Error::UnknownFormat { path: path.to_owned(), content, expected })
        }
    }

    /// The file whose rows lie on disk like this.
    pub(crate) fn on_disk(file: InputFile, format: &'static str, layout: Layout) -> Self {
        Self(Content::OnDisk { file, format, layout })
    }

    /// The file that is read as a whole.
    pub(crate) fn whole(whole: Whole) -> Self {
        Self(Content::Whole(whole))
    }

    /// All images, as [`ImageSource::images`], but without a copy of those that are in memory
    /// already.
    ///
    /// # Errors
    /// As [`ImageSource::images`].
    pub fn into_images(self) -> Result<Images> {
        match self.0 {
            Content::OnDisk { .. } => self.images(),
            Content::Whole(whole) => whole.into_images(),
        }
    }
}

impl ImageSource for ImageFile {
    fn len(&self) -> usize {
        match &self.0 {
            Content::OnDisk { layout, .. } => layout.dims[0],
            Content::Whole(whole) => whole.dims[0],
        }
    }

    fn shape(&self) -> [usize; 3] {
        match &self.0 {
            Content::OnDisk { layout, .. } => layout.shape(),
            Content::Whole(Whole { dims: [_, channels, height, width], .. }) => {
                [*channels, *height, *width]
            }
        }
    }

    fn row(&self, row: usize) -> Result<Vec<f32>> {
        let (file, format, layout) = match &self.0 {
            Content::OnDisk { file, format, layout } => (file, format, layout),
            Content::Whole(whole) => return whole.images()?.row(row),
        };
        if row >= self.len() {
            return Err(Error::Row { row, len: self.len() });
        }
        let mut bytes = vec![0; layout.image_bytes()];
        file.read_at(layout.start + row as u64 * bytes.len() as u64, &mut bytes)?;
        let pixels = layout.encoding.decode(&bytes);
        images::check(&pixels, row, layout.shape())
            .map_err(|problem| Error::malformed(file.path(), format, one_line(problem)))?;
        Ok(pixels)
    }

    fn images(&self) -> Result<Images> {
        match &self.0 {
            Content::OnDisk { .. } => image_source::read_rows(self, 0..self.len()),
            Content::Whole(whole) => whole.images().map(Cow::into_owned),
        }
    }
}

/// Reads images from an npy, PNG or (gzipped) IDX file into memory. The content tells the format,
/// the name does not count.
///
/// # Errors
/// As [`ImageFile::open`] and [`ImageSource::images`].
pub fn read_images(path: &Path) -> Result<Images> {
    ImageFile::open(path)?.into_images()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file;
    use ndarray::{Array4, Axis};
    use std::io::Write;

    fn ramp() -> Images {
        let pixels = (0_u8..18).map(|value| f32::from(value) / 255.0).collect();
        Images::new(Array4::from_shape_vec((3, 1, 2, 3), pixels).unwrap()).unwrap()
    }

    #[test]
    fn content_tells_the_format() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("misleading.txt");
        let gz = dir.path().join("images.gz");
        let gives = |images: &Images| {
            let file = ImageFile::open(&path).unwrap();
            assert_eq!((file.len(), file.shape()), (images.len(), [1, 2, 3]));
            for row in (0..file.len()).rev() {
                assert_eq!(file.row(row).unwrap(), images.row(row).unwrap());
            }
            assert_eq!(file.digest().unwrap(), images.digest());
            assert_eq!(&file.images().unwrap(), images);
            assert_eq!(&read_images(&path).unwrap(), images);
            let error = file.row(file.len()).unwrap_err().to_string();
            assert!(error.contains(&format!("there are {}", file.len())), "{error}");
        };
        idx::write_images(&path, &ramp()).unwrap();
        gives(&ramp());
        npy::write_images(&path, &ramp()).unwrap();
        gives(&ramp());
        idx::write_images(&gz, &ramp()).unwrap();
        std::fs::rename(&gz, &path).unwrap();
        gives(&ramp());
        png::write(&path, ramp().view().index_axis(Axis(0), 1)).unwrap();
        gives(&ramp().select(&[1]).unwrap());
    }

    #[test]
    fn unknown_content_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for content in [&b""[..], b"GIF89a"] {
            std::fs::write(file.path(), content).unwrap();
            let error = ImageFile::open(file.path()).map(drop).unwrap_err();
            assert!(error.is_bad_input());
            assert!(error.to_string().contains("npy, PNG or (gzipped) IDX"), "{error}");
        }
    }

    #[test]
    fn a_bad_pixel_spoils_its_row_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("images.npy");
        npy::write_images(&path, &ramp()).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 4;
        bytes[last..].copy_from_slice(&1.5_f32.to_le_bytes());
        std::fs::write(&path, bytes).unwrap();
        let file = ImageFile::open(&path).unwrap();
        assert_eq!(file.row(1).unwrap(), ramp().row(1).unwrap());
        for result in [file.row(2).map(drop), file.digest().map(drop), file.images().map(drop)] {
            let error = result.unwrap_err();
            assert!(error.is_bad_input());
            let error = error.to_string();
            assert!(
                error.contains("images.npy as npy images: pixel [2, 0, 1, 2] is 1.5"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_file_that_changes_is_refused_and_one_that_is_replaced_is_read_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("images");
        idx::write_images(&path, &ramp()).unwrap();
        let file = ImageFile::open(&path).unwrap();
        file::write(&path, |file| file.write_all(b"another file")).unwrap();
        assert_eq!(file.row(2).unwrap(), ramp().row(2).unwrap());

        idx::write_images(&path, &ramp()).unwrap();
        let file = ImageFile::open(&path).unwrap();
        let writer = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        (&writer).write_all(b"more").unwrap();
        let error = file.row(0).unwrap_err().to_string();
        assert!(error.contains("the file changed while it was in use"), "{error}");
    }
}
