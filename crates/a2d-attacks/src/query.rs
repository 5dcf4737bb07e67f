//! An image to attack.

use a2d_cost::Budget;
use a2d_model::Classifier;
use tch::{Kind, Tensor};

use crate::{Error, Result};

/// An image to attack.
#[derive(Debug)]
pub struct Query {
    /// Its number, which comes back with the outcome.
    pub row: usize,
    /// Its pixels, \[C, H, W\], float32 in \[0, 1\].
    pub image: Tensor,
    /// The class it is to lose; without one, the class that the model predicts for it.
    pub label: Option<i64>,
    /// The most iterations, where that is below the attack's cap.
    pub budget: Option<Budget>,
}

impl Query {
    /// This image, away from the class that the model predicts for it, whatever that takes.
    pub fn new(row: usize, image: Tensor) -> Self {
        Self { row, image, label: None, budget: None }
    }

    /// Checks that the classifier takes the image and has the label.
    pub(crate) fn check(&self, classifier: &Classifier) -> Result<()> {
        let bad = |expected, got| Err(Error::Query { row: self.row, expected, got });
        let shape = classifier.input_shape();
        if self.image.kind() != Kind::Float || self.image.size() != shape.map(|n| n as i64) {
            let got = format!("{:?} of shape {:?}", self.image.kind(), self.image.size());
            return bad(format!("an image of kind Float and shape {shape:?}"), got);
        }
        // libtorch's minimum and maximum of pixels that are not all numbers are NaN.
        let [low, high] = [self.image.min(), self.image.max()].map(|end| end.double_value(&[]));
        if !(low >= 0.0 && high <= 1.0) {
            return bad("pixels from 0 to 1".into(), format!("pixels from {low} to {high}"));
        }
        let classes = classifier.classes();
        match self.label {
            Some(label) if !(0..classes as i64).contains(&label) => {
                bad(format!("a label from 0 to {}", classes - 1), label.to_string())
            }
            _ => Ok(()),
        }
    }
}

/// A query for each image, \[N, C, H, W\], away from its predicted label, in order.
pub fn queries<E>(images: &Tensor) -> impl Iterator<Item = Result<Query, E>> + '_ {
    let count = images.size().first().map_or(0, |count| *count as usize);
    (0..count).map(|row| Ok(Query::new(row, images.get(row as i64))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};
    use tch::Device;

    #[test]
    fn what_the_classifier_takes_is_let_through() {
        for label in [None, Some(0), Some(9)] {
            let query = Query { label, ..Query::new(0, images(1).get(0)) };
            assert!(query.check(&classifier()).is_ok());
        }
    }

    #[test]
    fn what_the_classifier_does_not_take_is_refused() {
        let filled = |value| Tensor::full([1, 28, 28], value, (Kind::Float, Device::Cpu));
        let hole = filled(0.5);
        let _ = hole.get(0).get(3).get(4).fill_(f64::NAN);
        for (image, label, finding) in [
            (images(1), None, "got Float of shape [1, 1, 28, 28]"),
            (filled(0.5).to_kind(Kind::Double), None, "got Double of shape [1, 28, 28]"),
            (filled(-0.5), None, "expected pixels from 0 to 1, got pixels from -0.5 to -0.5"),
            (filled(1.5), None, "got pixels from 1.5 to 1.5"),
            (hole, None, "got pixels from NaN to NaN"),
            (filled(0.5), Some(10), "expected a label from 0 to 9, got 10"),
            (filled(0.5), Some(-1), "got -1"),
        ] {
            let error = Query { label, ..Query::new(7, image) }.check(&classifier()).unwrap_err();
            let message = error.to_string();
            assert!(message.starts_with("attack image 7: expected"), "{message}");
            assert!(message.contains(finding) && error.is_bad_input(), "{message}");
        }
    }

    #[test]
    fn a_single_number_is_no_image() {
        let rows = |images: &Tensor| -> Result<Vec<_>> {
            queries(images).map(|query| query.map(|query| query.row)).collect()
        };
        assert_eq!(rows(&images(3)).unwrap(), [0, 1, 2]);
        assert!(rows(&Tensor::from(0.5f32)).unwrap().is_empty());
    }
}
