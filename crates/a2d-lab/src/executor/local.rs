//! Runs the steps that are not done, several at a time.

use crate::executor::digests::Digests;
use crate::executor::pace::Pace;
use crate::executor::progress::Progress;
use crate::executor::runner::Runner;
use crate::plan::step::Step;
use crate::{Error, Result};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Running,
    Done,
}

/// What the threads share.
struct Board<'a> {
    steps: &'a [Step],
    stages: Vec<Stage>,
    digests: Digests,
    pace: Pace,
    progress: Progress<'a>,
    failure: Option<Error>,
}

/// Runs what is not done, `jobs` steps at a time. After a failure no step begins, but those that run come to their end.
pub(crate) fn run(runner: &Runner, steps: &[Step], jobs: usize) -> Result<()> {
    let board = Mutex::new(Board {
        steps,
        stages: vec![Stage::Waiting; steps.len()],
        digests: runner.digests(),
        pace: runner.pace(),
        progress: Progress::new(steps.len(), runner.undone(steps)?, jobs * runner.threads),
        failure: None,
    });
    let changed = Condvar::new();
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| work(runner, &board, &changed));
        }
    });
    board.into_inner().unwrap_or_else(PoisonError::into_inner).failure.map_or(Ok(()), Err)
}

fn work(runner: &Runner, board: &Mutex<Board<'_>>, changed: &Condvar) {
    let mut guard = lock(board);
    while guard.failure.is_none() && guard.stages.contains(&Stage::Waiting) {
        let Some(place) = guard.ready() else {
            guard = changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        let step = &guard.steps[place];
        guard.stages[place] = Stage::Running;
        let key = match runner.is_done(step, &mut guard.digests) {
            Ok(true) => Ok(None),
            Ok(false) => runner.key(step, &mut guard.digests).map(Some),
            Err(error) => Err(error),
        };
        let outcome = match key {
            Ok(None) => Ok(None),
            Ok(Some(key)) => {
                guard.progress.begin(step);
                drop(guard);
                let outcome = runner.run(step, &key);
                guard = lock(board);
                outcome.map(Some)
            }
            Err(error) => Err(error),
        };
        guard.stages[place] = Stage::Done;
        match outcome {
            Ok(seconds) => guard.end(step, seconds, runner.threads),
            Err(reason) => {
                let (step, reason) = (step.name.clone(), Box::new(reason));
                guard.failure = Some(Error::Step { step, reason });
            }
        }
        changed.notify_all();
    }
}

impl Board<'_> {
    /// The first step that waits for no other.
    fn ready(&self) -> Option<usize> {
        let unfinished = |step: &Step| {
            let mut others = self.steps.iter().zip(&self.stages);
            others.any(|(other, stage)| *stage != Stage::Done && step.needs(other))
        };
        let mut steps = self.steps.iter().zip(&self.stages);
        steps.position(|(step, stage)| *stage == Stage::Waiting && !unfinished(step))
    }

    fn end(&mut self, step: &Step, seconds: Option<f64>, threads: usize) {
        if let Some(seconds) = seconds {
            self.pace.learn(&step.effort, seconds, threads);
        }
        self.progress.end(step, seconds, &self.pace);
    }
}

fn lock<'a, 'b>(board: &'a Mutex<Board<'b>>) -> MutexGuard<'a, Board<'b>> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::executor::binary::Binary;
    use crate::plan::step::tests::step as named;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    /// A program that copies its first argument to the second, and notes that it ran.
    fn runner(folder: &Path) -> Runner {
        let a2d = folder.join("a2d");
        let log = folder.join("log");
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && echo 1 && exit\necho \"$2\" >> '{}'\n\
             cat \"$1\" > \"$2\" || exit 3\necho '{{}}'\n",
            log.display()
        );
        fs::write(&a2d, script).unwrap();
        fs::set_permissions(&a2d, fs::Permissions::from_mode(0o755)).unwrap();
        let binary = Binary::new(&a2d, &mut Digests::default()).unwrap();
        Runner {
            binary,
            earlier: vec![],
            data: folder.to_owned(),
            threads: 1,
            memory: folder.to_owned(),
        }
    }

    fn step(folder: &Path, from: &str, to: &str) -> Step {
        let (input, output) = (folder.join(from), folder.join(to));
        let arguments = [&input, &output].map(|path| path.display().to_string());
        named(to, &arguments.each_ref().map(String::as_str), &input, &output)
    }

    fn runs(folder: &Path) -> usize {
        fs::read_to_string(folder.join("log")).map_or(0, |log| log.lines().count())
    }

    #[test]
    fn only_what_is_missing_or_changed_runs() {
        let folder = tempfile::Builder::new().prefix("a folder").tempdir().unwrap();
        let folder = folder.path();
        let steps = [step(folder, "a", "b"), step(folder, "b", "c"), step(folder, "x", "y")];
        fs::write(folder.join("a"), "1").unwrap();
        fs::write(folder.join("x"), "1").unwrap();
        let runner = runner(folder);
        assert_eq!(runner.undone(&steps).unwrap().len(), 3);
        run(&runner, &steps, 2).unwrap();
        assert_eq!((runs(folder), fs::read_to_string(folder.join("c")).unwrap()), (3, "1".into()));
        run(&runner, &steps, 2).unwrap();
        assert_eq!((runs(folder), runner.undone(&steps).unwrap().len()), (3, 0));

        fs::write(folder.join("a"), "2").unwrap();
        assert_eq!(runner.undone(&steps).unwrap().len(), 2);
        run(&runner, &steps, 2).unwrap();
        assert_eq!((runs(folder), fs::read_to_string(folder.join("c")).unwrap()), (5, "2".into()));
        fs::remove_file(folder.join("c")).unwrap();
        run(&runner, &steps, 1).unwrap();
        assert_eq!(runs(folder), 6);
    }

    #[test]
    fn another_build_of_the_same_version_does_everything_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let steps = [step(folder, "a", "b")];
        fs::write(folder.join("a"), "1").unwrap();
        run(&runner(folder), &steps, 1).unwrap();
        let mut changed = runner(folder);
        let earlier = changed.binary.clone();
        let a2d = folder.join("a2d");
        fs::write(&a2d, fs::read_to_string(&a2d).unwrap() + "# changed\n").unwrap();
        changed.binary = Binary::new(&a2d, &mut Digests::default()).unwrap();
        assert_eq!(changed.version(&steps).unwrap(), "1");
        assert_eq!(changed.undone(&steps).unwrap().len(), 1);
        changed.earlier.push(earlier);
        assert_eq!(changed.undone(&steps).unwrap().len(), 0, "unless the earlier one counts");
        run(&changed, &steps, 1).unwrap();
        assert_eq!(runs(folder), 1);
        assert!(changed.version(&steps).unwrap().starts_with("1, steps that an earlier build ("));
    }

    #[test]
    fn a_failure_ends_the_run_and_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir(folder.join("a")).unwrap();
        let steps = [step(folder, "a", "b"), step(folder, "b", "c")];
        let error = run(&runner(folder), &steps, 1).unwrap_err().to_string();
        assert!(error.starts_with("b failed: ") && error.contains("directory"), "{error}");
        assert_eq!(runs(folder), 1);
    }
}
