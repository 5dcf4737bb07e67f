//! Groups of arguments that several commands share; the arguments of one command stand with it.

use std::path::{Path, PathBuf};

use a2d_attacks::{Limits, Preset, fastest_window};
use a2d_data::{Dataset, Split};
use a2d_file::Plan;
use a2d_model::{Architecture, Classifier, Precision, parse_device};
use anyhow::Context;
use clap::{Args, ValueEnum};
use tch::Device;

use crate::datasets::{self, Named};
use crate::exit::BadInput;

/// The most threads: the system refuses many more, and whoever asked for them ends.
const MAX_THREADS: i64 = 256;

/// Where to compute.
#[derive(Debug, Args)]
pub(crate) struct ComputeArguments {
    /// Device: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Threads that compute [default: one per core]
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..=MAX_THREADS))]
    threads: Option<i32>,
}

impl ComputeArguments {
    pub(crate) fn device(&self) -> anyhow::Result<Device> {
        if let Some(threads) = self.threads {
            tch::set_num_threads(threads);
        }
        Ok(parse_device(&self.device)?)
    }
}

/// The model.
#[derive(Debug, Args)]
pub(crate) struct ModelArguments {
    /// Weights of the model (safetensors with PyTorch's names and layout)
    #[arg(long, value_name = "WEIGHTS")]
    model: PathBuf,
    #[arg(long, help = architecture_help("Architecture of the weights, where no card lies beside them"))]
    arch: Option<Architecture>,
    /// Numbers to compute with: float64 gives the same costs on any processor, in any window, and takes
    /// longer; bfloat16 is faster on some processors. Costs of one are not those of another
    #[arg(long, default_value = "float32", value_parser = clap::builder::PossibleValuesParser::new(Precision::ALL.map(Precision::name)))]
    precision: String,
    #[command(flatten)]
    compute: ComputeArguments,
}

impl ModelArguments {
    /// Adds to a plan what is read.
    pub(crate) fn plan<'a>(&'a self, plan: Plan<'a>) -> Plan<'a> {
        plan.reads("--model", &self.model)
    }

    pub(crate) fn load(&self) -> anyhow::Result<Classifier> {
        let classifier = Classifier::load(&self.model, self.arch, self.compute.device()?)?;
        let classifier = classifier.with_precision(self.precision.parse()?);
        tracing::info!("model {} {}", classifier.name(), classifier.fingerprint());
        Ok(classifier)
    }
}

/// How attacks run.
#[derive(Debug, Args)]
pub(crate) struct EngineArguments {
    /// Images under attack at a time, or `auto` for the fastest number on this machine; it bounds the
    /// memory, and moves costs in float32 now and then
    #[arg(long, default_value = "64", value_parser = WindowArgument::parse)]
    window: WindowArgument,
    /// Seed of every random stream; recorded with the results
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

impl EngineArguments {
    /// The limits; a window that is to be found is timed with this classifier.
    pub(crate) fn limits(&self, classifier: &Classifier) -> Limits {
        let window = match self.window {
            WindowArgument::Rows(window) => window,
            WindowArgument::Auto => {
                let window = fastest_window(classifier);
                tracing::info!(window, "window found");
                window
            }
        };
        Limits { window, seed: self.seed }
    }
}

/// How many images are under attack at a time.
#[derive(Clone, Copy, Debug)]
enum WindowArgument {
    Rows(usize),
    /// As many as are fastest.
    Auto,
}

impl WindowArgument {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        up_to(text, Limits::MAX_WINDOW)
            .map(Self::Rows)
            .map_err(|expected| format!("{expected}, or `auto`"))
    }
}

/// Numbers from 1 to this one.
pub(crate) fn up_to(text: &str, most: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ => Err(format!("expected a whole number from 1 to {most}")),
    }
}

/// What an architecture is for, and the names there are.
pub(crate) fn architecture_help(purpose: &str) -> String {
    format!("{purpose}: {}", Architecture::known())
}

/// Numbers of at least 1.
pub(crate) fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("expected a whole number of at least 1".into()),
    }
}

/// A file that can be written: what takes long should not end with an output that cannot.
pub(crate) fn output_file(text: &str) -> std::io::Result<PathBuf> {
    let path = output_folder(text)?;
    a2d_file::check_target(&path)?;
    Ok(path)
}

/// A folder to write to. `-`, which often stands for standard output, is none.
pub(crate) fn output_folder(text: &str) -> std::io::Result<PathBuf> {
    match text {
        "-" => Err(std::io::Error::other(
            "expected a path, got -; results are files, and ./- is one of that name",
        )),
        path => Ok(path.into()),
    }
}

/// Adds to a plan what is written of a report and its figures.
pub(crate) fn plan_report<'a>(
    mut plan: Plan<'a>,
    report: Option<&'a Path>,
    figures: Option<&'a Path>,
) -> Plan<'a> {
    if let Some(report) = report {
        plan = plan.writes("--report", report);
    }
    match figures {
        Some(folder) => plan.fills("--figures", folder, "svg"),
        None => plan,
    }
}

/// A file with the name that it goes by.
pub(crate) fn named_file(text: &str) -> Result<(String, PathBuf), &'static str> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => {
            Ok((name.into(), path.into()))
        }
        _ => Err("expected NAME=FILE"),
    }
}

/// The data set, whose attack parameters apply.
#[derive(Debug, Args)]
pub(crate) struct PresetArguments {
    /// Data set whose attack parameters apply [default: mnist for grey images, cifar10 for others]
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Preset::ALL.map(Preset::name)))]
    dataset: Option<String>,
}

impl PresetArguments {
    /// The one that is named, or else that for the images of this classifier.
    pub(crate) fn preset(&self, classifier: &Classifier) -> anyhow::Result<Preset> {
        match &self.dataset {
            Some(name) => Ok(name.parse()?),
            None => Ok(Preset::for_images(classifier.input_shape())),
        }
    }
}

/// Where data sets lie.
#[derive(Debug, Args)]
pub(crate) struct DataArguments {
    /// Folder that holds the data sets, each in a folder of its own [default: the user's cache]
    #[arg(long, env = "A2D_DATA", value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl DataArguments {
    /// Adds to a plan what may be read.
    pub(crate) fn plan<'a>(&self, plan: Plan<'a>) -> anyhow::Result<Plan<'a>> {
        let root = self.root()?;
        let folders = datasets::FOLDERS.map(|name| root.join(name));
        Ok(folders.into_iter().fold(plan, |plan, folder| plan.reads_all_in("--data-dir", folder)))
    }

    /// The folder of all data sets.
    pub(crate) fn root(&self) -> anyhow::Result<PathBuf> {
        match &self.data_dir {
            Some(folder) => Ok(folder.clone()),
            None => Ok(dirs::cache_dir()
                .context(
                    "find the user's cache: expected a home folder, found none; name --data-dir",
                )?
                .join("a2d")
                .join("data")),
        }
    }
}

/// Part of a data set.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SplitArgument {
    Train,
    Test,
}

impl From<SplitArgument> for Split {
    fn from(split: SplitArgument) -> Self {
        match split {
            SplitArgument::Train => Self::Train,
            SplitArgument::Test => Self::Test,
        }
    }
}

/// Images of a data set with their labels.
#[derive(Debug, Args)]
pub(crate) struct LabelledArguments {
    #[command(flatten)]
    data: DataArguments,
    /// Part of the data set
    #[arg(long, value_enum, default_value = "test")]
    split: SplitArgument,
    /// Images to pass over at the start
    #[arg(long, default_value_t = 0)]
    skip: usize,
}

/// The chosen images of a data set.
pub(crate) struct Selection {
    pub(crate) set: Dataset,
    /// The number of the first in its split.
    pub(crate) first: usize,
    /// Data set and split, for cards.
    pub(crate) description: String,
}

impl LabelledArguments {
    /// Adds to a plan what may be read.
    pub(crate) fn plan<'a>(&self, plan: Plan<'a>) -> anyhow::Result<Plan<'a>> {
        self.data.plan(plan)
    }

    /// The images, of the data set with images of this shape, \[C, H, W\].
    pub(crate) fn load(&self, shape: [usize; 3]) -> anyhow::Result<Selection> {
        let Named { name, set } = datasets::load(&self.data.root()?, shape, self.split.into())?;
        if self.skip >= set.len() {
            return Err(BadInput(format!(
                "select images: expected --skip below {}, the number of images, got {}",
                set.len(),
                self.skip
            ))
            .into());
        }
        let split = match self.split {
            SplitArgument::Train => "train",
            SplitArgument::Test => "test",
        };
        let description = format!("{name} {split}");
        Ok(Selection { set: set.range(self.skip..set.len())?, first: self.skip, description })
    }
}
