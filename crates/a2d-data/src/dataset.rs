//! Images in memory with their true classes.

use crate::{Error, Images, Result, WithLabels};
use std::ops::Range;

/// Images in memory and, for each, its true class.
pub type Dataset = WithLabels<Images>;

#[expect(clippy::len_without_is_empty, reason = "there is always at least one image")]
impl Dataset {
    /// The images.
    pub fn images(&self) -> &Images {
        &self.images
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
        Ok(Self { images, labels, classes: self.classes, class_names: self.class_names.clone() })
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
    use crate::Labelled as _;
    use ndarray::Array4;

    fn set() -> Dataset {
        let pixels = vec![0.0, 0.25, 0.5];
        let images = Images::new(Array4::from_shape_vec((3, 1, 1, 1), pixels).unwrap()).unwrap();
        Dataset::new(images, vec![7, 8, 9]).unwrap()
    }

    #[test]
    fn labels_follow_their_images() {
        let chosen = set().select(&[2, 0]).unwrap();
        assert_eq!(chosen.labels(), [9, 7]);
        assert_eq!(chosen.images().as_slice(), [0.5, 0.0]);
        assert_eq!(set().range(1..3).unwrap(), set().select(&[1, 2]).unwrap());
        assert_eq!(set().range(0..2).unwrap().classes(), 10, "those of the whole");
    }

    #[test]
    fn ranges_are_checked() {
        assert!(set().range(1..1).unwrap_err().to_string().contains("no row"));
        let error = set().range(0..usize::MAX).unwrap_err().to_string();
        assert!(error.contains("there are 3"), "{error}");
    }
}
