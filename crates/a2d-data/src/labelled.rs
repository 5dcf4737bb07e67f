//! Images with their true classes, read one at a time.

use crate::{Dataset, ImageSource, Result};

/// Images that are read one at a time, and the true class of each.
///
/// ```
/// use a2d_data::mnist::{self, Split};
/// use a2d_data::{ImageSource, Labelled};
/// # let data = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data"));
///
/// let sample = mnist::open(&data.join("sample/mnist"), Split::Test)?;
/// assert_eq!((sample.len(), sample.classes()), (2000, 10));
/// assert_eq!(sample.labels()[..3], [7, 2, 1]);
/// assert_eq!(sample.row(1)?.len(), 28 * 28);
/// # Ok::<(), a2d_data::Error>(())
/// ```
pub trait Labelled: ImageSource {
    /// The class of each image, as many as there are images, each below [`classes`](Self::classes).
    fn labels(&self) -> &[u32];

    /// The number of classes.
    fn classes(&self) -> usize;

    /// The name of each class, in the order of their numbers, where they are known.
    fn class_names(&self) -> Option<&[String]>;

    /// All images and labels in memory.
    ///
    /// # Errors
    /// As [`ImageSource::images`].
    fn dataset(&self) -> Result<Dataset> {
        let set = Dataset::new(self.images()?, self.labels().to_vec())?;
        match self.class_names() {
            Some(names) => set.with_class_names(names.to_vec()),
            None => set.with_classes(self.classes()),
        }
    }
}
