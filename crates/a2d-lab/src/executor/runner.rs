//! Runs a step: under its key, with a leash, and with what it prints in a file.

use crate::executor::binary::{self, Binary};
use crate::executor::digests::Digests;
use crate::executor::key;
use crate::executor::lock;
use crate::executor::pace::Pace;
use crate::executor::state::State;
use crate::plan::step::Step;
use crate::whole_file;
use crate::{Error, Result};
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

/// What steps are run with.
pub(crate) struct Runner {
    pub(crate) binary: Binary,
    /// Other builds of it, whose outputs count as its own.
    pub(crate) earlier: Vec<Binary>,
    /// The folder of data sets. It is no argument of a step: the same data elsewhere change nothing.
    pub(crate) data: PathBuf,
    /// Threads of each step, where the user's environment does not say.
    pub(crate) threads: usize,
    /// Where it is kept from run to run what files are and what steps take.
    pub(crate) memory: PathBuf,
}

impl Runner {
    /// The digests of files that steps read, with those of earlier runs.
    pub(crate) fn digests(&self) -> Digests {
        Self::digests_in(&self.memory)
    }

    /// The same before there is a runner.
    pub(crate) fn digests_in(memory: &Path) -> Digests {
        Digests::kept_in(&memory.join("digests.json"))
    }

    /// What steps took in earlier runs.
    pub(crate) fn pace(&self) -> Pace {
        Pace::kept_in(&self.memory.join("seconds.json"))
    }

    /// The key that the step has now.
    pub(crate) fn key(&self, step: &Step, digests: &mut Digests) -> Result<String> {
        key::key(step, self.binary.digest(), digests)
    }

    /// Whether this program or an earlier one has run the step as it is now.
    pub(crate) fn is_done(&self, step: &Step, digests: &mut Digests) -> Result<bool> {
        for binary in std::iter::once(&self.binary).chain(&self.earlier) {
            if State::is_done(step, &key::key(step, binary.digest(), digests)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What the results of these steps are of.
    pub(crate) fn version(&self, steps: &[Step]) -> Result<String> {
        let mut version = self.binary.version()?;
        let mut digests = self.digests();
        for binary in &self.earlier {
            let mut by_it = false;
            for step in steps {
                let by_this = State::is_done(step, &self.key(step, &mut digests)?);
                let key = key::key(step, binary.digest(), &mut digests)?;
                by_it |= !by_this && State::is_done(step, &key);
            }
            if by_it {
                let digest: String = binary.digest().chars().take(12).collect();
                version =
                    format!("{version}, steps that an earlier build ({digest}) had done not again");
            }
        }
        Ok(version)
    }

    /// The steps that are to be run.
    pub(crate) fn undone<'a>(&self, steps: &'a [Step]) -> Result<Vec<&'a Step>> {
        let mut digests = self.digests();
        let mut undone: Vec<&Step> = vec![];
        for step in steps {
            if undone.iter().any(|earlier| step.needs(earlier))
                || !self.is_done(step, &mut digests)?
            {
                undone.push(step);
            }
        }
        Ok(undone)
    }

    /// Runs a step and returns the seconds that it took.
    pub(crate) fn run(&self, step: &Step, key: &str) -> Result<f64> {
        let start = Instant::now();
        for folder in step.outputs.iter().filter_map(|output| output.parent()) {
            fs::create_dir_all(folder)
                .map_err(Error::system(format!("make {}", folder.display())))?;
        }
        lock::wait_for(step);
        State::begin(step, key)?;
        let mut a2d = self.binary.command(&step.arguments);
        if env::var_os("A2D_THREADS").is_none() {
            a2d.env("A2D_THREADS", self.threads.to_string());
        }
        let output =
            binary::output(a2d.env("A2D_DATA", &self.data)).map_err(self.binary.failed())?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let outcome = format!("{}: {}\n{}", output.status, step.command(), said.trim());
            return Err(Error::program(self.binary.path(), outcome));
        }
        whole_file::write(&step.printed, &String::from_utf8_lossy(&output.stdout))?;
        let seconds = start.elapsed().as_secs_f64();
        State::finish(step, key, seconds)?;
        Ok(seconds)
    }
}
