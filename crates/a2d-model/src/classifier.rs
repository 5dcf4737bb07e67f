//! Trained networks that map images to logits.

use std::cell::RefCell;

use a2d_cost::Machine;
use a2d_data::{Dataset, Images, Labelled as _};
use rand_chacha::ChaCha8Rng;
use tch::{Device, Tensor, nn};

use crate::batch_sizes::BatchSizes;
use crate::error::gist;
use crate::network::Function;
use crate::normalisation::{Normalisation, Normaliser, for_foreign};
use crate::origin::Origin;
use crate::predicting::Predicting;
use crate::{
    Blueprint, Classes, Error, Foreign, Forward, Network, Precision, Prediction, Result, generator,
    machine, weights,
};

/// A trained network that maps images to logits.
///
/// It is always in evaluation mode, and its weights need no gradient. It may be sent to another thread, but not
/// be used by two at a time, since tensors cannot; [`Self::handle`] gives each its own.
#[derive(Debug)]
pub struct Classifier {
    pub(crate) origin: Origin,
    normaliser: Option<Normaliser>,
    pub(crate) network: Box<dyn Network>,
    pub(crate) variables: nn::VarStore,
    pub(crate) precision: Precision,
    pub(crate) workers: usize,
    fingerprint: String,
    /// The sizes of its batches, where these are to be few.
    sizes: Option<RefCell<BatchSizes>>,
}

impl Classifier {
    /// A classifier with random weights: of an [`Architecture`](crate::Architecture) as it usually is, or of a [`Blueprint`].
    pub fn untrained(model: impl Into<Blueprint>, seed: u64, device: Device) -> Self {
        let blueprint = model.into();
        let (network, variables) = initial(&blueprint, seed, device);
        Self::new(Origin::Blueprint(blueprint), network, variables)
    }

    /// A classifier of any function: `logits` maps images in \[0, 1\], \[N, C, H, W\] with
    /// `input_shape` = \[C, H, W\], to logits, \[N, classes\], row by row and without randomness.
    ///
    /// `name`, the weights in `variables` and `decisive` make its fingerprint; `decisive` is whatever else decides
    /// the logits, such as the bytes of tensors that the function holds or the digest of the file that it is from.
    /// Costs of two classifiers with one fingerprint pass for those of one.
    ///
    /// A network of layers had better be an [`Architecture`](crate::Architecture) of its own: its layers can be looked into, and it can
    /// be built anew. One that may fail, or that is not known well, is a [`Network`] for
    /// [`of_network`](Self::of_network).
    ///
    /// ```
    /// use a2d_model::Classifier;
    /// use tch::{Device, nn, nn::Module};
    ///
    /// let variables = nn::VarStore::new(Device::Cpu);
    /// let dense = nn::linear(variables.root() / "dense", 12, 2, Default::default());
    /// let network = move |images: &tch::Tensor| dense.forward(&images.flatten(1, -1));
    /// let classifier = Classifier::of_module("dense", network, variables, [3, 2, 2], 2, "");
    /// assert_eq!(classifier.classes(), 2);
    /// ```
    pub fn of_module(
        name: &str,
        logits: impl Fn(&Tensor) -> Tensor + Send + 'static,
        variables: nn::VarStore,
        input_shape: [usize; 3],
        classes: usize,
        decisive: impl AsRef<[u8]>,
    ) -> Self {
        let about = Foreign {
            name: name.to_owned(),
            input_shape,
            classes: None,
            normalisation: None,
            decisive: decisive.as_ref().to_owned(),
        };
        let origin = Origin::Foreign { about, classes: Classes::Number(classes), gradients: true };
        Self::new(origin, Box::new(Function(logits)), variables)
    }

    pub(crate) fn new(origin: Origin, network: Box<dyn Network>, variables: nn::VarStore) -> Self {
        Self::with_fingerprint(origin, network, variables, Precision::default(), None)
    }

    /// The fingerprint is computed unless it is known.
    pub(crate) fn with_fingerprint(
        origin: Origin,
        network: Box<dyn Network>,
        variables: nn::VarStore,
        precision: Precision,
        fingerprint: Option<String>,
    ) -> Self {
        let fingerprint = fingerprint.unwrap_or_else(|| origin.fingerprint(&variables, precision));
        let device = variables.device();
        let normaliser = origin.normalisation().map(|values| Normaliser::new(values, device));
        let sizes = device.is_cuda().then(RefCell::default);
        let workers = 1;
        let mut classifier =
            Self { origin, normaliser, network, variables, precision, workers, fingerprint, sizes };
        classifier.variables.variables().into_values().for_each(weights::lay_out);
        classifier.settle();
        classifier
    }

    /// Makes the weights those to evaluate with.
    pub(crate) fn settle(&mut self) {
        self.variables.freeze();
        self.network.settle();
    }

    /// The classifier with its weights rounded to this precision, and computing in it. Costs of one
    /// precision are not those of another, so it has another fingerprint.
    ///
    /// # Errors
    /// [`Error::Precision`] if its device does not compute in it; float32 is one that a CUDA device may not compute in.
    pub fn with_precision(mut self, precision: Precision) -> Result<Self> {
        precision.check_on(self.device())?;
        precision.round(&mut self.variables);
        self.network.convert(precision.weights());
        self.settle();
        let fingerprint = self.origin.fingerprint(&self.variables, precision);
        Ok(Self { precision, fingerprint, ..self })
    }

    /// The classifier after its weights were trained.
    pub(crate) fn seal(self) -> Self {
        Self::new(self.origin, self.network, self.variables)
    }

    /// The name of its architecture.
    pub fn name(&self) -> &str {
        self.origin.name()
    }

    /// Channels, height and width of its images.
    pub fn input_shape(&self) -> [usize; 3] {
        self.origin.input_shape()
    }

    /// Number of its classes.
    pub fn classes(&self) -> usize {
        self.origin.classes().number()
    }

    /// The name of a class, where its card names the classes.
    pub fn class_name(&self, class: usize) -> Option<&str> {
        self.origin.classes().name(class)
    }

    /// Hex SHA-256 of all that decides the logits, weights and buffers above all, then a hyphen and the
    /// precision if that is not float32: costs are comparable only under the same one.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What is done to images before the first layer, if anything.
    pub fn normalisation(&self) -> Option<&Normalisation> {
        self.origin.normalisation()
    }

    /// Whether a gradient goes from its logits to its images.
    pub fn gives_gradients(&self) -> bool {
        self.origin.gives_gradients()
    }

    /// The numbers that it computes with.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.variables.device()
    }

    /// What it runs on.
    pub fn machine(&self) -> Machine {
        machine(self.device())
    }

    /// What the layers give for these images, \[N, C, H, W\]: the name of each and its output, \[N, ...\], in the
    /// order of the pass. The last are the logits.
    ///
    /// Part of the graph if `images` needs a gradient.
    ///
    /// # Errors
    /// [`Error::Forward`] if a network from elsewhere fails.
    pub fn activations(&self, images: &Tensor) -> Result<Vec<(String, Tensor)>> {
        let mut pass = Forward::tapped();
        let _ = self.forward(images, &mut pass)?;
        let taps = pass.into_taps().into_iter();
        Ok(taps.map(|(layer, output)| (layer, output.to_kind(self.precision.kind()))).collect())
    }

    /// Logits of `passes` passes with dropout, \[passes, N, classes\]: row n draws from `rows[n]` alone, so
    /// that it does not depend on the rows beside it (Y. Gal and Z. Ghahramani, "Dropout as a Bayesian
    /// Approximation", 2016).
    ///
    /// # Errors
    /// [`Error::Network`] if the network has no dropout, or there are more or fewer streams than images.
    pub fn draws(&self, images: &Tensor, rows: &mut [ChaCha8Rng], passes: u32) -> Result<Tensor> {
        let refused = |expected: String, got| {
            Err(Error::Network { operation: "draw with dropout", expected, got })
        };
        let count = images.size().first().copied().unwrap_or_default();
        if rows.len() as i64 != count {
            return refused(format!("a stream for each of {count} images"), rows.len().to_string());
        }
        if passes == 0 {
            return refused("at least one pass".into(), "none".into());
        }
        let mut draws = vec![];
        for _ in 0..passes {
            let mut pass = Forward::monte_carlo(rows);
            draws.push(self.forward(images, &mut pass)?);
            if pass.dropouts() == 0 {
                return refused("a network with dropout".into(), self.name().to_owned());
            }
        }
        Ok(Tensor::stack(&draws, 0))
    }

    /// The way from images to logits, whatever the pass is for.
    pub(crate) fn forward(&self, images: &Tensor, pass: &mut Forward<'_>) -> Result<Tensor> {
        let kind = self.precision.kind();
        let images = images.to_kind(kind);
        let images = match (&self.normaliser, &self.origin) {
            (normaliser, Origin::Foreign { .. }) => for_foreign(normaliser.as_ref(), &images),
            (Some(normaliser), _) => normaliser.apply(&images),
            (None, _) => images,
        };
        Ok(self.network.logits(&self.precision.of(&images), pass)?.to_kind(kind))
    }

    /// Checks that the logits of rows, one row after the other, are finite.
    ///
    /// # Errors
    /// [`Error::Logits`] with the first that is not, and the image that `number` says is at its row.
    pub fn check_logits(
        &self,
        logits: &[impl Copy + Into<f64>],
        number: impl Fn(usize) -> usize,
    ) -> Result<()> {
        let Some(place) = logits.iter().position(|logit| !(*logit).into().is_finite()) else {
            return Ok(());
        };
        let (row, got) = (number(place / self.classes()), logits[place].into());
        let (name, fingerprint) = (self.name().to_owned(), self.fingerprint.clone());
        Err(Error::Logits { row, got, name, fingerprint })
    }

    /// Logits, \[N, classes\], of images in \[0, 1\], \[N, C, H, W\], on this classifier's device.
    ///
    /// Of the kind of its [precision](Precision::kind), whatever that of the images; part of the graph if
    /// `images` needs a gradient.
    ///
    /// # Errors
    /// [`Error::Forward`] if a network from elsewhere fails.
    pub fn logits(&self, images: &Tensor) -> Result<Tensor> {
        let mut pass = Forward::evaluation();
        let count = images.size().first().copied().unwrap_or_default();
        let size = self.sizes.as_ref().map_or(count, |sizes| sizes.borrow_mut().of(count));
        if size == count {
            return self.forward(images, &mut pass);
        }
        let mut shape = images.size();
        shape[0] = size - count;
        let black = Tensor::zeros(&shape, (images.kind(), images.device()));
        let logits = self.forward(&Tensor::cat(&[images, &black], 0), &mut pass)?;
        Ok(logits.narrow(0, 0, count))
    }

    /// The gradient of a loss, computed from this classifier's logits, with respect to the images. The graph lives
    /// on if it is to be kept.
    ///
    /// # Errors
    /// [`Error::Forward`] if a network from elsewhere fails on the way back.
    pub fn gradient(&self, loss: &Tensor, images: &Tensor, keep: bool) -> Result<Tensor> {
        let gradients = Tensor::f_run_backward(&[loss], &[images], keep, false);
        gradients
            .map(|mut gradients| gradients.remove(0))
            .map_err(|error| Error::Forward { name: self.name().to_owned(), reason: gist(&error) })
    }

    /// The images as a tensor, \[N, C, H, W\], float32, on this classifier's device.
    ///
    /// # Errors
    /// [`Error::Shape`] if the classifier takes images of another shape.
    pub fn tensor(&self, images: &Images) -> Result<Tensor> {
        self.check_shape(images.shape())?;
        let [channels, height, width] = images.shape().map(|n| n as i64);
        let pixels = Tensor::from_slice(images.as_slice());
        Ok(pixels.view([-1, channels, height, width]).to_device(self.device()))
    }

    /// What the classifier says of every image, `batch` of them at a time for each worker.
    ///
    /// # Errors
    /// [`Error::Shape`] if the classifier takes images of another shape; [`Error::Logits`] if its logits of
    /// one are not finite.
    pub fn predict(&self, images: &Images, batch: usize) -> Result<Vec<Prediction>> {
        let rows = self.tensor(images)?;
        let queries = (0..images.len()).map(|row| Ok((row, rows.get(row as i64))));
        let mut predictions = vec![];
        self.work(&mut || Ok(Predicting::of(batch)), queries, &mut |prediction| {
            predictions.push(prediction);
            Ok::<(), Error>(())
        })?;
        predictions.sort_unstable_by_key(|(row, _)| *row);
        Ok(predictions.into_iter().map(|(_, prediction)| prediction).collect())
    }

    /// Share of the images whose predicted class is their label.
    ///
    /// # Errors
    /// [`Error::Label`] if the classifier has other classes; else as [`predict`](Self::predict).
    pub fn accuracy(&self, dataset: &Dataset, batch: usize) -> Result<f64> {
        self.check_labels("measure accuracy", dataset.labels())?;
        let predictions = self.predict(dataset.images(), batch)?;
        let right = predictions
            .iter()
            .zip(dataset.labels())
            .filter(|(prediction, label)| prediction.class == **label as usize)
            .count();
        Ok(right as f64 / predictions.len() as f64)
    }

    /// Checks that images of this shape, \[C, H, W\], are those that the classifier takes.
    ///
    /// # Errors
    /// [`Error::Shape`] if it takes others.
    pub fn check_shape(&self, shape: [usize; 3]) -> Result<()> {
        let (expected, got) = (self.input_shape(), shape);
        if expected == got { Ok(()) } else { Err(Error::Shape { expected, got }) }
    }

    /// Checks that every label is one of the classifier's classes.
    ///
    /// # Errors
    /// [`Error::Label`] with the first that is not, as an error of `operation`.
    pub fn check_labels(&self, operation: &'static str, labels: &[u32]) -> Result<()> {
        let classes = self.classes();
        match labels.iter().position(|label| *label as usize >= classes) {
            Some(row) => Err(Error::Label { operation, classes, label: labels[row], row }),
            None => Ok(()),
        }
    }
}

/// The network of a blueprint with random weights.
pub(crate) fn initial(
    blueprint: &Blueprint,
    seed: u64,
    device: Device,
) -> (Box<dyn Network>, nn::VarStore) {
    let _generator = generator::seeded(seed as i64);
    let variables = nn::VarStore::new(device);
    (blueprint.build(&variables.root()), variables)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Architecture;
    use a2d_data::Images;
    use ndarray::Array4;
    use tch::Kind;

    #[test]
    fn images_of_another_shape_are_refused() {
        let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
        let images = Images::new(Array4::zeros((1, 3, 32, 32))).unwrap();
        let message = classifier.predict(&images, 1).unwrap_err().to_string();
        assert!(message.contains("[1, 28, 28]") && message.contains("[3, 32, 32]"), "{message}");
    }

    #[test]
    fn logits_that_are_not_finite_are_refused() {
        for (factor, got) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (-1e39, "-inf")] {
            // The third image alone is bright enough to overflow.
            let logits = move |images: &Tensor| {
                let sums =
                    images.flatten(1, -1).sum_dim_intlist([1i64].as_slice(), true, Kind::Float);
                let overflow = sums.gt(100.0).to_kind(Kind::Float) * factor;
                Tensor::cat(&[&sums, &overflow.where_self(&sums.gt(100.0), &sums)], 1)
            };
            let variables = nn::VarStore::new(Device::Cpu);
            let classifier = Classifier::of_module("sums", logits, variables, [1, 28, 28], 2, "");
            let pixels =
                Array4::from_shape_fn((4, 1, 28, 28), |(n, ..)| if n == 2 { 0.9 } else { 0.1 });
            let images = Images::new(pixels).unwrap();
            for batch in [1, 2, 64] {
                let error = classifier.predict(&images, batch).unwrap_err();
                let expected = format!(
                    "classify image 2: expected finite logits, got {got} from the sums with fingerprint {}",
                    classifier.fingerprint()
                );
                assert!(error.is_bad_input());
                assert_eq!((error.to_string(), error.row()), (expected, Some(2)));
            }
            let labelled = Dataset::new(images, vec![0; 4]).unwrap();
            assert!(classifier.accuracy(&labelled, 64).is_err());
        }
    }

    #[test]
    fn images_that_fill_a_batch_change_nothing() {
        let untrained = || Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
        let mut classifier = untrained().with_precision(Precision::Float64).unwrap();
        let images = Tensor::arange(6 * 784, (Kind::Double, Device::Cpu)).sin().abs();
        let images = images.view([6, 1, 28, 28]);
        let answers = |classifier: &Classifier, count: i64| {
            let leaf = images.narrow(0, 0, count).detach().set_requires_grad(true);
            let logits = classifier.logits(&leaf).unwrap();
            let loss = logits.square().sum(Kind::Double);
            (logits.detach(), classifier.gradient(&loss, &leaf, false).unwrap())
        };
        let expected = [6, 5, 4].map(|count| answers(&classifier, count));
        classifier.sizes = Some(RefCell::default());
        let filled = [6, 5, 4].map(|count| answers(&classifier, count));
        for ((logits, slopes), (expected, expected_slopes)) in filled.iter().zip(&expected) {
            assert_eq!(logits.size(), expected.size());
            assert!(logits.allclose(expected, 1e-12, 1e-15, false));
            assert!(slopes.allclose(expected_slopes, 1e-12, 1e-15, false));
        }
        assert_eq!(classifier.sizes.unwrap().into_inner().of(4), 6);
    }

    #[test]
    fn predictions_do_not_depend_on_the_batch() {
        let classifier = Classifier::untrained(Architecture::MNIST_CNN, 0, Device::Cpu);
        let pixels = Array4::from_shape_fn((5, 1, 28, 28), |(n, _, y, x)| {
            ((n * 7 + y * 3 + x) % 11) as f32 / 10.0
        });
        let images = Images::new(pixels).unwrap();
        let classes = |batch| -> Vec<_> {
            classifier.predict(&images, batch).unwrap().iter().map(|p| p.class).collect()
        };
        assert_eq!(classes(1), classes(5));
    }
}
