//! Images from a file of any known format, one at a time.

use crate::array::Array;
use crate::input_file::InputFile;
use crate::jpeg::{self, JPEG};
use crate::photo::Photo;
use crate::png::{self, PNG};
use crate::problem::Problem;
use crate::webp::{self, WEBP};
use crate::{Error, ImageSource, Images, Reading, Result, archive, idx, npy, zip};
use std::path::{Path, PathBuf};

/// The most bytes that tell the format.
const HEAD: usize = 12;

/// A file of images that is read image by image, so that memory holds only those at hand.
///
/// Rows of npy files, stored npz files, tensors and plain IDX files stay on disk until they are wanted, and
/// there may be any number of them. A gzipped IDX file, a compressed npz file and an array in Fortran order
/// have no rows that could be read by themselves; they are held in memory from the first row on. A PNG, JPEG
/// or WebP image is decoded when it is wanted. What Exif says of its orientation does not count, as in
/// torchvision.
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
pub struct ImageFile {
    file: InputFile,
    content: Content,
    reading: Reading,
    shape: [usize; 3],
}

#[derive(Debug)]
enum Content {
    Array(Array),
    Photo {
        format: &'static Photo,
        /// As it is in the file.
        shape: [usize; 3],
    },
}

impl ImageFile {
    /// Opens an npy, npz, PyTorch tensor (`float32`, `float64`, `float16` or `uint8`, N x C x H x W), PNG,
    /// JPEG, WebP or (gzipped) IDX file. The content tells the format, the name does not count. Of several
    /// arrays in an npz file one is named after a colon: `a.npz:x`.
    ///
    /// # Errors
    /// When the file cannot be read, its content is of no known format, or its header claims
    /// another type or shape than images have, or more or less than the file holds.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_as(path, Reading::default())
    }

    /// Opens a file as [`open`](Self::open) does, whose images are wanted otherwise than they are in it.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when the images are too small to be cut out of.
    pub fn open_as(path: &Path, reading: Reading) -> Result<Self> {
        let (path, member) = archive::split(path);
        Self::of_input(InputFile::open(&path)?, member, reading)
    }

    /// The images of a file that came by another way, of whose content these are the bytes. Errors call it by `name`,
    /// of which nothing else depends.
    ///
    /// # Errors
    /// As [`open_as`](Self::open_as).
    pub fn of_bytes(name: &str, bytes: Vec<u8>, reading: Reading) -> Result<Self> {
        Self::of_input(InputFile::of_bytes(name, bytes), None, reading)
    }

    /// The images of a file, or of a member of it.
    fn of_input(file: InputFile, member: Option<String>, reading: Reading) -> Result<Self> {
        let head = file.head(HEAD)?;
        let axes = reading.axes;
        if head.starts_with(zip::MAGIC) {
            let open = |file: &_| archive::open(file, member.as_deref(), axes);
            return Self::of_array(file, archive::FORMAT, open, reading);
        }
        if let Some(name) = member {
            let problem = format!("expected an npz file, as the array {name:?} is to be in it");
            return Err(Error::malformed(file.path(), archive::FORMAT, problem));
        }
        if head.starts_with(npy::MAGIC) {
            Self::of_array(file, npy::FORMAT, |file| npy::open(file, axes), reading)
        } else if head.starts_with(idx::MAGIC) || head.starts_with(idx::GZIP_MAGIC) {
            Self::of_array(file, idx::FORMAT, idx::open, reading)
        } else if head.starts_with(png::MAGIC) {
            Self::of_photo(file, &PNG, reading)
        } else if head.starts_with(jpeg::MAGIC) {
            Self::of_photo(file, &JPEG, reading)
        } else if webp::is_webp(&head) {
            Self::of_photo(file, &WEBP, reading)
        } else {
            let content = "images";
            let expected = "an npy, npz, PyTorch tensor, PNG, JPEG, WebP or (gzipped) IDX file";
            Err(Error::UnknownFormat { path: file.path().to_owned(), content, expected })
        }
    }

    /// Channels, height and width of an image as it is in the file, before it is read as was asked for.
    pub fn stored_shape(&self) -> [usize; 3] {
        match &self.content {
            Content::Array(array) => array.shape(),
            Content::Photo { shape, .. } => *shape,
        }
    }

    /// The file, which is an array of this format.
    pub(crate) fn of_array(
        file: InputFile,
        format: &'static str,
        open: impl FnOnce(&InputFile) -> std::result::Result<Array, Problem>,
        reading: Reading,
    ) -> Result<Self> {
        let array = open(&file).and_then(|array| Ok((reading.shape(array.shape())?, array)));
        let (shape, array) = array.map_err(|problem| problem.of(file.path(), format))?;
        Ok(Self { file, content: Content::Array(array), reading, shape })
    }

    /// The file, which is an image of this format.
    pub(crate) fn of_photo(
        file: InputFile,
        format: &'static Photo,
        reading: Reading,
    ) -> Result<Self> {
        let found = format.checked_shape(&file);
        let found = found.and_then(|shape| Ok((reading.shape(shape)?, shape)));
        let (shape, of_file) = found.map_err(|problem| problem.of(file.path(), format.name))?;
        Ok(Self { file, content: Content::Photo { format, shape: of_file }, reading, shape })
    }
}

/// The file on disk that the images of this path are in: of `a.npz:x` it is `a.npz`.
pub fn file_of(path: &Path) -> PathBuf {
    archive::split(path).0
}

impl ImageSource for ImageFile {
    fn len(&self) -> usize {
        match &self.content {
            Content::Array(array) => array.len(),
            Content::Photo { .. } => 1,
        }
    }

    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn row(&self, row: usize) -> Result<Vec<f32>> {
        if row >= self.len() {
            return Err(Error::Row { row, len: self.len() });
        }
        let (format, raster) = match &self.content {
            Content::Array(array) => (array.format, array.row(&self.file, row)),
            Content::Photo { format, shape } => (format.name, format.raster(&self.file, *shape)),
        };
        let pixels =
            raster.and_then(|raster| Ok(self.reading.apply(raster)?.samples.into_pixels()));
        pixels.map_err(|problem| problem.of(self.file.path(), format))
    }
}

/// Reads images from a file of any known format into memory. The content tells the format, the name does not
/// count.
///
/// # Errors
/// As [`ImageFile::open`] and [`ImageSource::images`].
pub fn read_images(path: &Path) -> Result<Images> {
    ImageFile::open(path)?.images()
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
    fn bytes_are_read_as_their_file_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("images");
        let reading = Reading { channels: Some(3), ..Reading::default() };
        let gives = |count: usize| {
            let bytes = std::fs::read(&path).unwrap();
            let [of_bytes, of_file] = [
                ImageFile::of_bytes("sent", bytes.clone(), reading).unwrap(),
                ImageFile::open_as(&path, reading).unwrap(),
            ];
            assert_eq!((of_bytes.len(), of_bytes.shape()), (count, [3, 2, 3]));
            assert_eq!(of_bytes.stored_shape(), [1, 2, 3]);
            assert_eq!(of_bytes.images().unwrap(), of_file.images().unwrap());
            let cut = bytes[..bytes.len() - 1].to_vec();
            let error = ImageFile::of_bytes("sent", cut, reading).and_then(|file| file.images());
            assert!(error.unwrap_err().to_string().starts_with("cannot read sent"));
        };
        idx::write_images(&path, &ramp()).unwrap();
        gives(3);
        npy::write_images(&path, &ramp()).unwrap();
        gives(3);
        png::write(&path, ramp().view().index_axis(Axis(0), 1)).unwrap();
        gives(1);
    }

    #[test]
    fn unknown_content_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for content in [&b""[..], b"GIF89a"] {
            std::fs::write(file.path(), content).unwrap();
            let error = ImageFile::open(file.path()).map(drop).unwrap_err();
            assert!(error.is_bad_input());
            assert!(
                error
                    .to_string()
                    .contains("npy, npz, PyTorch tensor, PNG, JPEG, WebP or (gzipped) IDX"),
                "{error}"
            );
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
