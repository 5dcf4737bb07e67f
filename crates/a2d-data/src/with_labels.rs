//! Images of any source and a list of labels.

use crate::{Error, ImageSource, Images, Labelled, Result};

/// Images of a source and, for each, its true class.
#[derive(Clone, Debug, PartialEq)]
pub struct WithLabels<S> {
    pub(crate) images: S,
    pub(crate) labels: Vec<u32>,
    pub(crate) classes: usize,
    pub(crate) class_names: Option<Vec<String>>,
}

impl<S: ImageSource> WithLabels<S> {
    /// Images and as many labels. There are as many classes as the largest label asks for, unless
    /// [`with_classes`](Self::with_classes) or [`with_class_names`](Self::with_class_names) says more.
    ///
    /// # Errors
    /// [`Error::Lengths`] when there are more or fewer labels than images.
    pub fn new(images: S, labels: Vec<u32>) -> Result<Self> {
        if images.len() != labels.len() {
            return Err(Error::Lengths { images: images.len(), labels: labels.len() });
        }
        let classes = labels.iter().max().map_or(0, |label| *label as usize + 1);
        Ok(Self { images, labels, classes, class_names: None })
    }

    /// With so many classes.
    ///
    /// # Errors
    /// [`Error::Label`] when a label is not below their number.
    pub fn with_classes(self, classes: usize) -> Result<Self> {
        match self.labels.iter().position(|label| *label as usize >= classes) {
            Some(row) => Err(Error::Label { row, label: self.labels[row], classes }),
            None => Ok(Self { classes, ..self }),
        }
    }

    /// With a name for each class, in the order of their numbers.
    ///
    /// # Errors
    /// [`Error::Label`] when a label has no name.
    pub fn with_class_names(self, names: Vec<String>) -> Result<Self> {
        let named = self.with_classes(names.len())?;
        Ok(Self { class_names: Some(names), ..named })
    }
}

impl<S: ImageSource> ImageSource for WithLabels<S> {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn shape(&self) -> [usize; 3] {
        self.images.shape()
    }

    fn row(&self, row: usize) -> Result<Vec<f32>> {
        self.images.row(row)
    }

    fn images(&self) -> Result<Images> {
        self.images.images()
    }
}

impl<S: ImageSource> Labelled for WithLabels<S> {
    fn labels(&self) -> &[u32] {
        &self.labels
    }

    fn classes(&self) -> usize {
        self.classes
    }

    fn class_names(&self) -> Option<&[String]> {
        self.class_names.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array4;

    fn set(labels: &[u32]) -> Result<WithLabels<Images>> {
        let images = Images::new(Array4::from_elem((3, 1, 1, 1), 0.5)).unwrap();
        WithLabels::new(images, labels.to_vec())
    }

    #[test]
    fn images_and_labels_must_match() {
        let error = set(&[1, 2]).unwrap_err().to_string();
        assert!(error.contains("3 images come with 2 labels"), "{error}");
    }

    #[test]
    fn every_label_is_a_class() {
        let labelled = set(&[999, 0, 7]).unwrap();
        assert_eq!((labelled.classes(), labelled.class_names()), (1000, None));
        assert_eq!(labelled.clone().with_classes(1001).unwrap().classes(), 1001);
        let error = labelled.with_classes(999).unwrap_err();
        assert!(error.is_bad_input());
        assert_eq!(error.to_string(), "label 0 is 999, expected a number below 999");
    }

    #[test]
    fn names_are_kept_with_the_images() {
        let names = ["cat".to_owned(), "dog".to_owned()];
        let named = set(&[1, 0, 1]).unwrap().with_class_names(names.to_vec()).unwrap();
        assert_eq!(named.class_names(), Some(&names[..]));
        assert_eq!(named.dataset().unwrap(), named);
        assert!(set(&[1, 0, 2]).unwrap().with_class_names(names.to_vec()).is_err());
    }
}
