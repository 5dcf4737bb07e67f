//! Which images may join a session: those that its classifier takes.

use a2d_model::Classifier;
use tch::{Device, Kind, Tensor};

use super::rowwise::PIXELS;
use crate::{Error, Query, Result};

/// The classifier of a session, as far as it decides what may join.
#[derive(Debug)]
pub(crate) struct Admission {
    fingerprint: String,
    pub(crate) input_shape: [usize; 3],
    classes: usize,
    pub(crate) device: Device,
    pub(crate) kind: Kind,
}

impl Admission {
    pub(crate) fn to(classifier: &Classifier) -> Self {
        Self {
            fingerprint: classifier.fingerprint().to_owned(),
            input_shape: classifier.input_shape(),
            classes: classifier.classes(),
            device: classifier.device(),
            kind: classifier.precision().kind(),
        }
    }

    /// Checks that this is the session's classifier, or another handle on it.
    pub(crate) fn check_classifier(&self, classifier: &Classifier) -> Result<()> {
        let (expected, got) = (&self.fingerprint, classifier.fingerprint());
        if expected == got {
            return Ok(());
        }
        Err(Error::Classifier { expected: expected.clone(), got: got.to_owned() })
    }

    /// Checks kind, shape and label of a query, without looking at its pixels.
    pub(crate) fn check(&self, query: &Query) -> Result<()> {
        let Self { input_shape: shape, classes, .. } = self;
        let image = &query.image;
        if image.kind() != Kind::Float || image.size() != shape.map(|side| side as i64) {
            let got = format!("{:?} of shape {:?}", image.kind(), image.size());
            return Err(query.refused(format!("an image of kind Float and shape {shape:?}"), got));
        }
        match query.label {
            Some(label) if !(0..*classes as i64).contains(&label) => {
                Err(query.refused(format!("a label from 0 to {}", classes - 1), label.to_string()))
            }
            _ => Ok(()),
        }
    }
}

/// The first of these images, \[N, C, H, W\], with a pixel that is not from 0 to 1, and its least and its
/// largest pixel.
pub(crate) fn first_outside(images: &Tensor) -> Option<(usize, [f64; 2])> {
    // Images are on the host until they join, in general, so that no device is waited for.
    let ends = |ends: Tensor| {
        Vec::<f64>::try_from(ends.to_device(Device::Cpu).to_kind(Kind::Double)).unwrap_or_default()
    };
    // libtorch's minimum and maximum of pixels that are not all numbers are NaN.
    let low = ends(images.amin(PIXELS.as_slice(), false));
    let high = ends(images.amax(PIXELS.as_slice(), false));
    let mut ends = low.into_iter().zip(high).enumerate();
    let outside = ends.find(|(_, (low, high))| !(*low >= 0.0 && *high <= 1.0));
    outside.map(|(place, (low, high))| (place, [low, high]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};

    #[test]
    fn what_the_classifier_takes_is_let_through() {
        let admission = Admission::to(&classifier());
        for label in [None, Some(0), Some(9)] {
            let query = Query { label, ..Query::new(0, images(1).get(0)) };
            assert!(admission.check(&query).is_ok());
        }
        assert_eq!(first_outside(&images(3)), None);
    }

    #[test]
    fn what_the_classifier_does_not_take_is_refused() {
        let filled = |value| Tensor::full([1, 28, 28], value, (Kind::Float, Device::Cpu));
        for (image, label, finding) in [
            (images(1), None, "got Float of shape [1, 1, 28, 28]"),
            (filled(0.5).to_kind(Kind::Double), None, "got Double of shape [1, 28, 28]"),
            (filled(0.5), Some(10), "expected a label from 0 to 9, got 10"),
            (filled(0.5), Some(-1), "got -1"),
        ] {
            let query = Query { label, ..Query::new(7, image) };
            let error = Admission::to(&classifier()).check(&query).unwrap_err();
            let message = error.to_string();
            assert!(message.starts_with("attack image 7: expected"), "{message}");
            assert!(message.contains(finding) && error.is_bad_input(), "{message}");
        }
    }

    #[test]
    fn pixels_outside_of_0_to_1_are_found() {
        for (pixel, expected) in [(-0.5, [-0.5, 0.5]), (1.5, [0.5, 1.5])] {
            let images = Tensor::full([3, 1, 4, 4], 0.5, (Kind::Float, Device::Cpu));
            let _ = images.get(1).get(0).get(2).get(3).fill_(pixel);
            assert_eq!(first_outside(&images), Some((1, expected)));
        }
        let images = Tensor::full([2, 1, 4, 4], 0.5, (Kind::Float, Device::Cpu));
        let _ = images.get(0).get(0).get(2).get(3).fill_(f64::NAN);
        let (place, ends) = first_outside(&images).unwrap();
        assert!(place == 0 && ends.iter().all(|end| end.is_nan()));
    }
}
