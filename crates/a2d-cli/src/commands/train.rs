use std::path::PathBuf;

use a2d_data::Split;
use a2d_file::Plan;
use a2d_model::training::{self, Progress, TrainingOptions};
use a2d_model::{Architecture, ModelCard};
use clap::Args;
use serde::Serialize;

use crate::arguments::{ComputeArguments, DataArguments, output_file, positive};
use crate::datasets::{self, Named};
use crate::format::{FormatArguments, Outcome, line};
use crate::progress;

/// Train a classifier on the data set whose images it takes, MNIST or CIFAR-10
///
/// Writes the weights as safetensors and a card beside them. An interrupted training resumes after
/// its last whole epoch when the same command is given again, and learns what an uninterrupted one
/// does.
#[derive(Debug, Args)]
pub(crate) struct Train {
    /// Architecture to train
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Architecture::ALL.map(Architecture::name)))]
    arch: String,
    /// Passes over the training images
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Images per step
    #[arg(long, default_value_t = 128, value_parser = positive)]
    batch: usize,
    /// Adam's step size at the start; it falls to zero along half a cosine
    #[arg(long, default_value_t = 1e-3)]
    learning_rate: f64,
    /// Flip the training images left to right and shift them by up to 4 pixels, at random
    #[arg(long)]
    augment: bool,
    /// Seed of initial weights, order, augmentation and dropout
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// File for the weights; their card goes beside it
    #[arg(long, value_name = "WEIGHTS", value_parser = output_file)]
    out: PathBuf,
    #[command(flatten)]
    data: DataArguments,
    #[command(flatten)]
    compute: ComputeArguments,
    #[command(flatten)]
    format: FormatArguments,
}

impl Train {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let options = TrainingOptions {
            architecture: self.arch.parse()?,
            epochs: self.epochs,
            batch: self.batch,
            learning_rate: self.learning_rate,
            augment: self.augment,
            seed: self.seed,
        };
        let _claim = self.data.plan(Plan::new())?.writes_work("--out", &self.out).claim()?;
        let device = self.compute.device()?;
        let (root, shape) = (self.data.root()?, options.architecture.input_shape());
        let Named { name, set: training_set } = datasets::load(&root, shape, Split::Train)?;
        let Named { set: test_set, .. } = datasets::load(&root, shape, Split::Test)?;
        let dataset =
            format!("{name}, {} training and {} test images", training_set.len(), test_set.len());

        let bar = progress::bar(training_set.len(), "epoch");
        let card = training::train(
            &options,
            &dataset,
            (&training_set, &test_set),
            device,
            &self.out,
            &mut |progress| match progress {
                Progress::Resumed { epochs } => eprintln!("resumed after epoch {epochs}"),
                Progress::Batch { epoch, images } => {
                    bar.set_prefix(format!("epoch {epoch}/{}", options.epochs));
                    bar.set_position(images as u64);
                }
                Progress::Epoch(report) => bar.suspend(|| {
                    eprintln!(
                        "epoch {}/{}: loss {:.4}, test accuracy {:.2} %",
                        report.epoch,
                        options.epochs,
                        report.loss,
                        100.0 * report.test_accuracy
                    );
                }),
            },
        )?;
        bar.finish_and_clear();
        self.format.print(&Trained { card, weights: self.out })
    }
}

#[derive(Serialize)]
struct Trained {
    weights: PathBuf,
    #[serde(flatten)]
    card: ModelCard,
}

impl Outcome for Trained {
    fn human(&self) -> String {
        format!(
            "{}: {}, {:.2} % of {} test images right",
            self.weights.display(),
            self.card.architecture,
            100.0 * self.card.test_accuracy,
            self.card.test_images
        )
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let card = &self.card;
        vec![
            line([&"weights", &"architecture", &"test_images", &"test_accuracy", &"fingerprint"]),
            line([
                &self.weights.display(),
                &card.architecture,
                &card.test_images,
                &card.test_accuracy,
                &card.fingerprint,
            ]),
        ]
    }
}
