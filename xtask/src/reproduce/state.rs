//! What is known of a step that was run: one small file beside its outputs.

use super::step::Step;
use crate::whole_file::write;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The key that a step was run with.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) key: String,
    /// How long it took; none while it is not done.
    pub(super) seconds: Option<f64>,
}

impl State {
    /// Whether the step was run with this key, and all that it wrote is still there.
    pub(super) fn is_done(step: &Step, key: &str) -> bool {
        Self::read(step).is_some_and(|state| state.key == key && state.seconds.is_some())
            && step.outputs.iter().all(|output| output.exists())
    }

    /// Notes that the step begins. What an earlier run left half-done is kept if it had the same key.
    pub(super) fn begin(step: &Step, key: &str) -> Result<()> {
        if Self::read(step).is_none_or(|state| state.key != key) {
            for output in &step.outputs {
                remove(&partial(output))?;
            }
        }
        Self { key: key.to_owned(), seconds: None }.write(step)
    }

    /// Notes that the step is done.
    pub(super) fn finish(step: &Step, key: &str, seconds: f64) -> Result<()> {
        Self { key: key.to_owned(), seconds: Some(seconds) }.write(step)
    }

    fn read(step: &Step) -> Option<Self> {
        serde_json::from_slice(&a2d_file::read(&path(step), a2d_file::MAX_TEXT).ok()?).ok()
    }

    fn write(&self, step: &Step) -> Result<()> {
        write(&path(step), &serde_json::to_string(self)?)
    }
}

fn path(step: &Step) -> PathBuf {
    append(&step.printed, ".state")
}

/// Where `a2d` keeps what is done of an output.
fn partial(output: &Path) -> PathBuf {
    append(output, ".partial")
}

fn append(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
    .with_context(|| format!("cannot remove {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_done_with_its_key_and_all_outputs() {
        let folder = tempfile::tempdir().unwrap();
        let output = |name: &str| folder.path().join(name);
        let step = Step {
            name: "cost".into(),
            arguments: vec![],
            inputs: vec![],
            outputs: vec![output("a.csv"), output("a.json")],
            printed: output("a.json"),
            seconds: 0.0,
        };
        write(&output("a.csv"), "").unwrap();
        write(&output("a.json"), "").unwrap();
        assert!(!State::is_done(&step, "k"));
        State::begin(&step, "k").unwrap();
        assert!(!State::is_done(&step, "k"));

        write(&output("a.csv.partial"), "").unwrap();
        State::begin(&step, "k").unwrap();
        assert!(output("a.csv.partial").exists());
        State::begin(&step, "other").unwrap();
        assert!(!output("a.csv.partial").exists());

        State::finish(&step, "k", 1.5).unwrap();
        assert!(State::is_done(&step, "k") && !State::is_done(&step, "other"));
        fs::remove_file(output("a.csv")).unwrap();
        assert!(!State::is_done(&step, "k"));
    }
}
