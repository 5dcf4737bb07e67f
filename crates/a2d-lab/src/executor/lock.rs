//! One run at a time: two would write the same files.

use crate::plan::step::Step;
use crate::say::say;
use crate::{Error as LabError, Result};
use a2d_file::{Error, Lock};
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often it is looked whether a file is free.
const PATIENCE: Duration = Duration::from_millis(100);

/// Locks the folder of a profile until the lock is dropped. The system frees it when the process ends, however
/// that comes.
pub(crate) fn lock(folder: &Path) -> Result<Lock> {
    fs::create_dir_all(folder).map_err(LabError::system(format!("make {}", folder.display())))?;
    Ok(Lock::of(&folder.join("results"))?)
}

/// Waits until nobody writes what the step is to write: what a killed run had begun takes a moment to end.
pub(crate) fn wait_for(step: &Step) {
    let is_busy = |output: &Path| matches!(Lock::of(output), Err(Error::Busy { .. }));
    for output in step.outputs.iter().filter(|output| is_busy(output)) {
        let (name, output) = (&step.name, output.as_path());
        let output_name = output.display();
        say(format_args!("{name}: waiting for another process, which writes {output_name}"));
        while is_busy(output) {
            thread::sleep(PATIENCE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::step::tests::step;

    #[test]
    fn a_second_run_is_refused_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let profile = folder.path().join("cpu");
        let first = lock(&profile).unwrap();
        let message = lock(&profile).unwrap_err().to_string();
        assert!(message.contains("another process") && message.contains("cpu"), "{message}");
        assert!(lock(&folder.path().join("smoke")).is_ok());
        drop(first);
        assert!(lock(&profile).is_ok());
    }

    #[test]
    fn a_step_waits_for_what_an_earlier_run_has_begun() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("a.csv");
        let mut step = step("cost", &[], Path::new("x"), &output);
        step.outputs.insert(0, folder.path().to_owned());
        wait_for(&step);
        let orphan = Lock::of(&output).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| wait_for(&step));
            thread::sleep(2 * PATIENCE);
            assert!(!waiting.is_finished());
            drop(orphan);
            waiting.join().unwrap();
        });
    }
}
