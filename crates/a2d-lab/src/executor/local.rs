//! Runs the steps that are not done, several at a time.

use crate::executor::key::Digests;
use crate::executor::lock;
use crate::executor::progress::Progress;
use crate::executor::state::State;
use crate::plan::step::Step;
use crate::whole_file;
use anyhow::{Context, Result, anyhow, ensure};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use std::{env, fs, thread};

/// What runs steps.
pub(crate) struct Runner {
    /// The binary.
    a2d: PathBuf,
    /// What it says its version is.
    version: String,
    /// Its folder of data sets. It is no argument of a step: the same data elsewhere change nothing.
    data: PathBuf,
    jobs: usize,
}

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
    progress: Progress,
    failure: Option<anyhow::Error>,
}

impl Runner {
    pub(crate) fn new(a2d: PathBuf, data: PathBuf, jobs: usize) -> Result<Self> {
        let output = Command::new(&a2d).arg("--version").output();
        let output = output.with_context(|| format!("cannot run {}", a2d.display()))?;
        ensure!(output.status.success(), "{} --version failed: {}", a2d.display(), output.status);
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(Self { a2d, version, data, jobs })
    }

    /// The version of the binary.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The steps that are to be run.
    pub(crate) fn undone<'a>(&self, steps: &'a [Step]) -> Result<Vec<&'a Step>> {
        let mut digests = Digests::default();
        let mut undone: Vec<&Step> = vec![];
        for step in steps {
            if undone.iter().any(|earlier| step.needs(earlier))
                || !State::is_done(step, &digests.key(step, &self.version)?)
            {
                undone.push(step);
            }
        }
        Ok(undone)
    }

    /// Runs what is not done. After a failure no step begins, but those that run come to their end.
    pub(crate) fn run(&self, steps: &[Step]) -> Result<()> {
        let board = Mutex::new(Board {
            steps,
            stages: vec![Stage::Waiting; steps.len()],
            digests: Digests::default(),
            progress: Progress::new(steps, self.jobs),
            failure: None,
        });
        let changed = Condvar::new();
        thread::scope(|scope| {
            for _ in 0..self.jobs {
                scope.spawn(|| self.work(&board, &changed));
            }
        });
        board.into_inner().unwrap_or_else(PoisonError::into_inner).failure.map_or(Ok(()), Err)
    }

    fn work(&self, board: &Mutex<Board<'_>>, changed: &Condvar) {
        let mut guard = lock(board);
        while guard.failure.is_none() && guard.stages.contains(&Stage::Waiting) {
            let Some(place) = guard.ready() else {
                guard = changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let step = &guard.steps[place];
            guard.stages[place] = Stage::Running;
            let key = guard.digests.key(step, &self.version);
            let outcome = match key {
                Ok(key) if State::is_done(step, &key) => Ok(None),
                Ok(key) => {
                    guard.progress.begin(step);
                    drop(guard);
                    let outcome = self.run_step(step, &key);
                    guard = lock(board);
                    outcome.map(Some)
                }
                Err(error) => Err(error),
            };
            guard.stages[place] = Stage::Done;
            match outcome {
                Ok(seconds) => guard.progress.end(step, seconds),
                Err(error) => guard.failure = Some(error.context(format!("{} failed", step.name))),
            }
            changed.notify_all();
        }
    }

    /// Runs a step and returns the seconds that it took.
    fn run_step(&self, step: &Step, key: &str) -> Result<f64> {
        let start = Instant::now();
        for folder in step.outputs.iter().filter_map(|output| output.parent()) {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
        }
        lock::wait_for(step);
        State::begin(step, key)?;
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut a2d = Command::new(&self.a2d);
        if env::var_os("A2D_THREADS").is_none() {
            a2d.env("A2D_THREADS", (cores / self.jobs).max(1).to_string());
        }
        let output = a2d
            .args(&step.arguments)
            .env("A2D_DATA", &self.data)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot run {}", self.a2d.display()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let command = step.arguments.join(" ");
            return Err(anyhow!("{}: a2d {command}\n{}", output.status, said.trim()));
        }
        whole_file::write(&step.printed, &String::from_utf8_lossy(&output.stdout))?;
        let seconds = start.elapsed().as_secs_f64();
        State::finish(step, key, seconds)?;
        Ok(seconds)
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
}

fn lock<'a, 'b>(board: &'a Mutex<Board<'b>>) -> MutexGuard<'a, Board<'b>> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    /// A binary that copies its first argument to the second, and notes that it ran.
    fn runner(folder: &Path, jobs: usize) -> Runner {
        let a2d = folder.join("a2d");
        let log = folder.join("log");
        let script = format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && echo 1 && exit\necho $2 >> {}\n\
             cat $1 > $2 || exit 3\necho '{{}}'\n",
            log.display()
        );
        fs::write(&a2d, script).unwrap();
        fs::set_permissions(&a2d, fs::Permissions::from_mode(0o755)).unwrap();
        Runner::new(a2d, folder.to_owned(), jobs).unwrap()
    }

    fn step(folder: &Path, from: &str, to: &str) -> Step {
        let (input, output) = (folder.join(from), folder.join(to));
        let printed = folder.join(format!("{to}.json"));
        Step {
            name: to.into(),
            arguments: [&input, &output].map(|path| path.display().to_string()).to_vec(),
            inputs: vec![input],
            outputs: vec![output, printed.clone()],
            printed,
            seconds: 1.0,
        }
    }

    fn runs(folder: &Path) -> usize {
        fs::read_to_string(folder.join("log")).map_or(0, |log| log.lines().count())
    }

    #[test]
    fn only_what_is_missing_or_changed_runs() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let steps = [step(folder, "a", "b"), step(folder, "b", "c"), step(folder, "x", "y")];
        fs::write(folder.join("a"), "1").unwrap();
        fs::write(folder.join("x"), "1").unwrap();
        let runner = runner(folder, 2);
        assert_eq!(runner.undone(&steps).unwrap().len(), 3);
        runner.run(&steps).unwrap();
        assert_eq!((runs(folder), fs::read_to_string(folder.join("c")).unwrap()), (3, "1".into()));
        runner.run(&steps).unwrap();
        assert_eq!((runs(folder), runner.undone(&steps).unwrap().len()), (3, 0));

        fs::write(folder.join("a"), "2").unwrap();
        assert_eq!(runner.undone(&steps).unwrap().len(), 2);
        runner.run(&steps).unwrap();
        assert_eq!((runs(folder), fs::read_to_string(folder.join("c")).unwrap()), (5, "2".into()));
        fs::remove_file(folder.join("c")).unwrap();
        runner.run(&steps).unwrap();
        assert_eq!(runs(folder), 6);
    }

    #[test]
    fn a_failure_ends_the_run_and_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir(folder.join("a")).unwrap();
        let steps = [step(folder, "a", "b"), step(folder, "b", "c")];
        let error = format!("{:#}", runner(folder, 1).run(&steps).unwrap_err());
        assert!(error.starts_with("b failed: ") && error.contains("directory"), "{error}");
        assert_eq!(runs(folder), 1);
    }
}
