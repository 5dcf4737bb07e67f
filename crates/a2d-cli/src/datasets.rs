//! The data sets that models are trained and attacked on where the user names no other images.

use std::path::PathBuf;

use a2d_data::{DataSet, Split};
use a2d_file::Plan;
use anyhow::Context;
use clap::{Args, ValueEnum};

use crate::exit::BadInput;

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
        let folders = DataSet::ALL.map(|set| root.join(set.name));
        Ok(folders.into_iter().fold(plan, |plan, folder| plan.reads_all_in("--data-dir", folder)))
    }

    /// The folder of all data sets.
    pub(crate) fn root(&self) -> anyhow::Result<PathBuf> {
        match &self.data_dir {
            Some(folder) => Ok(folder.clone()),
            None => Ok(cache()?.join("data")),
        }
    }
}

/// The folder of this program in the user's cache.
pub(crate) fn cache() -> anyhow::Result<PathBuf> {
    let cache = dirs::cache_dir().context(
        "find the user's cache: expected a home folder, found none; name files and folders",
    )?;
    Ok(cache.join("a2d"))
}

/// Part of a data set.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SplitArgument {
    Train,
    Test,
}

impl SplitArgument {
    /// What cards call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

impl From<Split> for SplitArgument {
    fn from(split: Split) -> Self {
        match split {
            Split::Train => Self::Train,
            Split::Test => Self::Test,
        }
    }
}

impl From<SplitArgument> for Split {
    fn from(split: SplitArgument) -> Self {
        match split {
            SplitArgument::Train => Self::Train,
            SplitArgument::Test => Self::Test,
        }
    }
}

/// The data set whose images have this shape, \[C, H, W\].
pub(crate) fn of_shape(shape: [usize; 3]) -> Result<DataSet, BadInput> {
    let of_shape = DataSet::of_shape(shape);
    of_shape.ok_or_else(|| {
        let known = DataSet::ALL.map(|set| format!("{:?} ({})", set.shape, set.name)).join(", ");
        let known = match known.rsplit_once("), ") {
            Some((others, last)) => format!("{others}) or {last}"),
            None => known,
        };
        BadInput(format!(
            "choose data set: expected a model of images {known}, got {shape:?}; name the images in a file \
             or folder"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_without_data_set_is_refused() {
        let error = of_shape([3, 64, 64]).unwrap_err().to_string();
        let known = "[1, 28, 28] (mnist), [3, 32, 32] (cifar10) or [3, 224, 224] (imagenet)";
        assert!(error.contains(known) && error.contains("got [3, 64, 64]"), "{error}");
    }
}
