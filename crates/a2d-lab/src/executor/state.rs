//! What is known of a step that was run: one small file beside its outputs.

use crate::plan::step::Step;
use crate::{Error, Result};
use a2d_file::Snapshot;
use serde::{Deserialize, Serialize};
use std::fs;

/// The key that a step was run with.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) key: String,
    /// How long it took; none while it is not done.
    pub(crate) seconds: Option<f64>,
}

impl State {
    /// Whether the step was run with this key, and all that it wrote is still there.
    pub(crate) fn is_done(step: &Step, key: &str) -> bool {
        Self::read(step).is_some_and(|state| state.key == key && state.seconds.is_some())
            && step.outputs.iter().all(|output| output.exists())
    }

    /// Notes that the step begins. What an earlier run left half-done is kept if it had the same key.
    pub(crate) fn begin(step: &Step, key: &str) -> Result<()> {
        if Self::read(step).is_none_or(|state| state.key != key) {
            for output in &step.outputs {
                Snapshot::beside(output).remove()?;
            }
        }
        Self { key: key.to_owned(), seconds: None }.write(step)
    }

    /// Removes what a step printed that is to be run again; what is half-done of it stays.
    pub(crate) fn forget_output(step: &Step) -> Result<()> {
        match fs::remove_file(&step.printed) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(a2d_file::Error::write(&step.printed)(error).into())
            }
            _ => Ok(()),
        }
    }

    /// Notes that the step is done.
    pub(crate) fn finish(step: &Step, key: &str, seconds: f64) -> Result<()> {
        Self { key: key.to_owned(), seconds: Some(seconds) }.write(step)
    }

    /// None if it is not known or damaged: the step is run again then.
    fn read(step: &Step) -> Option<Self> {
        file(step).read(&step.name).ok()?
    }

    fn write(&self, step: &Step) -> Result<()> {
        if let Some(folder) = step.printed.parent() {
            fs::create_dir_all(folder)
                .map_err(Error::system(format!("make {}", folder.display())))?;
        }
        Ok(file(step).write(&step.name, self)?)
    }
}

fn file(step: &Step) -> Snapshot {
    let mut path = step.printed.as_os_str().to_owned();
    path.push(".state");
    Snapshot::at(path.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::step::tests::step;
    use crate::whole_file::write;
    use std::path::Path;

    #[test]
    fn a_step_is_done_with_its_key_and_all_outputs() {
        let folder = tempfile::tempdir().unwrap();
        let output = |name: &str| folder.path().join(name);
        let step = step("cost", &[], Path::new("x"), &output("a.csv"));
        write(&output("a.csv"), "").unwrap();
        write(&output("a.csv.json"), "").unwrap();
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
        let state = fs::read_to_string(output("a.csv.json.state")).unwrap();
        write(&output("a.csv.json.state"), &state.replace("1.5", "1.6")).unwrap();
        assert!(!State::is_done(&step, "k"), "what was changed is not believed");
        write(&output("a.csv.json.state"), &state).unwrap();
        fs::remove_file(output("a.csv")).unwrap();
        assert!(!State::is_done(&step, "k"));
    }
}
