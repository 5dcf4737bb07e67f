//! Training of a classifier, seeded and resumable.

mod augmentation;
mod checkpoint;
mod epoch;
mod examples;
mod options;
mod substitute;

use std::path::Path;

use a2d_data::{Dataset, Labelled as _};
use a2d_file::Card as _;
use serde_json::{Map, Value};
use tch::Device;

use crate::{Blueprint, Classes, Classifier, ModelCard, Result};
use augmentation::Augmentation;
use checkpoint::Checkpoint;
pub use examples::Examples;
pub use options::TrainingOptions;
pub use substitute::{SubstituteKind, SubstituteOptions, train_substitute};

/// What a training reports while it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// Epochs that an earlier, interrupted run has finished.
    Resumed {
        /// How many.
        epochs: u32,
    },
    /// A batch was learnt.
    Batch {
        /// The epoch, counted from 1.
        epoch: u32,
        /// Images of this epoch learnt so far.
        images: usize,
    },
    /// An epoch ended.
    Epoch(EpochReport),
}

/// The state after an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochReport {
    /// The epoch, counted from 1.
    pub epoch: u32,
    /// Mean cross-entropy on the training images, dropout active.
    pub loss: f64,
    /// Share of the test images classified correctly.
    pub test_accuracy: f64,
}

/// Trains a classifier with Adam on cross-entropy, the learning rate falling to zero along half a
/// cosine, and writes weights and card to `weights`.
///
/// Each batch of training images is augmented, if the options say so, and then goes from source to source of
/// `sources`, of which there may be none; what the last makes of it is learnt.
///
/// After every epoch the state is written to `<weights>.partial`, from where an interrupted training
/// resumes. Adam's moments start anew in each epoch and every random stream depends on seed and
/// epoch alone, so a resumed run learns what an uninterrupted one does.
///
/// # Errors
/// [`Option`](crate::Error::Option), [`Shape`](crate::Error::Shape) or
/// [`Label`](crate::Error::Label) if options or images do not fit;
/// [`Diverged`](crate::Error::Diverged) or [`Logits`](crate::Error::Logits) if loss, weights or logits stop
/// being finite; what a source fails with;
/// [`File`](crate::Error::File) if the checkpoint is damaged or of another run, or a file cannot be
/// written.
pub fn train(
    options: &TrainingOptions,
    dataset: &str,
    (training_set, test_set): (&Dataset, &Dataset),
    device: Device,
    weights: &Path,
    sources: &mut [&mut dyn Examples],
    progress: &mut dyn FnMut(Progress),
) -> Result<ModelCard> {
    options.check()?;
    let mut classifier = Classifier::untrained(options.model.clone(), options.seed, device);
    classifier.check_labels("train", training_set.labels())?;
    classifier.check_labels("train", test_set.labels())?;
    let images = classifier.tensor(training_set.images())?;
    let labels = epoch::labels(training_set.labels(), device);

    let descriptions: Vec<String> =
        sources.iter().filter_map(|source| source.description()).collect();
    let training = std::iter::once(options.command()).chain(descriptions.iter().cloned());
    let training = training.collect::<Vec<_>>().join(" with ");
    let mut augmentation = options.augment.then(Augmentation::default);
    let augmentation = augmentation.iter_mut().map(|source| source as &mut dyn Examples);
    let mut all: Vec<&mut dyn Examples> = augmentation.collect();
    for source in sources {
        all.push(&mut **source);
    }

    let checkpoint = Checkpoint::beside(weights, training, options.epochs, training_set);
    let done = checkpoint.resume(&classifier)?;
    if done > 0 {
        progress(Progress::Resumed { epochs: done });
    }
    for number in done + 1..=options.epochs {
        let learnt = &mut |images| progress(Progress::Batch { epoch: number, images });
        let set = (&images, &labels);
        let loss = epoch::learn(options, number, &mut classifier, set, &mut all, learnt)?;
        // First, so that no weights are kept that cannot be used.
        let test_accuracy = tested(&mut classifier, test_set, options.batch)?;
        checkpoint.write(number, &classifier)?;
        progress(Progress::Epoch(EpochReport { epoch: number, loss, test_accuracy }));
    }

    let mut classifier = classifier.seal();
    let model = named(options.model.clone(), training_set.class_names())?;
    let mut card = ModelCard::new(model, classifier.fingerprint());
    card.dataset = Some(dataset.to_owned());
    card.training = described(options, &descriptions);
    // A source is made by a program, which may say how it is called.
    card.command = descriptions.is_empty().then(|| options.command());
    card.test_accuracy = Some(tested(&mut classifier, test_set, options.batch)?);
    card.test_images = Some(test_set.len());
    card.machine = Some(classifier.machine());
    // The card first: without one, weights would be taken as they are.
    card.write(weights)?;
    classifier.save(weights)?;
    checkpoint.remove()?;
    Ok(card)
}

/// The model with the names that its data set has for its classes, if it has one for each.
fn named(model: Blueprint, names: Option<&[String]>) -> Result<Blueprint> {
    match names {
        Some(names) if names.len() == model.classes().number() => {
            model.with_named_classes(Classes::Names(names.to_vec()))
        }
        _ => Ok(model),
    }
}

/// The share of a test set that is classified as it should be: a worker in the place of each of libtorch's threads,
/// which share the steps of the training.
fn tested(classifier: &mut Classifier, test_set: &Dataset, batch: usize) -> Result<f64> {
    classifier.workers = usize::try_from(tch::get_num_threads()).unwrap_or(1).max(1);
    let accuracy = classifier.accuracy(test_set, batch);
    classifier.workers = 1;
    accuracy
}

/// All that says how a classifier was trained.
fn described(options: &TrainingOptions, sources: &[String]) -> Map<String, Value> {
    let mut training = match serde_json::to_value(options) {
        Ok(Value::Object(options)) => options,
        _ => Map::new(), // options are an object
    };
    if !sources.is_empty() {
        training.insert("examples".into(), sources.into());
    }
    training
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Architecture;
    use a2d_data::Images;
    use ndarray::Array4;
    use tch::Tensor;

    /// Images of two classes that differ in which half is bright.
    fn halves(count: usize) -> Dataset {
        let labels: Vec<u32> = (0..count).map(|row| (row % 2) as u32).collect();
        let pixels = Array4::from_shape_fn((count, 1, 28, 28), |(row, _, _, x)| {
            if (x < 14) == (row % 2 == 0) { 0.5 + 0.4 * (row as f32 / count as f32) } else { 0.0 }
        });
        Dataset::new(Images::new(pixels).unwrap(), labels).unwrap()
    }

    fn checkpoint_beside(weights: &Path, options: &TrainingOptions, set: &Dataset) -> Checkpoint {
        Checkpoint::beside(weights, options.command(), options.epochs, set)
    }

    fn options(epochs: u32) -> TrainingOptions {
        TrainingOptions { epochs, batch: 8, ..TrainingOptions::new(Architecture::LENET5) }
    }

    fn run(options: &TrainingOptions, weights: &Path) -> Result<(ModelCard, Vec<Progress>)> {
        let mut seen = vec![];
        let card = run_with(&mut [], options, weights, &mut |p| seen.push(p))?;
        Ok((card, seen))
    }

    fn run_with(
        sources: &mut [&mut dyn Examples],
        options: &TrainingOptions,
        weights: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<ModelCard> {
        let data = (&halves(40), &halves(20));
        train(options, "halves", data, Device::Cpu, weights, sources, progress)
    }

    /// Steps up the gradient, as in adversarial training.
    struct Steps {
        size: f64,
        /// Of each batch, before it is learnt.
        losses: Vec<f64>,
    }

    impl Examples for Steps {
        fn description(&self) -> Option<String> {
            Some(format!("steps of {}", self.size))
        }

        fn begin(&mut self, _seed: u64, _epoch: u32) {}

        fn make(&mut self, model: &Classifier, images: Tensor, labels: &Tensor) -> Result<Tensor> {
            let images = images.set_requires_grad(true);
            let loss = model.logits(&images)?.cross_entropy_for_logits(labels);
            self.losses.push(loss.double_value(&[]));
            let ascent = Tensor::run_backward(&[loss], &[&images], false, false).remove(0);
            Ok((images.detach() + ascent.sign() * self.size).clamp(0.0, 1.0))
        }
    }

    #[test]
    fn a_network_learns_from_what_its_sources_make() {
        let folder = tempfile::tempdir().unwrap();
        let train = |size, name: &str, epochs| {
            let mut source = Steps { size, losses: vec![] };
            let weights = folder.path().join(name);
            let card = run_with(&mut [&mut source], &options(epochs), &weights, &mut |_| ());
            (card, source.losses)
        };
        let (plain, _) = run(&options(2), &folder.path().join("plain.safetensors")).unwrap();
        let (still, losses) = train(0.0, "still.safetensors", 2);
        let still = still.unwrap();
        assert_eq!((losses.len(), &still.fingerprint), (10, &plain.fingerprint));
        assert!(losses[0] > 2.0 && losses[9] < 0.5, "the model is the one that learns: {losses:?}");
        assert_eq!((&still.training["examples"][0], still.command), (&"steps of 0".into(), None));
        let (hardened, _) = train(0.01, "hardened.safetensors", 2);
        assert_ne!(hardened.unwrap().fingerprint, plain.fingerprint);

        let weights = folder.path().join("interrupted.safetensors");
        let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
        let training = format!("{} with steps of 0.01", options(2).command());
        let checkpoint = Checkpoint::beside(&weights, training, 2, &halves(40));
        checkpoint.write(1, &classifier).unwrap();
        let (other, _) = train(0.02, "interrupted.safetensors", 2);
        let message = other.unwrap_err().to_string();
        assert!(message.contains("with steps of 0.02, found "), "{message}");
        let (resumed, losses) = train(0.01, "interrupted.safetensors", 2);
        assert_eq!((resumed.is_ok(), losses.len()), (true, 5), "one epoch was left");
    }

    #[test]
    fn running_statistics_are_learnt_and_resumed() {
        let folder = tempfile::tempdir().unwrap();
        let model = Blueprint::from("wrn-10-1".parse::<Architecture>().unwrap())
            .with_input_shape([1, 28, 28])
            .unwrap();
        let options = TrainingOptions { batch: 20, epochs: 2, ..TrainingOptions::new(model) };
        let (whole, _) = run(&options, &folder.path().join("whole.safetensors")).unwrap();
        let weights = folder.path().join("resumed.safetensors");
        let interrupted = run_with(&mut [], &options, &weights, &mut |progress| {
            if matches!(progress, Progress::Epoch(report) if report.epoch == 1) {
                let partial = folder.path().join("resumed.safetensors.partial");
                std::fs::copy(partial, folder.path().join("kept")).unwrap();
            }
        });
        assert_eq!(interrupted.unwrap().fingerprint, whole.fingerprint);
        let partial = folder.path().join("resumed.safetensors.partial");
        std::fs::rename(folder.path().join("kept"), partial).unwrap();
        let (resumed, seen) = run(&options, &weights).unwrap();
        assert_eq!(seen[0], Progress::Resumed { epochs: 1 });
        assert_eq!(resumed.fingerprint, whole.fingerprint);
        let trained = Classifier::load(&weights, None, Device::Cpu).unwrap();
        let mean = &trained.variables.variables()["bn.running_mean"];
        assert!(mean.abs().max().double_value(&[]) > 0.0);
    }

    #[test]
    fn a_trained_model_is_loaded_by_its_card() {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("halves.safetensors");
        let (card, seen) = run(&options(3), &weights).unwrap();
        assert!(card.test_accuracy.unwrap() > 0.9, "{:?}", card.test_accuracy);
        assert_eq!(seen.iter().filter(|p| matches!(p, Progress::Epoch(_))).count(), 3);
        let classifier = Classifier::load(&weights, None, Device::Cpu).unwrap();
        assert_eq!(Some(classifier.fingerprint()), card.fingerprint.as_deref());
        assert_eq!(ModelCard::read(&weights).unwrap(), Some(card));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "weights and card only");
    }

    #[test]
    fn a_resumed_training_learns_what_an_uninterrupted_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let options = TrainingOptions { augment: true, ..options(2) };
        let (whole, _) = run(&options, &folder.path().join("whole.safetensors")).unwrap();

        let weights = folder.path().join("resumed.safetensors");
        let mut classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
        let set = halves(40);
        let checkpoint = checkpoint_beside(&weights, &options, &set);
        let images = classifier.tensor(set.images()).unwrap();
        let labels = epoch::labels(set.labels(), Device::Cpu);
        let (set, mut augmentation) = ((&images, &labels), Augmentation::default());
        let sources: &mut [&mut dyn Examples] = &mut [&mut augmentation];
        epoch::learn(&options, 1, &mut classifier, set, sources, &mut |_| ()).unwrap();
        checkpoint.write(1, &classifier).unwrap();

        let (resumed, seen) = run(&options, &weights).unwrap();
        assert_eq!(seen[0], Progress::Resumed { epochs: 1 });
        assert_eq!(resumed.fingerprint, whole.fingerprint);
        assert!(resumed.command.unwrap().contains("--augment"));
    }

    #[test]
    fn the_checkpoint_of_another_training_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("x.safetensors");
        let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
        let begin = |options: &TrainingOptions, images| {
            let checkpoint = checkpoint_beside(&weights, options, &halves(images));
            checkpoint.write(1, &classifier).unwrap();
            run(&self::options(3), &weights).unwrap_err().to_string()
        };
        let message = begin(&options(2), 40);
        assert!(message.contains("--epochs 3") && message.contains("--epochs 2"), "{message}");
        let message = begin(&options(3), 42);
        assert!(message.contains("x.safetensors.partial: expected images"), "{message}");
    }

    #[test]
    fn a_damaged_checkpoint_is_refused_or_trained_again() {
        let folder = tempfile::tempdir().unwrap();
        let (whole, _) = run(&options(2), &folder.path().join("whole.safetensors")).unwrap();
        let weights = folder.path().join("x.safetensors");
        let classifier = Classifier::untrained(Architecture::LENET5, 7, Device::Cpu);
        let checkpoint = checkpoint_beside(&weights, &options(2), &halves(40));
        checkpoint.write(2, &classifier).unwrap();
        let partial = folder.path().join("x.safetensors.partial");
        let bytes = std::fs::read(&partial).unwrap();
        for place in (7..bytes.len()).step_by(bytes.len() / 7) {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            std::fs::write(&partial, flipped).unwrap();
            match run(&options(2), &weights) {
                Ok((card, _)) => assert_eq!(card.fingerprint, whole.fingerprint, "{place}"),
                Err(error) => assert!(error.is_bad_input(), "{place}: {error}"),
            }
        }
    }

    /// Gives no numbers, from some batch on.
    struct NoNumbers(usize);

    impl Examples for NoNumbers {
        fn description(&self) -> Option<String> {
            None
        }

        fn begin(&mut self, _seed: u64, _epoch: u32) {}

        fn make(
            &mut self,
            _model: &Classifier,
            images: Tensor,
            _labels: &Tensor,
        ) -> Result<Tensor> {
            let broken = self.0 == 0;
            self.0 = self.0.saturating_sub(1);
            Ok(if broken { images * f64::NAN } else { images })
        }
    }

    #[test]
    fn weights_that_are_no_numbers_are_never_kept() {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("x.safetensors");
        for batches in [0, 4] {
            let source: &mut [&mut dyn Examples] = &mut [&mut NoNumbers(batches)];
            let error = run_with(source, &options(1), &weights, &mut |_| ()).unwrap_err();
            let finding = "expected a finite loss, got NaN in epoch 1";
            assert!(error.to_string().contains(finding), "{error}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn an_epoch_without_finite_loss_and_weights_is_an_error() {
        let images = halves(40);
        for (layer, poison, finding) in [
            ("fc3.weight", f64::NAN, "expected a finite loss, got NaN in epoch 1"),
            // The first layer is silent, so that the loss is finite and the weights stay what they are.
            (
                "conv1.bias",
                f64::NEG_INFINITY,
                "expected finite weights, got others in \"conv1.bias\"",
            ),
        ] {
            let mut classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
            let mut weights = classifier.variables.variables()[layer].shallow_clone();
            let _ = tch::no_grad(|| weights.fill_(poison));
            let tensor = classifier.tensor(images.images()).unwrap();
            let labels = epoch::labels(images.labels(), Device::Cpu);
            let learnt = &mut |_| ();
            let epoch =
                epoch::learn(&options(1), 1, &mut classifier, (&tensor, &labels), &mut [], learnt);
            let message = epoch.unwrap_err().to_string();
            assert!(message.contains(finding), "{message}");
        }
    }

    #[test]
    fn a_card_names_the_classes_of_the_data_set() {
        let folder = tempfile::tempdir().unwrap();
        let model = Blueprint::from(Architecture::LENET5).with_classes(2).unwrap();
        let options = TrainingOptions { epochs: 1, batch: 8, ..TrainingOptions::new(model) };
        let names = ["left".to_owned(), "right".to_owned()];
        let set = halves(16).with_class_names(names.to_vec()).unwrap();
        let train = |options: &TrainingOptions, name: &str| {
            let weights = folder.path().join(name);
            let sets = (&set, &set);
            train(options, "", sets, Device::Cpu, &weights, &mut [], &mut |_| ()).unwrap()
        };
        let card = train(&options, "two.safetensors");
        assert_eq!(card.model.classes(), &Classes::Names(names.to_vec()));
        let again = (&halves(16), &halves(16));
        let weights = folder.path().join("plain.safetensors");
        let plain =
            super::train(&options, "", again, Device::Cpu, &weights, &mut [], &mut |_| ()).unwrap();
        assert_eq!(card.fingerprint, plain.fingerprint, "names decide no logits");
        let of_ten = TrainingOptions { model: Architecture::LENET5.into(), ..options };
        assert_eq!(train(&of_ten, "ten.safetensors").model.classes(), &Classes::Number(10));
    }

    #[test]
    fn labels_beyond_the_classes_are_refused() {
        let set = halves(4);
        let strange = Dataset::new(set.images().clone(), vec![0, 1, 10, 1]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("x.safetensors");
        let sets = (&strange, &set);
        let message = train(&options(1), "", sets, Device::Cpu, &weights, &mut [], &mut |_| ())
            .unwrap_err()
            .to_string();
        assert!(message.contains("labels below 10, got 10 at row 2"), "{message}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
