//! A run of `a2d`: what it is given, what it reads and what it writes.

use std::path::PathBuf;

/// One step of a plan. Paths are relative to the workspace.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Tells it from the others of its experiment: `cost/score-fgsm`.
    pub(super) name: String,
    /// The arguments of `a2d`.
    pub(super) arguments: Vec<String>,
    /// Files and folders that it reads.
    pub(super) inputs: Vec<PathBuf>,
    /// Files that it writes, the one first that what is done is kept beside.
    pub(super) outputs: Vec<PathBuf>,
    /// File for what it prints, of its outputs.
    pub(super) printed: PathBuf,
    /// Seconds that it may take on one core.
    pub(super) seconds: f64,
}

impl Step {
    /// Whether it reads what `other` writes.
    pub(super) fn needs(&self, other: &Step) -> bool {
        self.inputs.iter().any(|input| other.outputs.contains(input))
    }
}
