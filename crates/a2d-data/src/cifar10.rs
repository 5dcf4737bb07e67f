//! CIFAR-10: colour images of 32 x 32 pixels in ten classes, 50,000 for training and 10,000 for
//! testing.
//!
//! A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", University of Toronto,
//! 2009, chapter 3. Files and their layout: <https://www.cs.toronto.edu/~kriz/cifar.html>.

pub(crate) mod batch;
mod batches;

use crate::error::one_line;
use crate::{
    ClassesInTurn, DataSet, Dataset, Error, ImageFolder, ImageSource as _, Labelled, Opened,
    Reading, Result, Split, WithLabels,
};
use batches::Batches;
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

/// CIFAR-10 among the data sets that are known by name. The images of a folder come in turn, one of each
/// class.
pub(crate) const DATA_SET: DataSet = DataSet {
    name: "cifar10",
    shape: [3, 32, 32],
    open: |dir, split| {
        let (source, title): (Box<dyn Labelled>, _) = match self::open(dir, split)? {
            Cifar10::Original(batches) => (Box::new(batches), Edition::Original.name()),
            Cifar10::Jpeg(folder) => (Box::new(ClassesInTurn::new(folder)), Edition::Jpeg.name()),
        };
        Ok(Opened { title, source })
    },
    #[cfg(feature = "fetch")]
    fetch: crate::fetch::cifar10,
};

/// A split of one of the editions.
enum Cifar10 {
    Original(WithLabels<Batches>),
    Jpeg(ImageFolder),
}

/// Loads a split as images `[N, 3, 32, 32]` in RGB with labels 0 to 9 in the order of [`CLASSES`],
/// and says where they come from.
///
/// `dir` holds the official binary files, `data_batch_1.bin` to `data_batch_5.bin` and
/// `test_batch.bin`, whose rows keep their order; or else folders of JPEG images,
/// `train/<class>/*.jpg` and `test/<class>/*.jpg`, of which there may be any number and which come
/// in the order of class and name: the first are all airplanes.
///
/// The training images take 614 MB; those of [`DataSet`] are read one at a time.
///
/// # Errors
/// When neither is there; a binary file has not exactly 10,000 records or a label above 9; or the
/// folders of the classes are others than [`CLASSES`], a file is not a JPEG image or an image is
/// damaged or not of 32 x 32 pixels.
pub fn load(dir: &Path, split: Split) -> Result<(Dataset, Edition)> {
    match open(dir, split)? {
        Cifar10::Original(batches) => Ok((batches.dataset()?, Edition::Original)),
        Cifar10::Jpeg(folder) => Ok((folder.dataset()?, Edition::Jpeg)),
    }
}

fn open(dir: &Path, split: Split) -> Result<Cifar10> {
    let (batches, folder) = match split {
        Split::Train => (&batch::NAMES[..5], "train"),
        Split::Test => (&batch::NAMES[5..], "test"),
    };
    let paths: Vec<PathBuf> = batches.iter().map(|name| dir.join(name)).collect();
    if paths.iter().any(|path| path.exists()) {
        let (batches, labels) = Batches::open(&paths, batch::RECORDS)?;
        let names = CLASSES.map(str::to_owned).to_vec();
        return Ok(Cifar10::Original(WithLabels::new(batches, labels)?.with_class_names(names)?));
    }
    let folder_path = dir.join(folder);
    if folder_path.is_dir() {
        return Ok(Cifar10::Jpeg(open_folder(&folder_path)?));
    }
    Err(Error::Missing {
        dir: dir.to_owned(),
        expected: format!("{} or a folder {folder}", batches[0]),
        remedy: "`a2d data fetch cifar10` gets the data set",
    })
}

/// The folders of the ten classes.
fn open_folder(dir: &Path) -> Result<ImageFolder> {
    let folder = ImageFolder::open(dir, Reading::default())?;
    let malformed = |path: &Path, problem| Error::malformed(path, "CIFAR-10 image folder", problem);
    let classes = folder.class_names().unwrap_or_default();
    if classes != CLASSES {
        let (found, expected) = (one_line(classes.join(", ")), CLASSES.join(", "));
        let problem =
            format!("expected the 10 classes {expected}, found {}: {found}", classes.len());
        return Err(malformed(dir, problem));
    }
    if folder.shape() != DATA_SET.shape {
        let problem = format!("images have shape {:?}, expected [3, 32, 32]", folder.shape());
        return Err(malformed(dir, problem));
    }
    if let Some(path) = folder.paths().iter().find(|path| !has_jpeg_name(path)) {
        return Err(malformed(path, "expected a name that ends in .jpg or .jpeg".to_owned()));
    }
    Ok(folder)
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
    fn binary_files_come_before_folders() {
        let dir = tempfile::tempdir().unwrap();
        write_folder(&dir.path().join("test"), &CLASSES, 32, "0.jpg");
        let (set, edition) = load(dir.path(), Split::Test).unwrap();
        assert_eq!((set.len(), edition.name()), (10, "CIFAR-10 (JPEG)"));
        assert_eq!(set.labels(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(set.class_names().unwrap(), CLASSES);
        for row in 0..10 {
            assert_eq!(set.images().row(row).unwrap(), [(100 + row) as f32 / 255.0; 3072]);
        }

        fs::write(dir.path().join("test_batch.bin"), vec![1; 10_000 * size_of::<Record>()])
            .unwrap();
        let (set, edition) = load(dir.path(), Split::Test).unwrap();
        assert_eq!((set.len(), edition.name()), (10_000, "CIFAR-10"));
        assert!(set.labels().iter().all(|label| *label == 1));
        assert_eq!(set.class_names().unwrap(), CLASSES);
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
