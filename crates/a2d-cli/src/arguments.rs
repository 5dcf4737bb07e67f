//! Groups of arguments that several commands share; the arguments of one command stand with it.

use std::path::{Path, PathBuf};
use std::thread;

use a2d_attacks::{Limits, Preset, fastest_window};
use a2d_file::Plan;
use a2d_model::{Architecture, Classifier, parse_device};
use clap::Args;
use tch::Device;

/// The most threads: the system refuses many more, and whoever asked for them ends.
const MAX_THREADS: usize = 256;

fn threads(text: &str) -> Result<usize, String> {
    up_to(text, MAX_THREADS)
}

/// Where to compute.
#[derive(Debug, Args)]
pub(crate) struct ComputeArguments {
    /// Device: cpu, cuda or cuda:N
    #[arg(long, env = "A2D_DEVICE", default_value = "cpu")]
    device: String,
    /// Threads that compute, each on images of its own [default: one per core]
    #[arg(long, env = "A2D_THREADS", value_parser = threads)]
    threads: Option<usize>,
}

impl ComputeArguments {
    pub(crate) fn device(&self) -> anyhow::Result<Device> {
        Ok(parse_device(&self.device)?)
    }

    /// How many threads compute: one, if another device does.
    pub(crate) fn threads(&self) -> anyhow::Result<usize> {
        let default = match self.device()? {
            Device::Cpu => thread::available_parallelism().map_or(1, usize::from),
            _ => 1,
        };
        Ok(self.threads.unwrap_or(default))
    }
}

/// How attacks run.
#[derive(Debug, Args)]
pub(crate) struct EngineArguments {
    /// Images under attack at a time in each thread, or `auto` for the fastest number on this machine; it bounds the
    /// memory, and moves costs in float32 now and then [default: 64, on CUDA devices 1024; fewer of more than 64 x 64
    /// pixels]
    #[arg(long, value_parser = WindowArgument::parse)]
    window: Option<WindowArgument>,
    /// Seed of every random stream; recorded with the results
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

impl EngineArguments {
    /// The limits; a window that is to be found is timed with this classifier.
    pub(crate) fn limits(&self, classifier: &Classifier) -> anyhow::Result<Limits> {
        let window = match self.window {
            None => usual_window(classifier),
            Some(WindowArgument::Rows(window)) => window,
            Some(WindowArgument::Auto) => {
                let window = fastest_window(classifier)?;
                tracing::info!(window, "window found");
                window
            }
        };
        Ok(Limits { window, seed: self.seed })
    }
}

/// Values of the largest images of which the usual number is under attack at a time: of larger ones it would take
/// gigabytes, and be no faster (docs/speed.md).
const VALUES: usize = 3 * 64 * 64;

/// Images under attack at a time on a CUDA device, most of which small windows leave idle.
const WINDOW_ON_CUDA: usize = 1024;

/// Images that are under attack at a time where nothing is said.
fn usual_window(classifier: &Classifier) -> usize {
    let window = match classifier.device() {
        Device::Cuda(_) => WINDOW_ON_CUDA,
        _ => Limits::default().window,
    };
    let values: usize = classifier.input_shape().iter().product();
    (window * VALUES.min(values) / values).max(1)
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
    /// Data set whose attack parameters apply [default: that of the images' shape, or else mnist for grey images,
    /// cifar10 for others]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_of_large_images_are_under_attack_at_a_time() {
        let window = |architecture: Architecture| {
            usual_window(&Classifier::untrained(architecture, 0, Device::Cpu))
        };
        assert_eq!(window(Architecture::LENET5), 64);
        assert_eq!(window(Architecture::EFFICIENTNET_LITE0), 5);
    }
}
