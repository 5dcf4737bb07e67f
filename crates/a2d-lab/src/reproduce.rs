//! A run: does the paper's experiments and puts the results beside the paper's.
//!
//! A plan of steps, each a run of `a2d`, leads from the data to the numbers of the tables. Steps whose
//! outputs are there and whose inputs did not change are not run again, so the task goes on where it was
//! interrupted.

use crate::executor::binary::Binary;
use crate::executor::runner::Runner;
use crate::executor::snakemake::{Part, Snakemake};
use crate::executor::state::State;
use crate::executor::{local, lock};
use crate::experiment::Experiment;
use crate::one_step::OneStep;
use crate::plan::Plan;
use crate::plan::step::Step;
use crate::results::Results;
use crate::say::{say, show};
use crate::tables::paper::Paper;
use crate::tables::{self, Table};
use crate::{Error, Result};
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs, thread};

/// Tables and environments to do, all by default.
#[derive(Debug, Args)]
pub struct Reproduce {
    /// Tables and environments, or files of environments [default: all that the profile has]
    #[arg(value_name = "TABLE|ENV|FILE")]
    wanted: Vec<String>,
    /// How much is done: smoke (minutes), cpu (an hour or two), paper (full size), or another one of the files
    #[arg(long, default_value = "cpu")]
    profile: String,
    /// Steps at a time, each on its share of the cores [default: one per core]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Say what is to be run, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Render the results that there are once more, and run nothing
    #[arg(long, conflicts_with_all = ["dry_run", "wanted"])]
    render: bool,
    /// Folder of the environments' files
    #[arg(long, value_name = "DIR", default_value = "experiments")]
    experiments: PathBuf,
    /// Folder for the results, in a folder for each profile
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
    /// Folder for the files of steps, in a folder for each profile
    #[arg(long, value_name = "DIR", default_value = "target/reproduce")]
    work: PathBuf,
    /// Folder that holds the data sets [default: the user's cache]
    #[arg(long, value_name = "DIR", env = "A2D_DATA")]
    data_dir: Option<PathBuf>,
    /// The binary a2d [default: the one beside this program]
    #[arg(long, value_name = "FILE", env = "A2D_BINARY")]
    a2d: Option<PathBuf>,
    /// Another build of a2d, whose outputs count as those of this one: nothing is done again that it has done, and
    /// the report says so
    #[arg(long, value_name = "FILE")]
    earlier: Vec<PathBuf>,
    /// What runs the steps
    #[arg(long, value_enum, default_value = "local")]
    executor: Executor,
    /// The program snakemake
    #[arg(long, value_name = "FILE", default_value = "snakemake")]
    snakemake: PathBuf,
    /// With Snakemake: the most images that one job measures; the steps of more are done in shares
    #[arg(long, value_name = "ROWS", default_value = "100", value_parser = clap::value_parser!(u32).range(1..))]
    rows: u32,
    /// Further arguments of Snakemake, such as `--executor slurm`
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<OsString>,
}

/// What runs steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Executor {
    /// This process, on this machine
    Local,
    /// Snakemake, on this machine or a cluster
    Snakemake,
}

/// Experiments, each with its file, and tables.
type Wanted = (Vec<(PathBuf, Experiment)>, Vec<&'static Table>);

/// What is done of an experiment.
struct Work<'a> {
    plan: Plan<'a>,
    /// The words of `a2d-lab step`.
    command: Vec<String>,
    tables: Vec<&'static Table>,
    steps: Vec<Step>,
    runner: Runner,
}

impl Reproduce {
    /// Plans, runs and renders.
    ///
    /// # Errors
    /// What is wrong with an experiment, before any work; or the first step that failed.
    pub fn run(self) -> Result<()> {
        if self.executor != Executor::Snakemake && !self.arguments.is_empty() {
            let expected = "arguments behind -- for Snakemake";
            return Err(Error::usage(expected, "some without --executor snakemake"));
        }
        let paper = Paper::read(&self.experiments.join("paper")).map_err(Error::Unfit)?;
        if self.render {
            let mut results = Results::new(&self.profile, &self.results);
            results.beside(&paper);
            return Ok(results.finish(&paper)?);
        }
        let (experiments, tables) = self.wanted(&paper)?;
        let folder = self.folder();
        let _locked = if self.dry_run { None } else { Some(lock::lock(&folder)?) };
        let works: Vec<_> = experiments
            .iter()
            .map(|(file, experiment)| self.work(file, experiment, &tables))
            .collect::<Result<_>>()?;
        for Work { plan, steps, runner, .. } in &works {
            let undone = runner.undone(steps)?;
            let cores = self.jobs() * runner.threads;
            let time = runner.pace().estimate(undone.iter().copied()).time(cores);
            let (id, left, all) = (&plan.experiment.id, undone.len(), steps.len());
            say(format_args!("== {id}: {left} of {all} steps to do, {time}"));
            for step in undone {
                if self.dry_run {
                    show(step.command()).map_err(Error::system("show a step"))?;
                } else if self.executor == Executor::Snakemake {
                    State::forget_output(step)?; // by which Snakemake tells that it is to be run
                }
            }
        }
        if self.executor == Executor::Snakemake {
            self.run_snakemake(&works, &folder)?;
        }
        if self.dry_run {
            return Ok(());
        }
        let mut results = None;
        for Work { plan, tables, steps, runner, .. } in &works {
            local::run(runner, steps, self.jobs())?;
            if !tables.is_empty() {
                let results =
                    results.get_or_insert_with(|| Results::new(&self.profile, &self.results));
                results.add(plan, tables, &paper, &runner.version(steps)?)?;
            }
        }
        Ok(results.map_or(Ok(()), |results| results.finish(&paper))?)
    }

    fn run_snakemake(&self, works: &[Work<'_>], folder: &Path) -> Result<()> {
        let program = if self.snakemake.components().count() > 1 {
            absolute(&self.snakemake)?
        } else {
            self.snakemake.clone()
        };
        let snakemake = Snakemake {
            program,
            arguments: self.arguments.clone(),
            jobs: self.jobs(),
            threads: self.threads(),
            rows: self.rows as usize,
        };
        let parts = works.iter().map(|Work { plan, command, steps, .. }| Part {
            id: &plan.experiment.id,
            steps,
            command: command.clone(),
        });
        let file = snakemake.write(folder, &parts.collect::<Vec<_>>())?;
        say(format_args!("the Snakefile is {}", file.display()));
        if self.dry_run { Ok(()) } else { snakemake.run(folder) }
    }

    /// The plan of an experiment, once it is sure that its steps can begin.
    fn work<'a>(
        &self,
        file: &Path,
        experiment: &'a Experiment,
        wanted: &[&'static Table],
    ) -> Result<Work<'a>> {
        let data = self.data(experiment)?;
        let plan = Plan::within(&self.folder(), experiment, &self.profile, &data)?;
        let chosen = |table: &&&Table| {
            let own = experiment.tables.as_ref();
            own.is_none_or(|names| names.iter().any(|name| name == table.name))
        };
        let tables: Vec<_> =
            wanted.iter().filter(chosen).copied().filter(|table| table.is_of(&plan)).collect();
        let mut names: Vec<_> = tables.iter().flat_map(|table| table.sources(&plan)).collect();
        if self.is_whole() {
            names.extend(plan.profile.steps.iter().cloned());
        }
        let steps = plan.leading_to(&names)?;
        plan.check_sources()?;
        let a2d = match &self.a2d {
            Some(a2d) => absolute(a2d)?,
            None => itself()?.with_file_name(format!("a2d{}", env::consts::EXE_SUFFIX)),
        };
        let threads = self.threads();
        let step = OneStep::of_any(file, &self.profile, &self.work, &data, &a2d, threads);
        let itself = itself()?.display().to_string();
        let command = std::iter::once(itself).chain(step.words()).collect();
        let binary = Binary::new(&a2d, &mut Runner::digests_in(&self.work))?;
        binary.check(&steps).map_err(|error| error.within(&experiment.id))?;
        let earlier = self.earlier.iter();
        let earlier = earlier.map(|path| Binary::new(path, &mut Runner::digests_in(&self.work)));
        let earlier = earlier.collect::<Result<_>>()?;
        let runner = Runner { binary, earlier, data, threads, memory: self.work.clone() };
        Ok(Work { plan, command, tables, steps, runner })
    }

    /// The folder of the profile.
    fn folder(&self) -> PathBuf {
        self.work.join(&self.profile)
    }

    fn jobs(&self) -> usize {
        self.jobs.map_or_else(cores, usize::from)
    }

    /// Those of each step.
    fn threads(&self) -> usize {
        (cores() / self.jobs()).max(1)
    }

    /// Whether no table is named: then all of an experiment is done.
    fn is_whole(&self) -> bool {
        !self.wanted.iter().any(|name| tables::called(name).is_some())
    }

    /// The environments and tables that are named; all of either where none is.
    fn wanted(&self, paper: &Paper) -> Result<Wanted> {
        let (mut files, mut tables) = (vec![], vec![]);
        for name in &self.wanted {
            let file = self.experiments.join(format!("{name}.toml"));
            if let Some(table) = tables::called(name) {
                tables.push(table);
            } else if Path::new(name).extension().is_some_and(|end| end == "toml") {
                files.push(PathBuf::from(name));
            } else if file.is_file() {
                files.push(file);
            } else {
                let ids: Vec<_> = self.files()?.iter().map(|file| id(file)).collect();
                let names: Vec<_> = tables::ALL.iter().map(|table| table.name).collect();
                let (ids, names) = (ids.join(", "), names.join(", "));
                return Err(Error::usage(format_args!("one of {ids} or of {names}"), name));
            }
        }
        if tables.is_empty() {
            tables = tables::ALL.iter().collect();
        }
        let are_named = !files.is_empty();
        let files = if are_named { files } else { self.files()? };
        let mut experiments: Vec<(PathBuf, Experiment)> = vec![];
        for file in files {
            let experiment = Experiment::read(&file)?;
            if experiment.id != id(&file) {
                let expected = format!("the id {}, as the file is called", id(&file));
                return Err(Error::experiment(file.display(), expected, experiment.id));
            }
            tables::check(&experiment).map_err(Error::Unfit)?;
            paper.check(&experiment).map_err(Error::Unfit)?;
            if are_named {
                experiment.profile(&self.profile)?; // the others need not have it
            }
            if experiment.profile(&self.profile).is_ok()
                && experiments.iter().all(|(_, known)| known.id != experiment.id)
            {
                experiments.push((file, experiment));
            }
        }
        if experiments.is_empty() {
            return Err(Error::usage("a profile of some experiment", &self.profile));
        }
        Ok((experiments, tables))
    }

    /// The files in the folder of the environments.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let list = || -> std::io::Result<Vec<PathBuf>> {
            let entries = fs::read_dir(&self.experiments)?;
            let mut files =
                entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
            files.retain(|file| file.extension().is_some_and(|end| end == "toml"));
            files.sort();
            Ok(files)
        };
        Ok(list().map_err(a2d_file::Error::read(&self.experiments))?)
    }

    /// The folder of the data sets.
    fn data(&self, experiment: &Experiment) -> Result<PathBuf> {
        let folder = match (&experiment.profile(&self.profile)?.data_dir, &self.data_dir) {
            (Some(folder), _) | (None, Some(folder)) => folder.clone(),
            (None, None) => {
                let cache = dirs::cache_dir().ok_or_else(|| {
                    Error::usage("the user's cache or --data-dir", "neither: HOME is not set")
                })?;
                cache.join("a2d/data")
            }
        };
        absolute(&folder)
    }
}

/// What the environment of a file is called.
fn id(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(Error::system("tell the current folder"))
}

fn itself() -> Result<PathBuf> {
    env::current_exe().map_err(Error::system("tell where this program is"))
}
