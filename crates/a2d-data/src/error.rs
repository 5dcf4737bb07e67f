//! What can go wrong with image data.

use crate::file::MAX_PIXELS;
use std::io;
use std::path::{Path, PathBuf};

/// Result with this crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// What can go wrong with image data. Every message is a single line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refuses to give the file.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        cause: io::Error,
    },
    /// The file is there but does not hold what its format promises.
    #[error("cannot read {} as {format}: {problem}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it was read as, such as "IDX images".
        format: &'static str,
        /// What was expected and what came.
        problem: String,
    },
    /// The content of the file is of no format known here.
    #[error(
        "cannot read {content} from {}: expected {expected}, \
         but the first bytes are of none of them",
        path.display()
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// What was looked for, such as "images".
        content: &'static str,
        /// The formats that hold it.
        expected: &'static str,
    },
    /// A part of a data set is not in its directory.
    #[error("cannot find {expected} in {}; {remedy}", dir.display())]
    Missing {
        /// The directory that was searched.
        dir: PathBuf,
        /// The names that were looked for, one of which is enough.
        expected: String,
        /// How to have the data set.
        remedy: &'static str,
    },
    /// A set of images without any pixel.
    #[error("images have shape {shape:?}, expected [N, C, H, W] with every length at least 1")]
    NoPixels {
        /// The shape that came.
        shape: [usize; 4],
    },
    /// A pixel is not a finite number within [0, 1].
    #[error("pixel {index:?} is {value}, expected a finite number within [0, 1]")]
    Pixel {
        /// Image, channel, row and column of the first such pixel.
        index: [usize; 4],
        /// Its value.
        value: f32,
    },
    /// More pixels than memory is to hold.
    #[error(
        "cannot hold images of shape {shape:?} in memory: expected at most {MAX_PIXELS} pixels; \
         they can be read one at a time"
    )]
    TooManyPixels {
        /// The lengths N, C, H and W.
        shape: [usize; 4],
    },
    /// A selection of no rows at all.
    #[error("cannot select images: no row is given, expected at least one")]
    NoRows,
    /// A selection of a row that is not there.
    #[error("cannot select image {row}: there are {len}, counted from 0")]
    Row {
        /// The row.
        row: usize,
        /// How many images there are.
        len: usize,
    },
    /// Images and labels are not of the same length.
    #[error("{images} images come with {labels} labels, expected one label for each image")]
    Lengths {
        /// How many images there are.
        images: usize,
        /// How many labels there are.
        labels: usize,
    },
    /// A label beyond the classes there are.
    #[error("label {row} is {label}, expected a number below {classes}")]
    Label {
        /// Where it stands.
        row: usize,
        /// The label.
        label: u32,
        /// The number of classes.
        classes: usize,
    },
    /// A file format cannot store this number of channels.
    #[error("cannot write {} as {format}: images have {channels} channels, expected {expected}", path.display())]
    Channels {
        /// The file.
        path: PathBuf,
        /// The format, such as "PNG".
        format: &'static str,
        /// The numbers of channels that the format can store.
        expected: &'static str,
        /// The number that came.
        channels: usize,
    },
    /// A file that cannot be written.
    #[error(transparent)]
    File(#[from] a2d_file::Error),
    /// A data set that is not to be had without its owner's leave.
    #[cfg(feature = "fetch")]
    #[error("cannot fetch {name} into {}: {remedy}", dir.display())]
    OnRequest {
        /// The data set.
        name: &'static str,
        /// Where it should go.
        dir: PathBuf,
        /// How to have it.
        remedy: &'static str,
    },
    /// Every way to get a data set failed.
    #[cfg(feature = "fetch")]
    #[error(
        "cannot fetch {name} into {}: {problems}; {remedy} or put the files there by hand",
        dir.display()
    )]
    Fetch {
        /// The data set.
        name: &'static str,
        /// Where it should have gone.
        dir: PathBuf,
        /// What each way said.
        problems: String,
        /// What may help, such as "go online".
        remedy: &'static str,
    },
}

impl Error {
    /// A file that does not hold what its format promises.
    pub(crate) fn malformed(path: &Path, format: &'static str, problem: String) -> Self {
        Self::Malformed { path: path.to_owned(), format, problem }
    }

    /// Whether the input is at fault (a missing, unreadable or malformed file, unusable images)
    /// rather than the network or the place of the output.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::File(error) => error.is_bad_input(),
            #[cfg(feature = "fetch")]
            Self::Fetch { .. } => false,
            _ => true,
        }
    }
}

/// The text of a foreign error on one line, which files and programs can make neither endless nor a
/// command to the terminal.
pub(crate) fn one_line(cause: impl std::fmt::Display) -> String {
    let text = cause.to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    line.chars().filter(|c| !c.is_control()).take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_becomes_one_short_line() {
        assert_eq!(one_line("first\n  second\x1b[2J\n"), "first second[2J");
        assert_eq!(one_line("x".repeat(9000)).len(), 500);
    }
}
