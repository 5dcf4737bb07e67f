//! What can go wrong with a classifier.

use std::path::PathBuf;

use crate::Precision;

/// What can go wrong with a classifier.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that cannot be used.
    #[error(transparent)]
    File(#[from] a2d_file::Error),
    /// Weights without a card, and no architecture named.
    #[error(
        "load {}: expected a card {} or a named architecture, found neither",
        path.display(), card.display()
    )]
    NoArchitecture {
        /// The weights.
        path: PathBuf,
        /// Where their card would lie.
        card: PathBuf,
    },
    /// A network whose images nobody describes.
    #[error("load {}: expected the shape of its images from its card or by name, found neither", path.display())]
    Undescribed {
        /// The file of the network.
        path: PathBuf,
    },
    /// A name that is no architecture.
    #[error("choose architecture: expected one of {known}, got {name:?}")]
    UnknownArchitecture {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A model that cannot be built as it is described.
    #[error("build model: expected {part} {expected}, got {got}")]
    Blueprint {
        /// What of it.
        part: &'static str,
        /// What it may be.
        expected: String,
        /// What it is.
        got: String,
    },
    /// A classifier that cannot be looked into or changed as was asked for.
    #[error("{operation}: expected {expected}, got {got}")]
    Network {
        /// What was asked for.
        operation: &'static str,
        /// What that takes.
        expected: String,
        /// What there is.
        got: String,
    },
    /// Weights that cannot be had.
    #[error("fetch {name}: {reason}")]
    Fetch {
        /// What they are of.
        name: &'static str,
        /// Why not.
        reason: String,
    },
    /// A network from elsewhere that failed.
    #[error("classify: expected logits from the {name}, got an error: {reason}")]
    Forward {
        /// What the network is called.
        name: String,
        /// What it said, in one line.
        reason: String,
    },
    /// A network from elsewhere that is no classifier of images, one by one.
    #[error("use the {name}: expected {expected}, got {got}")]
    Unusable {
        /// What the network is called.
        name: String,
        /// What a classifier does.
        expected: String,
        /// What the network did.
        got: String,
    },
    /// A name that is no precision.
    #[error("choose precision: expected one of {known}, got {name:?}")]
    UnknownPrecision {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A precision in which the device does not compute.
    #[error("compute in {precision}: expected {expected}, got {got}")]
    Precision {
        /// The precision.
        precision: Precision,
        /// What it takes.
        expected: String,
        /// What there is.
        got: String,
    },
    /// Images of another shape than the classifier takes.
    #[error("classify: expected images of shape {expected:?} (C, H, W), got {got:?}")]
    Shape {
        /// The classifier's channels, height and width.
        expected: [usize; 3],
        /// The images'.
        got: [usize; 3],
    },
    /// A label that the classifier has no class for.
    #[error("{operation}: expected labels below {classes}, got {label} at row {row}")]
    Label {
        /// What was under way.
        operation: &'static str,
        /// Number of classes.
        classes: usize,
        /// The label.
        label: u32,
        /// Where it stands.
        row: usize,
    },
    /// Logits that are not finite, so that the network says nothing of an image.
    #[error(
        "classify image {row}: expected finite logits, got {got} from the {name} with fingerprint \
         {fingerprint}"
    )]
    Logits {
        /// The number of the image.
        row: usize,
        /// One of its logits.
        got: f64,
        /// The name of the network's architecture.
        name: String,
        /// The network's fingerprint.
        fingerprint: String,
    },
    /// A device that is not there.
    #[error("choose device: expected {expected}, got {name:?}")]
    Device {
        /// The devices there are.
        expected: String,
        /// The one asked for.
        name: String,
    },
    /// A training option out of its range.
    #[error("train: expected {option} {expected}, got {got}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its range.
        expected: &'static str,
        /// Its value.
        got: String,
    },
    /// A source of training examples that made none.
    #[error("train: expected examples, got: {0}")]
    Examples(String),
    /// Loss or weights stopped being numbers.
    #[error("train: expected {expected}, got {got} in epoch {epoch}; lower the learning rate")]
    Diverged {
        /// What should have been finite.
        expected: &'static str,
        /// What it was.
        got: String,
        /// The epoch, counted from 1.
        epoch: u32,
    },
}

/// The line of libtorch's text that says what went wrong: it is followed by a trace, and preceded by one where a
/// script failed.
pub(crate) fn gist(cause: &tch::TchError) -> String {
    let text = cause.to_string();
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
    let told =
        lines().rfind(|line| line.split(' ').next().is_some_and(|word| word.ends_with("Error:")));
    let line = told.or_else(|| lines().next()).unwrap_or_default();
    let line =
        line.trim_start_matches("RuntimeError: ").trim_start_matches("Internal torch error: ");
    line.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// The result of an operation on a classifier.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// True if the cause is a file or images that were handed in, rather than this machine.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::File(error) => error.is_bad_input(),
            Self::Diverged { .. } | Self::Fetch { .. } => false,
            _ => true,
        }
    }

    /// The number of the image that the error is about, if it is about one.
    pub fn row(&self) -> Option<usize> {
        match self {
            Self::Logits { row, .. } => Some(*row),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::TchError;

    #[test]
    fn the_line_that_says_what_went_wrong_is_found() {
        let script = "The following operation failed in the TorchScript interpreter.\nTraceback of \
                      TorchScript (most recent call last):\n  File \"net.py\"\n    ~~~ <--- HERE\nRuntimeError: \
                      shape '[1, 4]' is invalid for input of size 8\n";
        let gist = |text: &str| gist(&TchError::Torch(text.into()));
        assert_eq!(gist(script), "shape '[1, 4]' is invalid for input of size 8");
        assert_eq!(gist("no such\x1b[2J layer\nException raised from x"), "no such[2J layer");
    }
}
