//! An image to score.

use a2d_model::Classifier;
use tch::{Kind, Tensor};

use super::{Error, Result};

/// An image to score.
#[derive(Debug)]
pub struct Query {
    /// Its number, which selects the random stream of its samples.
    pub number: u64,
    /// Its pixels, \[C, H, W\], float32 in \[0, 1\].
    pub image: Tensor,
    /// Its label, where known: it is to be the predicted class.
    pub label: Option<usize>,
}

impl Query {
    /// An image of unknown label.
    pub fn new(number: u64, image: Tensor) -> Self {
        Self { number, image, label: None }
    }

    /// Checks that the classifier takes the image.
    pub(crate) fn check(&self, classifier: &Classifier) -> Result<()> {
        let shape = classifier.input_shape();
        let (kind, size) = (self.image.kind(), self.image.size());
        if kind != Kind::Float || size != shape.map(|n| n as i64) {
            let expected = format!("an image of kind Float and shape {shape:?}");
            return self.bad(expected, format!("{kind:?} of shape {size:?}"));
        }
        // libtorch's minimum and maximum of pixels that are not all numbers are NaN.
        let [low, high] = [self.image.min(), self.image.max()].map(|end| end.double_value(&[]));
        if !(low >= 0.0 && high <= 1.0) {
            return self.bad("pixels from 0 to 1".into(), format!("pixels from {low} to {high}"));
        }
        Ok(())
    }

    /// Checks that the label, where known, is the predicted class.
    pub(crate) fn check_label(&self, predicted: usize) -> Result<()> {
        match self.label {
            Some(label) if label != predicted => self
                .bad(format!("it classified as its label {label}"), format!("class {predicted}")),
            _ => Ok(()),
        }
    }

    fn bad(&self, expected: String, got: String) -> Result<()> {
        Err(Error::Query { number: self.number, expected, got })
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::clever::tests::linear;

    fn image(pixel: f64) -> Tensor {
        Tensor::full([3, 2, 2], pixel, (Kind::Float, Device::Cpu))
    }

    #[test]
    fn what_the_classifier_does_not_take_is_refused() {
        let hole = image(0.5);
        let _ = hole.get(1).get(0).get(1).fill_(f64::NAN);
        for (image, finding) in [
            (image(0.5).unsqueeze(0), "shape [3, 2, 2], got Float of shape [1, 3, 2, 2]"),
            (image(0.5).to_kind(Kind::Double), "got Double of shape [3, 2, 2]"),
            (image(-0.5), "expected pixels from 0 to 1, got pixels from -0.5 to -0.5"),
            (image(1.5), "got pixels from 1.5 to 1.5"),
            (hole, "got pixels from NaN to NaN"),
        ] {
            let error = Query::new(7, image).check(&linear()).unwrap_err();
            let message = error.to_string();
            assert!(message.starts_with("measure CLEVER of image 7: expected"), "{message}");
            assert!(message.ends_with(finding) && error.is_bad_input(), "{message}");
        }
        assert!(Query::new(7, image(1.0)).check(&linear()).is_ok());
    }

    #[test]
    fn a_misclassified_image_is_refused() {
        let query = Query { label: Some(3), ..Query::new(7, image(0.5)) };
        assert!(query.check_label(3).is_ok() && Query::new(7, image(0.5)).check_label(3).is_ok());
        let message = query.check_label(1).unwrap_err().to_string();
        assert!(
            message.ends_with("expected it classified as its label 3, got class 1"),
            "{message}"
        );
    }
}
