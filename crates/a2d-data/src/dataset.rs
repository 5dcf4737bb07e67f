//! Images with their true classes.

use crate::{Error, Images, Result};
use std::ops::Range;

/// Images and, for each, its true class.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    images: Images,
    labels: Vec<u8>,
}

#[expect(clippy::len_without_is_empty, reason = "there is always at least one image")]
impl Dataset {
    /// A data set of images and as many labels.
    ///
    /// # Errors
    /// When there are more or fewer labels than images.
    pub fn new(images: Images, labels: Vec<u8>) -> Result<Self> {
        if images.len() == labels.len() {
            Ok(Self { images, labels })
        } else {
            Err(Error::Lengths { images: images.len(), labels: labels.len() })
        }
    }

    /// The images.
    pub fn images(&self) -> &Images {
        &self.images
    }

    /// The label of each image.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The number of images, never 0.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// These rows, in this order.
    ///
    /// # Errors
    /// As [`Images::select`].
    pub fn select(&self, rows: &[usize]) -> Result<Self> {
        let images = self.images.select(rows)?;
        let labels = rows.iter().map(|&row| self.labels[row]).collect();
        Ok(Self { images, labels })
    }

    /// A range of rows, such as the first thousand.
    ///
    /// # Errors
    /// When the range is empty or ends beyond the last row.
    pub fn range(&self, rows: Range<usize>) -> Result<Self> {
        if rows.end > self.len() {
            return Err(Error::Row { row: rows.end - 1, len: self.len() });
        }
        self.select(&rows.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array4;

    fn images() -> Images {
        let pixels = vec![0.0, 0.25, 0.5];
        Images::new(Array4::from_shape_vec((3, 1, 1, 1), pixels).unwrap()).unwrap()
    }

    #[test]
    fn images_and_labels_must_match() {
        let error = Dataset::new(images(), vec![1, 2]).unwrap_err().to_string();
        assert!(error.contains("3 images come with 2 labels"), "{error}");
    }

    #[test]
    fn labels_follow_their_images() {
        let set = Dataset::new(images(), vec![7, 8, 9]).unwrap();
        let chosen = set.select(&[2, 0]).unwrap();
        assert_eq!(chosen.labels(), [9, 7]);
        assert_eq!(chosen.images().as_slice(), [0.5, 0.0]);
        assert_eq!(set.range(1..3).unwrap(), set.select(&[1, 2]).unwrap());
    }

    #[test]
    fn ranges_are_checked() {
        let set = Dataset::new(images(), vec![7, 8, 9]).unwrap();
        assert!(set.range(1..1).unwrap_err().to_string().contains("no row"));
        let error = set.range(0..usize::MAX).unwrap_err().to_string();
        assert!(error.contains("there are 3"), "{error}");
    }
}
