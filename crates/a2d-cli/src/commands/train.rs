//! `a2d train`: trains a classifier.

mod adversarial;

use std::path::PathBuf;

use a2d_data::{ImageFolder, Labelled, Opened, Split};
use a2d_eval::Proportion;
use a2d_file::Plan;
use a2d_model::training::{self, Examples, Progress, TrainingOptions};
use a2d_model::{Architecture, Blueprint, Classifier, ModelCard, Normalisation};
use clap::Args;
use serde::Serialize;

use crate::arguments::{ComputeArguments, architecture_help, output_file, up_to};
use crate::datasets::{self, DataArguments};
use crate::exit::BadInput;
use crate::format::{FormatArguments, Outcome, line};
use crate::number::number;
use crate::progress;
use crate::reading::FramingArguments;
use crate::terminal::note;
use adversarial::{AdversarialArguments, examples, robust_accuracy};

/// Train a classifier on the data set whose images it takes, MNIST or CIFAR-10, or on a folder of images
///
/// Writes the weights as safetensors and a card beside them. An interrupted training resumes after
/// its last whole epoch when the same command is given again, and learns what an uninterrupted one
/// does.
#[derive(Debug, Args)]
#[command(mut_arg("resize", |arg| arg.requires("input")), mut_arg("crop", |arg| arg.requires("input")))]
pub(crate) struct Train {
    #[arg(long, help = architecture_help("Architecture to train"))]
    arch: Architecture,
    /// Channels, height and width of the images [default: those the architecture is usually built for]
    #[arg(long, value_name = "CxHxW", value_parser = shape)]
    input_shape: Option<[usize; 3]>,
    /// Number of classes [default: that the architecture is usually built for]
    #[arg(long)]
    classes: Option<usize>,
    /// Subtract these from the channels before the first layer
    #[arg(long, value_delimiter = ',', requires = "std", allow_hyphen_values = true)]
    mean: Vec<f64>,
    /// Divide the channels by these afterwards
    #[arg(long, value_delimiter = ',', requires = "mean")]
    std: Vec<f64>,
    /// Passes over the training images
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Images per step
    #[arg(long, default_value_t = 128, value_parser = batch)]
    batch: usize,
    /// Adam's step size at the start; it falls to zero along half a cosine
    #[arg(long, default_value_t = 1e-3, value_parser = learning_rate)]
    learning_rate: f64,
    /// Flip the training images left to right and shift them by up to 4 pixels, at random
    #[arg(long)]
    augment: bool,
    #[command(flatten)]
    adversarial: AdversarialArguments,
    /// Seed of initial weights, order, augmentation and dropout
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// File for the weights; their card goes beside it
    #[arg(long, value_name = "WEIGHTS", value_parser = output_file)]
    out: PathBuf,
    /// Folder with a folder of images (PNG, JPEG, WebP) for each class to train on, in place of a data set
    #[arg(long, value_name = "DIR", requires = "test")]
    input: Option<PathBuf>,
    /// Folder of the same classes to test on
    #[arg(long, value_name = "DIR", requires = "input")]
    test: Option<PathBuf>,
    #[command(flatten)]
    framing: FramingArguments,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    compute: ComputeArguments,
    #[command(flatten)]
    format: FormatArguments,
}

fn batch(text: &str) -> Result<usize, String> {
    up_to(text, TrainingOptions::MAX_BATCH)
}

fn learning_rate(text: &str) -> Result<f64, &'static str> {
    number(text)
        .filter(|rate| (1e-18..=1.0).contains(rate))
        .ok_or("expected a number from 1e-18 to 1")
}

impl Train {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let options = TrainingOptions {
            model: self.model()?,
            epochs: self.epochs,
            batch: self.batch,
            learning_rate: self.learning_rate,
            augment: self.augment,
            seed: self.seed,
        };
        let attack = self.adversarial.attack(options.model.input_shape()[0])?;
        let _claim = self.plan()?.claim()?;
        let device = self.compute.device()?;
        tch::set_num_threads(i32::try_from(self.compute.threads()?)?);
        let (name, [training_set, test_set]) = self.sets(options.model.input_shape())?;
        let (training_set, test_set) = (training_set.dataset()?, test_set.dataset()?);
        let dataset =
            format!("{name}, {} training and {} test images", training_set.len(), test_set.len());

        let mut source = attack.as_ref().map(examples);
        let mut sources: Vec<&mut dyn Examples> =
            source.iter_mut().map(|source| source as &mut dyn Examples).collect();
        let bar = progress::bar(training_set.len(), "epoch");
        let card = training::train(
            &options,
            &dataset,
            (&training_set, &test_set),
            device,
            &self.out,
            &mut sources,
            &mut |progress| match progress {
                Progress::Resumed { epochs } => {
                    note(format_args!("resumed after epoch {epochs}"));
                }
                Progress::Batch { epoch, images } => {
                    bar.set_prefix(format!("epoch {epoch}/{}", options.epochs));
                    bar.set_position(images as u64);
                }
                Progress::Epoch(report) => bar.suspend(|| {
                    note(format_args!(
                        "epoch {}/{}: loss {:.4}, test accuracy {:.2} %",
                        report.epoch,
                        options.epochs,
                        report.loss,
                        100.0 * report.test_accuracy
                    ));
                }),
            },
        )?;
        bar.finish_and_clear();
        let robust_accuracy = match &attack {
            Some(attack) => {
                let classifier = Classifier::load(&self.out, None, device)?;
                Some(robust_accuracy(&classifier, attack, &test_set, self.seed)?)
            }
            None => None,
        };
        self.format.print(&Trained { card, robust_accuracy, weights: self.out })
    }

    /// What is read and written.
    fn plan(&self) -> anyhow::Result<Plan<'_>> {
        let plan = match (&self.input, &self.test) {
            (Some(training), Some(test)) => Plan::new()
                .reads_all_in("--input", training.clone())
                .reads_all_in("--test", test.clone()),
            _ => self.data.plan(Plan::new())?,
        };
        Ok(plan.writes_work("--out", &self.out))
    }

    /// The images to train and to test on, and what they are called.
    fn sets(&self, shape: [usize; 3]) -> anyhow::Result<(String, [Box<dyn Labelled>; 2])> {
        if let (Some(training), Some(test)) = (&self.input, &self.test) {
            let open = |folder| ImageFolder::open(folder, self.framing.reading(Some(shape[0])));
            let sets = [open(training)?, open(test)?];
            let [expected, found] =
                sets.each_ref().map(|set| set.class_names().unwrap_or_default());
            if expected != found {
                let test = test.display();
                return Err(BadInput(format!(
                    "read {test}: expected a folder for each class of the training images, {expected:?}, \
                     got {found:?}"
                ))
                .into());
            }
            return Ok((training.display().to_string(), sets.map(|set| Box::new(set) as _)));
        }
        let (set, root) = (datasets::of_shape(shape)?, self.data.root()?);
        let Opened { title, source: training } = set.open(&root, Split::Train)?;
        Ok((title.to_owned(), [training, set.open(&root, Split::Test)?.source]))
    }

    /// What is trained.
    fn model(&self) -> a2d_model::Result<Blueprint> {
        let mut model = Blueprint::from(self.arch);
        if let Some(shape) = self.input_shape {
            model = model.with_input_shape(shape)?;
        }
        if let Some(classes) = self.classes {
            model = model.with_classes(classes)?;
        }
        if !self.mean.is_empty() {
            let (mean, std) = (self.mean.clone(), self.std.clone());
            model = model.with_normalisation(Normalisation { mean, std })?;
        }
        Ok(model)
    }
}

/// A shape such as `3x32x32`.
fn shape(text: &str) -> Result<[usize; 3], &'static str> {
    let sides: Result<Vec<usize>, _> = text.split('x').map(str::parse).collect();
    let sides = sides.ok().and_then(|sides| sides.try_into().ok());
    sides.ok_or("expected channels, height and width, such as 3x32x32")
}

#[derive(Serialize)]
struct Trained {
    weights: PathBuf,
    #[serde(flatten)]
    card: ModelCard,
    /// Share of the first test images that stand PGD.
    #[serde(skip_serializing_if = "Option::is_none")]
    robust_accuracy: Option<Proportion>,
}

impl Outcome for Trained {
    fn human(&self) -> String {
        let Self { weights, card, robust_accuracy } = self;
        let tested = card.test_accuracy.zip(card.test_images).map(|(accuracy, images)| {
            format!(", {:.2} % of {images} test images right", 100.0 * accuracy)
        });
        let stand = robust_accuracy.map(|Proportion { share, low, high }| {
            let [share, low, high] = [share, low, high].map(|share| 100.0 * share);
            format!(", {share:.1} % ({low:.1} to {high:.1}) under PGD")
        });
        let (weights, tested) = (weights.display(), tested.unwrap_or_default());
        let stand = stand.unwrap_or_default();
        format!("{weights}: {}{tested}{stand}", card.model.architecture())
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let card = &self.card;
        let or_empty = |value: Option<String>| value.unwrap_or_default();
        vec![
            line([
                &"weights",
                &"architecture",
                &"test_images",
                &"test_accuracy",
                &"robust_accuracy",
                &"fingerprint",
            ]),
            line([
                &self.weights.display(),
                &card.model.architecture(),
                &or_empty(card.test_images.map(|images| images.to_string())),
                &or_empty(card.test_accuracy.map(|accuracy| accuracy.to_string())),
                &or_empty(self.robust_accuracy.map(|stand| stand.share.to_string())),
                &or_empty(card.fingerprint.clone()),
            ]),
        ]
    }
}
