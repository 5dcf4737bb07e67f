//! The data sets that are known by name.

#[cfg(feature = "fetch")]
use crate::fetch::{Fetched, Progress};
use crate::{Labelled, Result, Split, cifar10, imagenet, mnist};
use std::path::Path;

/// A data set that is known by name.
///
/// ```
/// use a2d_data::{DataSet, Split};
/// # let data = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data"));
///
/// let mnist = DataSet::of_shape([1, 28, 28]).expect("MNIST has this shape");
/// let opened = mnist.open(&data.join("sample"), Split::Test)?;
/// assert_eq!((opened.title, opened.source.classes()), ("MNIST", 10));
/// # Ok::<(), a2d_data::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DataSet {
    /// What commands call it, and what its folder is called: `mnist`.
    pub name: &'static str,
    /// Channels, height and width of its images.
    pub shape: [usize; 3],
    /// Opens a split in a folder.
    pub(crate) open: fn(&Path, Split) -> Result<Opened>,
    /// Gets the files into a folder.
    #[cfg(feature = "fetch")]
    pub(crate) fetch: Fetch,
}

/// Gets files into a folder, and says how far it is.
#[cfg(feature = "fetch")]
pub(crate) type Fetch = fn(&Path, &mut dyn FnMut(Progress<'_>)) -> Result<Fetched>;

/// An open split of a data set.
pub struct Opened {
    /// What results on these images are called, such as `MNIST` or `CIFAR-10 (JPEG)`.
    pub title: &'static str,
    /// The images and their true classes, in an order whose beginning has images of all classes.
    pub source: Box<dyn Labelled>,
}

impl DataSet {
    /// All that are known.
    pub const ALL: [Self; 3] = [mnist::DATA_SET, cifar10::DATA_SET, imagenet::DATA_SET];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name == name)
    }

    /// The first whose images have this shape, \[C, H, W\].
    pub fn of_shape(shape: [usize; 3]) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.shape == shape)
    }

    /// Opens a split in the data set's folder within `root`.
    ///
    /// # Errors
    /// When files are missing, or not those of the data set.
    pub fn open(&self, root: &Path, split: Split) -> Result<Opened> {
        (self.open)(&root.join(self.name), split)
    }

    /// Gets the files of the data set into its folder within `root`, each verified.
    ///
    /// # Errors
    /// When no source has the right files, or the folder cannot be written.
    #[cfg(feature = "fetch")]
    pub fn fetch(&self, root: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Fetched> {
        (self.fetch)(&root.join(self.name), progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_shapes_tell_data_sets_apart() {
        for set in DataSet::ALL {
            assert_eq!(DataSet::named(set.name).unwrap().shape, set.shape);
            assert_eq!(DataSet::of_shape(set.shape).unwrap().name, set.name);
        }
        assert!(DataSet::named("MNIST").is_none() && DataSet::of_shape([3, 224, 225]).is_none());
    }

    #[test]
    fn a_data_set_lies_in_a_folder_of_its_name() {
        let root = tempfile::tempdir().unwrap();
        for set in DataSet::ALL {
            let message = set.open(root.path(), Split::Test).map(|_| ()).unwrap_err().to_string();
            let folder = root.path().join(set.name);
            assert!(message.contains(&*folder.to_string_lossy()), "{message}");
            let [fetched, asked_for] = [format!("a2d data fetch {}", set.name), "terms".into()];
            assert!(message.contains(&fetched) || message.contains(&asked_for), "{message}");
        }
    }
}
