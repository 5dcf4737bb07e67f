//! A run of `a2d`: what it is given, what it reads and what it writes.

use std::path::PathBuf;

/// One step of a plan. Paths are relative to the workspace.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Tells it from the others of its experiment: `cost/score-fgsm`.
    pub(crate) name: String,
    /// The arguments of `a2d`.
    pub(crate) arguments: Vec<String>,
    /// Files and folders that it reads.
    pub(crate) inputs: Vec<PathBuf>,
    /// Files that it writes, the one first that what is done is kept beside.
    pub(crate) outputs: Vec<PathBuf>,
    /// File for what it prints, of its outputs.
    pub(crate) printed: PathBuf,
    /// Seconds that it may take on one core.
    pub(crate) seconds: f64,
}

impl Step {
    /// Whether it reads what `other` writes.
    pub(crate) fn needs(&self, other: &Step) -> bool {
        self.inputs.iter().any(|input| other.outputs.contains(input))
    }
}
