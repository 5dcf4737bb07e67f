//! `cargo xtask reproduce`: does the paper's experiments and puts the results beside the paper's.
//!
//! A plan of steps, each a run of `a2d`, leads from the data to the numbers of the tables. Steps whose
//! outputs are there and whose inputs did not change are not run again, so the task goes on where it was
//! interrupted.

mod cell;
mod experiment;
mod facts;
mod findings;
mod html;
mod key;
mod lock;
mod markdown;
mod paper;
mod plan;
mod progress;
mod results;
mod run;
mod sample;
mod section;
mod state;
mod step;
mod table;
mod work;

use crate::say::{say, show};
use crate::{binary, setup, workspace};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use experiment::Experiment;
use paper::Paper;
use plan::Plan;
use progress::time;
use results::Results;
use run::Runner;
use std::path::{Path, PathBuf};
use std::{env, thread};
use table::Table;

/// Every environment, by its file in `experiments/`.
const ENVIRONMENTS: [&str; 2] = ["env1-mnist", "env1-cifar10"];

/// Tables and environments to do, all by default; results go to `results/<profile>/`.
#[derive(Args)]
pub(crate) struct Reproduce {
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
    /// Do again what is done already.
    #[arg(skip)]
    from_start: bool,
    /// Folder that holds the data sets [default: the user's cache]
    #[arg(long, value_name = "DIR", env = "A2D_DATA")]
    data_dir: Option<PathBuf>,
    /// The binary, in place of one that is built first
    #[arg(long, value_name = "FILE", env = "A2D_BINARY")]
    a2d: Option<PathBuf>,
}

/// Does the experiments of profile `smoke` from the start, and fails if a finding does not hold. A development
/// build keeps its version when it changes, so what an earlier one did is worth nothing.
pub(crate) fn smoke(a2d: PathBuf) -> Result<()> {
    let (wanted, profile, data_dir) = (vec![], "smoke".to_owned(), None);
    let (jobs, dry_run, from_start) = (None, false, true);
    Reproduce { wanted, profile, jobs, dry_run, from_start, data_dir, a2d: Some(a2d) }.run()
}

impl Reproduce {
    /// Plans, runs and renders.
    pub(crate) fn run(self) -> Result<()> {
        let (environments, tables) = self.wanted()?;
        let here = env::current_dir().context("cannot tell the current folder")?;
        env::set_current_dir(workspace::root()).context("cannot enter the workspace")?;
        let experiments = self.experiments(&environments)?;
        let folder = work::folder(&self.profile);
        let _locked = if self.dry_run { None } else { Some(lock::lock(&folder)?) };
        if self.from_start {
            work::clear(&folder)?;
        }
        let a2d = if let Some(a2d) = &self.a2d {
            here.join(a2d)
        } else {
            setup::run()?;
            binary::build()?
        };
        let jobs = match self.jobs {
            Some(jobs) => jobs.into(),
            None => thread::available_parallelism().map_or(1, usize::from),
        };
        let paper = Paper::read(Path::new("experiments/paper"))?;
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
        if self.dry_run { Ok(()) } else { results.finish() }
    }

    /// The environments and tables that are named; all of either where none is.
    fn wanted(&self) -> Result<(Vec<&'static str>, Vec<&'static Table>)> {
        let (mut environments, mut tables) = (vec![], vec![]);
        for name in &self.wanted {
            if let Some(known) = ENVIRONMENTS.iter().find(|id| *id == name) {
                environments.push(*known);
            } else if let Some(known) = table::ALL.iter().find(|table| table.name == name) {
                tables.push(known);
            } else {
                let names: Vec<_> = table::ALL.iter().map(|table| table.name).collect();
                let (ids, names) = (ENVIRONMENTS.join(", "), names.join(", "));
                bail!("reproduce: expected one of {ids} or of {names}, got {name}");
            }
        }
        if environments.is_empty() {
            environments = ENVIRONMENTS.to_vec();
        }
        if tables.is_empty() {
            tables = table::ALL.iter().collect();
        }
        Ok((environments, tables))
    }

    /// The experiments with this profile. An environment that is named must have it.
    fn experiments(&self, environments: &[&str]) -> Result<Vec<Experiment>> {
        let mut experiments = vec![];
        for id in environments {
            let experiment = Experiment::read(Path::new(&format!("experiments/{id}.toml")))?;
            table::check_causes(&experiment)?;
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
            return Ok(workspace::root().join(folder));
        }
        match &self.data_dir {
            Some(folder) => Ok(folder.clone()),
            None => Ok(dirs::cache_dir()
                .context("cannot find the user's cache; name --data-dir")?
                .join("a2d/data")),
        }
    }
}
