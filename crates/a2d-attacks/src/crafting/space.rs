//! Where an attack moves whose 0 and 1 are not black and white, and what becomes of what it finds there.

use a2d_model::{Classifier, Normalisation, PixelRange, Prediction};
use tch::{Device, Kind, Tensor};

use super::integer::Found;
use crate::engine::goal::rounding;
use crate::engine::rowwise::elements;
use crate::{Goal, Result};

/// The largest value of an 8-bit pixel.
const LARGEST: f64 = 255.0;

/// Images on a scale whose 0 and 1 stand for values of normalised images, as far beyond black and white as nothing
/// is clipped there. What an attack finds in it, it finds as on normalised images without clipping, but that its
/// parameters are shares of the range.
#[derive(Debug)]
pub struct Space {
    /// Takes images of this space.
    pub(super) classifier: Classifier,
    /// The pixels of each channel that 0 stands for, and how far it is from there to those of 1, \[C, 1, 1\].
    black: Tensor,
    width: Tensor,
}

impl Space {
    /// The space of images that are normalised so, where 0 and 1 stand for the ends of `range`.
    ///
    /// # Errors
    /// [`Error::Model`](crate::Error::Model) if mean and deviation do not fit the classifier's channels, or it has
    /// no [handle](Classifier::over).
    pub fn of(
        classifier: &Classifier,
        normalisation: &Normalisation,
        range: PixelRange,
    ) -> Result<Self> {
        let Normalisation { mean, std } = normalisation;
        let channels = classifier.input_shape()[0];
        let [mean, std] = [mean, std].map(|values| match values[..] {
            [one] => vec![one; channels],
            _ => values.clone(),
        });
        let pixels = |value: f64| -> Vec<f64> {
            mean.iter().zip(&std).map(|(mean, std)| mean + std * value).collect()
        };
        let (black, white) = (pixels(range.black), pixels(range.white));
        let classifier = classifier.over(&black, &white)?;
        let column = |values: &[f64]| Tensor::from_slice(values).view([-1, 1, 1]);
        let (black, white) = (column(&black), column(&white));
        Ok(Self { classifier, width: white - &black, black })
    }

    /// The image of these pixels, \[C, H, W\].
    pub(super) fn enter(&self, pixels: &Tensor) -> Tensor {
        let pixels = pixels.to_device(Device::Cpu).to_kind(Kind::Double);
        ((pixels - &self.black) / &self.width).clamp(0.0, 1.0).to_kind(Kind::Float)
    }

    /// The pixels of an image of this space, \[C, H, W\] of float64, wherever they lie.
    fn leave(&self, image: &Tensor) -> Tensor {
        &self.black + image * &self.width
    }
}

/// What becomes of what an attack finds, before it is asked again what the classifier takes it for.
pub(super) struct Development<'a> {
    pub(super) classifier: &'a Classifier,
    pub(super) space: Option<&'a Space>,
    /// Whether contrast is stretched, or else pixels are clipped.
    pub(super) stretched: bool,
}

impl Development<'_> {
    /// The image with pixels in \[0, 1\], unless the classifier takes that for the label again.
    pub(super) fn of(&self, goal: Goal, found: &Tensor) -> Result<Option<Found>> {
        let found = found.to_device(Device::Cpu).to_kind(Kind::Double);
        let image = match (self.stretched, self.space) {
            (true, _) => stretched(&found),
            (false, Some(space)) => space.leave(&found).clamp(0.0, 1.0).to_kind(Kind::Float),
            (false, None) => found.to_kind(Kind::Float),
        };
        let batch = image.unsqueeze(0).to_device(self.classifier.device());
        let logits = elements(&tch::no_grad(|| self.classifier.logits(&batch))?);
        let predicted = Prediction::class_of(&logits) as i64;
        let goal = Goal { target: None, ..goal };
        let is_there = goal.is_reached_by(predicted) && goal.margin(&logits) >= rounding(&logits);
        Ok(is_there.then_some(Found { image, predicted }))
    }
}

/// The image in 8 bits, its least element black and its largest white, as SciPy's `imsave` wrote images of
/// floats; an even image is black.
fn stretched(image: &Tensor) -> Tensor {
    let (least, largest) = (image.min().double_value(&[]), image.max().double_value(&[]));
    let width = if largest > least { largest - least } else { 1.0 };
    let levels = ((image - least) * (LARGEST / width) + 0.5).floor();
    // Divided as pixels of files are, in float32.
    levels.to_kind(Kind::Float) / LARGEST
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};

    #[test]
    fn contrast_is_stretched_to_black_and_white() {
        // The background, an element raised and one lowered by 0.35, and white, on MNIST's normalised scale.
        let image = Tensor::from_slice(&[-0.424_f64, -0.074, -0.774, 2.822]).view([1, 2, 2]);
        let levels = Vec::<f32>::try_from((stretched(&image) * LARGEST).view(-1)).unwrap();
        assert_eq!(levels, [25.0, 50.0, 0.0, 255.0]);
        assert_eq!(stretched(&(&image * 7.0 - 3.0)), stretched(&image));
        assert_eq!(stretched(&image.full_like(0.3)), image.zeros_like().to_kind(Kind::Float));
    }

    #[test]
    fn pixels_come_back_from_the_space() {
        let normalisation = Normalisation { mean: vec![0.1307], std: vec![0.3081] };
        let range = PixelRange { black: -16.0, white: 16.0 };
        let space = Space::of(&classifier(), &normalisation, range).unwrap();
        let (image, images) = (images(3).get(1), images(3));
        let inside = space.enter(&image);
        let background = (0.0 - 0.1307) / 0.3081;
        let black = Tensor::zeros([1, 1, 1], (Kind::Float, Device::Cpu));
        let entered = space.enter(&black).double_value(&[0, 0, 0]);
        assert!((entered - (background + 16.0) / 32.0).abs() < 1e-7, "{entered}");
        let outside = space.leave(&inside.to_kind(Kind::Double));
        assert!((outside - &image).abs().max().double_value(&[]) < 1e-5);
        let inside = Tensor::stack(&[0, 1, 2].map(|row| space.enter(&images.get(row))), 0);
        let logits = space.classifier.logits(&inside).unwrap();
        assert!(logits.allclose(&classifier().logits(&images).unwrap(), 1e-3, 1e-4, false));
    }

    #[test]
    fn what_the_classifier_takes_for_the_label_again_is_no_example() {
        let (classifier, image) = (classifier(), images(1).get(0));
        let predicted = |image: &Tensor| {
            let logits = classifier.logits(&image.unsqueeze(0)).unwrap();
            logits.argmax(-1, false).int64_value(&[0])
        };
        let development = Development { classifier: &classifier, space: None, stretched: false };
        let own = predicted(&image);
        let goal = |label| Goal { label, target: Some((label + 1) % 10) };
        assert!(development.of(goal(own), &image).unwrap().is_none());
        let found = development.of(goal((own + 5) % 10), &image).unwrap().unwrap();
        assert_eq!((found.predicted, found.image), (own, image), "whatever class it was to get");
    }
}
