//! A single step of an experiment, as a Snakefile asks for it.

use crate::executor::binary::Binary;
use crate::executor::runner::Runner;
use crate::executor::shares::{self, Share};
use crate::executor::state::State;
use crate::experiment::Experiment;
use crate::leash;
use crate::plan::Plan;
use crate::plan::step::Step;
use crate::tables::document;
use crate::{Error, Result};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process;

/// Do one step of an experiment, or a share of it
#[derive(Debug, Args)]
pub struct OneStep {
    /// Its name
    name: String,
    /// File of the experiment
    #[arg(long, value_name = "FILE")]
    experiment: PathBuf,
    /// Profile
    #[arg(long)]
    profile: String,
    /// Folder of the files of steps
    #[arg(long, value_name = "DIR")]
    work: PathBuf,
    /// Folder of the data sets
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The binary a2d
    #[arg(long, value_name = "FILE")]
    a2d: PathBuf,
    /// Threads
    #[arg(long)]
    threads: usize,
    /// Only this share of its rows
    #[arg(long, value_name = "I/N")]
    share: Option<Share>,
    /// Put so many shares together
    #[arg(long, value_name = "N", conflicts_with = "share")]
    merge: Option<usize>,
}

impl OneStep {
    /// A step that is still to be named.
    pub(crate) fn of_any(
        experiment: &Path,
        profile: &str,
        work: &Path,
        data: &Path,
        a2d: &Path,
        threads: usize,
    ) -> Self {
        Self {
            name: String::new(),
            experiment: experiment.to_owned(),
            profile: profile.to_owned(),
            work: work.to_owned(),
            data: data.to_owned(),
            a2d: a2d.to_owned(),
            threads,
            share: None,
            merge: None,
        }
    }

    /// The words of the command for any step, but for its name.
    pub(crate) fn words(&self) -> Vec<String> {
        let path = |path: &Path| path.display().to_string();
        let mut words = vec!["step".to_owned()];
        for (option, value) in [
            ("--experiment", path(&self.experiment)),
            ("--profile", self.profile.clone()),
            ("--work", path(&self.work)),
            ("--data", path(&self.data)),
            ("--a2d", path(&self.a2d)),
            ("--threads", self.threads.to_string()),
        ] {
            words.extend([option.to_owned(), value]);
        }
        words
    }

    /// Runs the step if it is not done.
    ///
    /// # Errors
    /// If there is no such step, or what it failed with.
    pub fn run(&self) -> Result<()> {
        leash::hold(|| process::exit(1)); // and what it has started ends with it
        let experiment = Experiment::read(&self.experiment)?;
        let folder = self.work.join(&self.profile);
        let plan = Plan::within(&folder, &experiment, &self.profile, &self.data)?;
        let step = plan.named(&self.name)?;
        let mut digests = Runner::digests_in(&self.work);
        let binary = Binary::new(&self.a2d, &mut digests)?;
        let (data, memory) = (self.data.clone(), self.work.clone());
        let runner = Runner { binary, earlier: vec![], data, threads: self.threads, memory };
        // What is merged is what one run would have made, and has its key.
        let (step, key) = match (self.share, self.merge) {
            (Some(share), _) => {
                let rows = rows(&plan, step)?;
                let shared = shares::with_rows(shares::share(step, share), share, rows);
                let key = runner.key(&shared, &mut digests)?;
                (shared, key)
            }
            (None, Some(of)) => (shares::merged(step, of), runner.key(step, &mut digests)?),
            (None, None) => (step.clone(), runner.key(step, &mut digests)?),
        };
        if !State::is_done(&step, &key) {
            let seconds = runner.run(&step, &key)?;
            runner.pace().learn(&step.effort, seconds, self.threads);
        }
        Ok(())
    }
}

/// How many images the set has that a step reads.
fn rows(plan: &Plan<'_>, step: &Step) -> Result<usize> {
    let images = plan.steps.iter().find(|earlier| step.needs(earlier));
    let images = images.ok_or_else(|| {
        Error::experiment(&step.name, "a step that reads the images of another", "none")
    })?;
    let printed: serde_json::Value = document(&images.printed)?;
    let rows = printed.pointer("/tally/succeeded").and_then(serde_json::Value::as_u64);
    let rows = rows.map(|rows| rows as usize);
    rows.ok_or_else(|| Error::experiment(&images.name, "the number of images", "none"))
}
