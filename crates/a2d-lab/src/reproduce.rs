//! A run: does the paper's experiments and puts the results beside the paper's.
//!
//! A plan of steps, each a run of `a2d`, leads from the data to the numbers of the tables. Steps whose
//! outputs are there and whose inputs did not change are not run again, so the task goes on where it was
//! interrupted.

use crate::executor::local::Runner;
use crate::executor::lock;
use crate::executor::progress::time;
use crate::experiment::Experiment;
use crate::plan::Plan;
use crate::plan::work;
use crate::results::Results;
use crate::say::{say, show};
use crate::tables::paper::Paper;
use crate::tables::{self, Table};
use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use std::path::{Path, PathBuf};
use std::{env, thread};

/// Every environment, by its file in `experiments/`.
const ENVIRONMENTS: [&str; 2] = ["env1-mnist", "env1-cifar10"];

/// Tables and environments to do, all by default; results go to `results/<profile>/`.
#[derive(Debug, Parser)]
#[command(name = "a2d-lab")]
pub struct Reproduce {
    /// Tables and environments [default: all that the profile has]
    #[arg(value_name = "TABLE|ENV")]
    wanted: Vec<String>,
    /// How much is done: smoke (minutes), cpu (an hour or two) or paper (full size)
    #[arg(long, default_value = "cpu")]
    profile: String,
    /// Steps at a time, each on its share of the cores [default: one per core]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Say what is to be run, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Render the results that there are once more, and run nothing
    #[arg(long, conflicts_with_all = ["dry_run", "from_start", "wanted"])]
    render: bool,
    /// Do again what is done already
    #[arg(long)]
    from_start: bool,
    /// Folder that holds the data sets [default: the user's cache]
    #[arg(long, value_name = "DIR", env = "A2D_DATA")]
    data_dir: Option<PathBuf>,
    /// The binary a2d
    #[arg(long, value_name = "FILE", env = "A2D_BINARY")]
    a2d: PathBuf,
}

impl Reproduce {
    /// Plans, runs and renders.
    ///
    /// # Errors
    /// What is wrong with an experiment, or the first step that failed.
    pub fn run(self) -> Result<()> {
        let paper = Paper::read(Path::new("experiments/paper"))?;
        if self.render {
            let mut results = Results::new(&self.profile);
            results.beside(&paper);
            return results.finish(&paper);
        }
        let (environments, tables) = self.wanted()?;
        let here = env::current_dir().context("cannot tell the current folder")?;
        let experiments = self.experiments(&environments, &paper)?;
        let folder = work::folder(&self.profile);
        let _locked = if self.dry_run { None } else { Some(lock::lock(&folder)?) };
        if self.from_start {
            work::clear(&folder)?;
        }
        let a2d = here.join(&self.a2d);
        let jobs = match self.jobs {
            Some(jobs) => jobs.into(),
            None => thread::available_parallelism().map_or(1, usize::from),
        };
        let mut results = Results::new(&self.profile);
        for experiment in &experiments {
            let data = here.join(self.data(experiment)?);
            let plan = Plan::new(experiment, &self.profile, &data)?;
            let runner = Runner::new(a2d.clone(), data, jobs)?;
            let sources: Vec<_> = tables.iter().flat_map(|table| table.sources(&plan)).collect();
            let steps = plan.leading_to(&sources);
            let undone = runner.undone(&steps)?;
            let seconds = undone.iter().fold(0.0, |sum, step| sum + step.seconds) / jobs as f64;
            let (all, left) = (steps.len(), time(seconds));
            say(format_args!(
                "== {}: {} of {all} steps to do, about {left}",
                experiment.id,
                undone.len()
            ));
            if self.dry_run {
                for step in undone {
                    show(format_args!("a2d {}", step.arguments.join(" ")))?;
                }
                continue;
            }
            runner.run(&steps)?;
            results.add(&plan, &tables, &paper, runner.version())?;
        }
        if self.dry_run { Ok(()) } else { results.finish(&paper) }
    }

    /// The environments and tables that are named; all of either where none is.
    fn wanted(&self) -> Result<(Vec<&'static str>, Vec<&'static Table>)> {
        let (mut environments, mut tables) = (vec![], vec![]);
        for name in &self.wanted {
            if let Some(known) = ENVIRONMENTS.iter().find(|id| *id == name) {
                environments.push(*known);
            } else if let Some(known) = tables::ALL.iter().find(|table| table.name == name) {
                tables.push(known);
            } else {
                let names: Vec<_> = tables::ALL.iter().map(|table| table.name).collect();
                let (ids, names) = (ENVIRONMENTS.join(", "), names.join(", "));
                bail!("reproduce: expected one of {ids} or of {names}, got {name}");
            }
        }
        if environments.is_empty() {
            environments = ENVIRONMENTS.to_vec();
        }
        if tables.is_empty() {
            tables = tables::ALL.iter().collect();
        }
        Ok((environments, tables))
    }

    /// The experiments with this profile. An environment that is named must have it.
    fn experiments(&self, environments: &[&str], paper: &Paper) -> Result<Vec<Experiment>> {
        let mut experiments = vec![];
        for id in environments {
            let experiment = Experiment::read(Path::new(&format!("experiments/{id}.toml")))?;
            tables::check_causes(&experiment)?;
            paper.check(&experiment)?;
            if self.wanted.iter().any(|name| name == id)
                || experiment.profile(&self.profile).is_ok()
            {
                experiments.push(experiment);
            }
        }
        ensure!(!experiments.is_empty(), "reproduce: no experiment has a profile {}", self.profile);
        Ok(experiments)
    }

    /// The folder of the data sets.
    fn data(&self, experiment: &Experiment) -> Result<PathBuf> {
        if let Some(folder) = &experiment.profile(&self.profile)?.data_dir {
            return Ok(folder.clone());
        }
        match &self.data_dir {
            Some(folder) => Ok(folder.clone()),
            None => Ok(dirs::cache_dir()
                .context("cannot find the user's cache; name --data-dir")?
                .join("a2d/data")),
        }
    }
}
