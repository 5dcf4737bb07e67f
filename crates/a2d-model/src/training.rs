//! Training of a classifier, seeded and resumable.

mod augmentation;
mod checkpoint;
mod epoch;
mod options;
mod substitute;

use std::path::Path;

use a2d_data::Dataset;
use a2d_file::Card as _;
use tch::Device;

use crate::{Classifier, ModelCard, Result};
use checkpoint::Checkpoint;
pub use options::TrainingOptions;
pub use substitute::{SubstituteOptions, train_substitute};

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
/// After every epoch the state is written to `<weights>.partial`, from where an interrupted training
/// resumes. Adam's moments start anew in each epoch and every random stream depends on seed and
/// epoch alone, so a resumed run learns what an uninterrupted one does.
///
/// # Errors
/// [`Option`](crate::Error::Option), [`Shape`](crate::Error::Shape) or
/// [`Label`](crate::Error::Label) if options or images do not fit;
/// [`Diverged`](crate::Error::Diverged) or [`Logits`](crate::Error::Logits) if loss, weights or logits stop
/// being finite;
/// [`File`](crate::Error::File) if the checkpoint is damaged or of another run, or a file cannot be
/// written.
pub fn train(
    options: &TrainingOptions,
    dataset: &str,
    (training_set, test_set): (&Dataset, &Dataset),
    device: Device,
    weights: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<ModelCard> {
    options.check()?;
    let mut classifier = Classifier::untrained(options.architecture, options.seed, device);
    classifier.check_labels("train", training_set.labels())?;
    classifier.check_labels("train", test_set.labels())?;
    let images = classifier.tensor(training_set.images())?;
    let labels = epoch::labels(training_set.labels(), device);

    let checkpoint = Checkpoint::beside(weights, options, training_set);
    let done = checkpoint.resume(&classifier)?;
    if done > 0 {
        progress(Progress::Resumed { epochs: done });
    }
    for number in done + 1..=options.epochs {
        let loss =
            epoch::learn(options, number, &mut classifier, &images, &labels, &mut |images| {
                progress(Progress::Batch { epoch: number, images });
            })?;
        // First, so that no weights are kept that cannot be used.
        let test_accuracy = classifier.accuracy(test_set, options.batch)?;
        checkpoint.write(number, &classifier)?;
        progress(Progress::Epoch(EpochReport { epoch: number, loss, test_accuracy }));
    }

    let classifier = classifier.seal();
    let card = ModelCard {
        architecture: options.architecture,
        fingerprint: classifier.fingerprint().to_owned(),
        dataset: dataset.to_owned(),
        training: options.clone(),
        command: options.command(),
        test_accuracy: classifier.accuracy(test_set, options.batch)?,
        test_images: test_set.len(),
    };
    // The card first: without one, weights would be taken as they are.
    card.write(weights)?;
    classifier.save(weights)?;
    checkpoint.remove()?;
    Ok(card)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Architecture;
    use a2d_data::Images;
    use ndarray::Array4;

    /// Images of two classes that differ in which half is bright.
    fn halves(count: usize) -> Dataset {
        let labels: Vec<u8> = (0..count).map(|row| (row % 2) as u8).collect();
        let pixels = Array4::from_shape_fn((count, 1, 28, 28), |(row, _, _, x)| {
            if (x < 14) == (row % 2 == 0) { 0.5 + 0.4 * (row as f32 / count as f32) } else { 0.0 }
        });
        Dataset::new(Images::new(pixels).unwrap(), labels).unwrap()
    }

    fn options(epochs: u32) -> TrainingOptions {
        TrainingOptions { epochs, batch: 8, ..TrainingOptions::new(Architecture::LeNet5) }
    }

    fn run(options: &TrainingOptions, weights: &Path) -> Result<(ModelCard, Vec<Progress>)> {
        let mut seen = vec![];
        let data = (&halves(40), &halves(20));
        let card = train(options, "halves", data, Device::Cpu, weights, &mut |p| seen.push(p))?;
        Ok((card, seen))
    }

    #[test]
    fn a_trained_model_is_loaded_by_its_card() {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("halves.safetensors");
        let (card, seen) = run(&options(3), &weights).unwrap();
        assert!(card.test_accuracy > 0.9, "{}", card.test_accuracy);
        assert_eq!(seen.iter().filter(|p| matches!(p, Progress::Epoch(_))).count(), 3);
        let classifier = Classifier::load(&weights, None, Device::Cpu).unwrap();
        assert_eq!(classifier.fingerprint(), card.fingerprint);
        assert_eq!(ModelCard::read(&weights).unwrap(), Some(card));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "weights and card only");
    }

    #[test]
    fn a_resumed_training_learns_what_an_uninterrupted_one_does() {
        let folder = tempfile::tempdir().unwrap();
        let options = TrainingOptions { augment: true, ..options(2) };
        let (whole, _) = run(&options, &folder.path().join("whole.safetensors")).unwrap();

        let weights = folder.path().join("resumed.safetensors");
        let mut classifier = Classifier::untrained(Architecture::LeNet5, 0, Device::Cpu);
        let set = halves(40);
        let checkpoint = Checkpoint::beside(&weights, &options, &set);
        let images = classifier.tensor(set.images()).unwrap();
        let labels = epoch::labels(set.labels(), Device::Cpu);
        epoch::learn(&options, 1, &mut classifier, &images, &labels, &mut |_| ()).unwrap();
        checkpoint.write(1, &classifier).unwrap();

        let (resumed, seen) = run(&options, &weights).unwrap();
        assert_eq!(seen[0], Progress::Resumed { epochs: 1 });
        assert_eq!(resumed.fingerprint, whole.fingerprint);
        assert!(resumed.command.contains("--augment"), "{}", resumed.command);
    }

    #[test]
    fn the_checkpoint_of_another_training_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("x.safetensors");
        let classifier = Classifier::untrained(Architecture::LeNet5, 0, Device::Cpu);
        let begin = |options: &TrainingOptions, images| {
            let checkpoint = Checkpoint::beside(&weights, options, &halves(images));
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
        let classifier = Classifier::untrained(Architecture::LeNet5, 7, Device::Cpu);
        let checkpoint = Checkpoint::beside(&weights, &options(2), &halves(40));
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

    #[test]
    fn weights_that_are_no_numbers_are_never_kept() {
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("x.safetensors");
        // A batch of all images: the only loss of the epoch is that before the step.
        for (learning_rate, batch, finding) in [
            (1e38, 8, "expected a finite loss, got NaN in epoch 1"),
            (1e39, 40, "expected finite weights, got others in \"conv1.bias\" in epoch 1"),
            (1e15, 40, "expected finite logits, got"),
        ] {
            let options = TrainingOptions { learning_rate, batch, ..options(2) };
            let message = run(&options, &weights).unwrap_err().to_string();
            assert!(message.contains(finding), "{learning_rate}: {message}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }

    #[test]
    fn labels_beyond_the_classes_are_refused() {
        let set = halves(4);
        let strange = Dataset::new(set.images().clone(), vec![0, 1, 10, 1]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let weights = folder.path().join("x.safetensors");
        let message = train(&options(1), "", (&strange, &set), Device::Cpu, &weights, &mut |_| ())
            .unwrap_err()
            .to_string();
        assert!(message.contains("labels below 10, got 10 at row 2"), "{message}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
