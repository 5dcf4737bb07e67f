//! The images that commands take: how the user names files and folders of them, and how they are read.

use std::path::{Path, PathBuf};

use a2d_data::{Axes, Framing, Reading, file_of, files_in};
use a2d_file::Plan;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, ValueEnum};

/// What `--input` takes, for its help.
pub(crate) const TAKEN: &str = "files of one (PNG, JPEG, WebP) or many (npy, npz, PyTorch tensor, IDX; `a.npz:x` for one \
    array of several), or folders of such files, or of a folder of them for each class; - for one file on standard input";

/// What stands for standard input.
pub(crate) const STANDARD_INPUT: &str = "-";

/// A file or folder of images, or standard input.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// As the user names it.
    path: PathBuf,
    /// What is on disk: of `a.npz:x` it is `a.npz`.
    on_disk: PathBuf,
}

impl Input {
    /// Reads an argument.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        PathBufValueParser::new().map(Self::from)
    }

    /// Adds to a plan what is read.
    pub(crate) fn plan<'a>(inputs: &'a [Self], plan: Plan<'a>) -> Plan<'a> {
        inputs.iter().fold(plan, |plan, input| {
            if input.path == Path::new(STANDARD_INPUT) {
                plan
            } else if input.is_folder() {
                plan.reads_all_in("--input", input.on_disk.clone())
            } else {
                plan.reads("--input", &input.on_disk)
            }
        })
    }

    /// The files, those of a folder in the order of class and name.
    pub(crate) fn files(&self) -> a2d_data::Result<Vec<PathBuf>> {
        if self.is_folder() { files_in(&self.path) } else { Ok(vec![self.path.clone()]) }
    }

    /// As the user names it.
    pub(crate) fn path(&self) -> &PathBuf {
        &self.path
    }

    /// Whether it is a folder.
    pub(crate) fn is_folder(&self) -> bool {
        self.path != Path::new(STANDARD_INPUT) && self.on_disk.is_dir()
    }
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self { on_disk: file_of(&path), path }
    }
}

/// How images are read.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ReadingArguments {
    /// Axes of arrays (npy, npz, tensors): images, channels, height and width in this order
    #[arg(long, value_enum, default_value = "nchw")]
    layout: Layout,
    #[command(flatten)]
    framing: FramingArguments,
}

/// The order of the axes of arrays.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Layout {
    /// As PyTorch has them
    Nchw,
    /// As TensorFlow has them
    Nhwc,
    /// Grey images without an axis for their channel
    Nhw,
}

/// How images of any size become images of one size.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct FramingArguments {
    /// Pixels that the shorter side of images gets first, as by torchvision's Resize
    #[arg(long, value_name = "PIXELS")]
    resize: Option<u32>,
    /// Pixels of each side of the square that is then cut out of their centre, as by its CenterCrop
    #[arg(long, value_name = "PIXELS")]
    crop: Option<u32>,
}

impl ReadingArguments {
    /// What they are where none is given.
    pub(crate) const AS_IT_IS: Self =
        Self { layout: Layout::Nchw, framing: FramingArguments { resize: None, crop: None } };

    /// How images are read for a network that takes so many channels, where that is known.
    pub(crate) fn reading(self, channels: Option<usize>) -> Reading {
        let axes = match self.layout {
            Layout::Nchw => Axes::Nchw,
            Layout::Nhwc => Axes::Nhwc,
            Layout::Nhw => Axes::Nhw,
        };
        Reading { axes, ..self.framing.reading(channels) }
    }
}

impl FramingArguments {
    /// How images are read for a network that takes so many channels, where that is known.
    pub(crate) fn reading(self, channels: Option<usize>) -> Reading {
        let framing = Framing { resize: self.resize, crop: self.crop };
        Reading { framing, channels, ..Reading::default() }
    }
}
