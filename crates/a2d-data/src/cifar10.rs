//! CIFAR-10: colour images of 32 x 32 pixels in ten classes, 50,000 for training and 10,000 for
//! testing.
//!
//! A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", University of Toronto,
//! 2009, chapter 3. Files and their layout: <https://www.cs.toronto.edu/~kriz/cifar.html>.

pub(crate) mod batch;

use crate::error::one_line;
use crate::{Dataset, Error, Framing, ImageFolder, ImageSource, Images, Result, Split, file};
use ndarray::{Array4, Axis};
use std::path::{Path, PathBuf};

/// The ten classes in the order of their labels, which is that of the alphabet.
pub const CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// Where images come from, which decides what results on them are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edition {
    /// The official binary files.
    Original,
    /// Images that went through JPEG, which changed their pixels.
    Jpeg,
}

impl Edition {
    /// What results on these images are called: "CIFAR-10" or "CIFAR-10 (JPEG)".
    pub fn name(self) -> &'static str {
        match self {
            Self::Original => "CIFAR-10",
            Self::Jpeg => "CIFAR-10 (JPEG)",
        }
    }
}

/// Loads a split as images `[N, 3, 32, 32]` in RGB with labels 0 to 9 in the order of [`CLASSES`],
/// and says where they come from.
///
/// `dir` holds the official binary files, `data_batch_1.bin` to `data_batch_5.bin` and
/// `test_batch.bin`, whose rows keep their order; or else folders of JPEG images,
/// `train/<class>/*.jpg` and `test/<class>/*.jpg`, of which there may be any number and which come
/// in the order of class and name: the first are all airplanes.
///
/// The training images take 614 MB.
///
/// # Errors
/// When neither is there; a binary file has not exactly 10,000 records or a label above 9; or the
/// folders of the classes are others than [`CLASSES`], a file is not a JPEG image or an image is
/// damaged or not of 32 x 32 pixels.
pub fn load(dir: &Path, split: Split) -> Result<(Dataset, Edition)> {
    let (batches, folder) = match split {
        Split::Train => (&batch::NAMES[..5], "train"),
        Split::Test => (&batch::NAMES[5..], "test"),
    };
    let paths: Vec<PathBuf> = batches.iter().map(|name| dir.join(name)).collect();
    if paths.iter().any(|path| path.exists()) {
        return Ok((read_batches(&paths, batch::RECORDS)?, Edition::Original));
    }
    let folder_path = dir.join(folder);
    if folder_path.is_dir() {
        return Ok((read_folder(&folder_path)?, Edition::Jpeg));
    }
    Err(Error::Missing {
        dir: dir.to_owned(),
        expected: format!("{} or a folder {folder}", batches[0]),
        data_set: "cifar10",
    })
}

/// The images of binary files with `records` records each.
fn read_batches(paths: &[PathBuf], records: usize) -> Result<Dataset> {
    let len = paths.len() * records;
    let mut labels = Vec::with_capacity(len);
    let mut images = Array4::zeros((len, 3, 32, 32));
    for (path, mut images) in paths.iter().zip(images.axis_chunks_iter_mut(Axis(0), records)) {
        let bytes = file::read(path, (records * size_of::<batch::Record>()) as u64)?;
        let records = batch::records(&bytes, records)
            .map_err(|problem| Error::malformed(path, "CIFAR-10 batch", problem))?;
        for ([label, bytes @ ..], mut image) in records.iter().zip(images.outer_iter_mut()) {
            labels.push(*label);
            let pixels = bytes.iter().map(|&byte| f32::from(byte) / 255.0);
            image.iter_mut().zip(pixels).for_each(|(pixel, read)| *pixel = read);
        }
    }
    Dataset::new(Images::new(images)?, labels)
}

/// The images of the folders of the ten classes.
fn read_folder(dir: &Path) -> Result<Dataset> {
    let folder = ImageFolder::open(dir, Framing::default())?;
    let malformed = |path: &Path, problem| Error::malformed(path, "CIFAR-10 image folder", problem);
    let classes = folder.classes();
    if classes != CLASSES {
        let (found, expected) = (one_line(classes.join(", ")), CLASSES.join(", "));
        let problem =
            format!("expected the 10 classes {expected}, found {}: {found}", classes.len());
        return Err(malformed(dir, problem));
    }
    if folder.shape() != [3, 32, 32] {
        let problem = format!("images have shape {:?}, expected [3, 32, 32]", folder.shape());
        return Err(malformed(dir, problem));
    }
    if let Some(path) = folder.paths().iter().find(|path| !has_jpeg_name(path)) {
        return Err(malformed(path, "expected a name that ends in .jpg or .jpeg".to_owned()));
    }
    let labels = folder.labels().iter().map(|&label| label as u8).collect();
    Dataset::new(folder.images()?, labels)
}

fn has_jpeg_name(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["jpg", "jpeg"].iter().any(|jpeg| extension.eq_ignore_ascii_case(jpeg))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use batch::Record;
    use image::{ImageFormat, Rgb, RgbImage};
    use std::fs;

    /// A record whose red, green and blue are these everywhere, but red is 0 in the last pixel.
    fn record(label: u8, color: [u8; 3]) -> Vec<u8> {
        let mut planes = color.map(|value| vec![value; 32 * 32]);
        planes[0][32 * 32 - 1] = 0;
        [vec![label], planes.concat()].concat()
    }

    /// An image folder with one gray image of `side` x `side` pixels for each class.
    fn write_folder(dir: &Path, classes: &[&str], side: u32, name: &str) {
        for (value, class) in (100..).zip(classes) {
            let class = dir.join(class);
            fs::create_dir_all(&class).unwrap();
            let image = RgbImage::from_pixel(side, side, Rgb([value; 3]));
            image.save_with_format(class.join(name), ImageFormat::Jpeg).unwrap();
        }
    }

    #[test]
    fn records_are_planes_of_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| dir.path().join(name));
        let records = [record(3, [51, 102, 255]), record(9, [0, 1, 2]), record(0, [3, 4, 5])];
        fs::write(&paths[0], records[..2].concat()).unwrap();
        fs::write(&paths[1], [&*records[2], &*records[0]].concat()).unwrap();
        let set = read_batches(&paths, 2).unwrap();
        assert_eq!(set.labels(), [3, 9, 0, 3]);
        assert_eq!(set.images().shape(), [3, 32, 32]);
        let first = set.images().row(0).unwrap();
        assert_eq!(first, set.images().row(3).unwrap());
        assert_eq!(first[1022..1025], [0.2, 0.0, 0.4]);
        assert_eq!(first[2048..], [1.0; 1024]);
        fs::write(&paths[1], &*records[2]).unwrap();
        let error = read_batches(&paths, 2).unwrap_err().to_string();
        assert!(
            error.contains("b as CIFAR-10 batch: the file has 1 records, expected 2"),
            "{error}"
        );
    }

    #[test]
    fn binary_files_come_before_folders() {
        let dir = tempfile::tempdir().unwrap();
        write_folder(&dir.path().join("test"), &CLASSES, 32, "0.jpg");
        let (set, edition) = load(dir.path(), Split::Test).unwrap();
        assert_eq!((set.len(), edition.name()), (10, "CIFAR-10 (JPEG)"));
        assert_eq!(set.labels(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        for row in 0..10 {
            assert_eq!(set.images().row(row).unwrap(), [(100 + row) as f32 / 255.0; 3072]);
        }

        fs::write(dir.path().join("test_batch.bin"), vec![1; 10_000 * size_of::<Record>()])
            .unwrap();
        let (set, edition) = load(dir.path(), Split::Test).unwrap();
        assert_eq!((set.len(), edition.name()), (10_000, "CIFAR-10"));
        assert_eq!(set.labels(), [1; 10_000]);
    }

    #[test]
    fn whatever_is_missing_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let refuses = |split, expected: &str| {
            let error = load(dir.path(), split).unwrap_err();
            assert!(error.is_bad_input());
            assert!(error.to_string().contains(expected), "{error}");
        };
        refuses(Split::Test, "cannot find test_batch.bin or a folder test in ");
        refuses(Split::Train, "`a2d data fetch cifar10` gets the data set");
        fs::write(dir.path().join("data_batch_4.bin"), "").unwrap();
        refuses(Split::Train, "data_batch_1.bin: ");
    }

    #[test]
    fn other_folders_are_refused() {
        let mut reordered = CLASSES;
        reordered[9] = "aardvark";
        let cases: [(&[&str], u32, &str, &str); 5] = [
            (&CLASSES[..9], 32, "0.jpg", "found 9: airplane, automobile, bird,"),
            (&reordered, 32, "0.jpg", "found 10: aardvark, airplane,"),
            (&CLASSES, 28, "0.jpg", "images have shape [3, 28, 28], expected [3, 32, 32]"),
            (&CLASSES, 32, "0.png", "0.png as CIFAR-10 image folder: expected a name that ends in"),
            (&[], 32, "0.jpg", "cannot find test_batch.bin or a folder test"),
        ];
        for (classes, side, name, expected) in cases {
            let dir = tempfile::tempdir().unwrap();
            write_folder(&dir.path().join("test"), classes, side, name);
            let error = load(dir.path(), Split::Test).unwrap_err();
            assert!(error.is_bad_input());
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn an_unreadable_image_is_named() {
        let dir = tempfile::tempdir().unwrap();
        write_folder(&dir.path().join("test"), &CLASSES, 32, "0.JPEG");
        let path = dir.path().join("test/cat/0.JPEG");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 2]).unwrap();
        let error = load(dir.path(), Split::Test).unwrap_err();
        assert!(error.is_bad_input());
        assert!(
            error.to_string().contains("cat/0.JPEG as JPEG: expected an end marker"),
            "{error}"
        );
    }
}
