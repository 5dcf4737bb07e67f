//! The tables, one file each: which steps they are made of, and how.

mod accuracy;
mod adaptive;
pub(crate) mod at_fpr;
pub(crate) mod auroc;
pub(crate) mod cell;
pub(crate) mod clever;
mod cost;
mod ensemble;
pub(crate) mod layout;
mod means;
mod model;
pub(crate) mod paper;
pub(crate) mod price;
pub(crate) mod separation;
mod significance;
mod single;
mod tuning;

use crate::experiment::Experiment;
use crate::plan::Plan;
use crate::tables::cell::{Better, Cell, Standing};
use crate::tables::layout::Layout;
use crate::tables::paper::Paper;
use a2d_cost::Unit;
use a2d_eval::{Comparison, CostDistribution, DetectionTable, Evaluation};
use anyhow::{Context as _, Result, ensure};
use serde::de::DeserializeOwned;
use std::path::Path;

pub(crate) use accuracy::OVERALL;
pub(crate) use clever::MEAN_LAMBDA;
pub(crate) use significance::SIGNIFICANT;

/// A table of every environment.
pub(crate) struct Table {
    /// As scripts and the command line know it.
    pub(crate) name: &'static str,
    /// As the page's contents call it.
    pub(crate) link: &'static str,
    pub(crate) title: &'static str,
    /// What to know when reading it.
    pub(crate) note: &'static str,
    pub(crate) layout: Layout,
    /// Which is the better of a number of a cell and the paper's.
    better: fn(&Cell) -> Better,
    /// The steps whose output it is made of.
    steps: fn(&Plan<'_>) -> Vec<String>,
    /// The rows and columns of an experiment beside which published numbers may stand.
    names: fn(&Experiment) -> Vec<[String; 2]>,
    cells: fn(&Context<'_>) -> Result<Vec<Cell>>,
}

pub(crate) const ALL: [Table; 21] = [
    model::TABLE,
    clever::LOGITS,
    clever::SLIDES,
    means::ITERATIONS,
    means::SECONDS,
    significance::TABLE,
    auroc::TABLE,
    accuracy::KNN,
    single::TABLE,
    accuracy::ZSCORE,
    ensemble::TABLE,
    cost::TABLE,
    at_fpr::ONE,
    at_fpr::FIVE,
    at_fpr::TEN,
    price::TABLE,
    adaptive::ONE,
    adaptive::FIVE,
    adaptive::TEN,
    adaptive::DISTANCE,
    tuning::TABLE,
];

impl Table {
    /// How a cell stands to the paper's, where one of two numbers is the better one.
    pub(crate) fn standing(&self, cell: &Cell) -> Option<Standing> {
        cell.standing((self.better)(cell), self.layout.margin)
    }

    /// Whether the plan has all that it is made of.
    pub(crate) fn is_of(&self, plan: &Plan<'_>) -> bool {
        let steps = self.sources(plan);
        !steps.is_empty() && steps.iter().all(|step| plan.step(step).is_some())
    }

    /// The steps that it is made of; none where the experiment has no such table.
    pub(crate) fn sources(&self, plan: &Plan<'_>) -> Vec<String> {
        (self.steps)(plan)
    }

    /// The cells of an environment whose steps have run.
    pub(crate) fn cells(&self, plan: &Plan<'_>) -> Result<Vec<Cell>> {
        let cells = (self.cells)(&Context { plan });
        let mut cells = cells.with_context(|| format!("cannot make table {}", self.name))?;
        for cell in &mut cells {
            self.name.clone_into(&mut cell.table);
            plan.experiment.id.clone_into(&mut cell.environment);
        }
        Ok(cells)
    }
}

/// The table of this name.
pub(crate) fn called(name: &str) -> Option<&'static Table> {
    ALL.iter().find(|table| table.name == name)
}

/// Puts the published numbers of an environment beside cells.
pub(crate) fn beside<'a>(
    cells: impl IntoIterator<Item = &'a mut Cell>,
    paper: &Paper,
    environment: &str,
) {
    for cell in cells {
        cell.paper = paper.number(environment, &cell.table, &cell.row, &cell.column);
    }
}

/// Refuses tables of an experiment, and causes that it gives for tables, which there are not.
pub(crate) fn check(experiment: &Experiment) -> Result<()> {
    let known = ALL.map(|table| table.name);
    for table in experiment.tables.iter().flatten() {
        ensure!(
            known.contains(&table.as_str()),
            "{}: expected tables of {}, got {table}",
            experiment.id,
            known.join(", ")
        );
    }
    for (profile, cause) in experiment.causes() {
        ensure!(
            known.contains(&cause.table.as_str()),
            "{}, profile {profile}: expected the cause of a table of {}, got {}",
            experiment.id,
            known.join(", "),
            cause.table
        );
    }
    Ok(())
}

/// What the cells of an environment are made of.
struct Context<'a> {
    plan: &'a Plan<'a>,
}

impl Context<'_> {
    /// What a step printed.
    fn printed<T: DeserializeOwned>(&self, step: &str) -> Result<T> {
        document(&self.plan.work.printed(step))
    }

    /// What a step printed that every sample has, of the sample that the defense attack is measured on.
    fn printed_of<T: DeserializeOwned>(&self, defense: &str, step: &str) -> Result<T> {
        self.printed(&self.plan.samples.of(defense).named(step))
    }

    fn defenses(&self) -> &[String] {
        self.plan.defenses()
    }

    /// The names of the attacks that craft what published numbers are of.
    fn attacks(&self) -> impl Iterator<Item = &str> {
        self.plan.experiment.compared().map(|attack| attack.name.as_str())
    }
}

/// What a step printed into a file.
pub(crate) fn document<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let read = || Ok::<_, anyhow::Error>(serde_json::from_str(&a2d_file::read_text(path)?)?);
    read().with_context(|| format!("cannot use {}", path.display()))
}

/// The one of this name.
fn named<'a, T: 'a>(
    all: impl IntoIterator<Item = T>,
    name: &str,
    of: impl Fn(&T) -> &'a str,
) -> Result<T> {
    let found = all.into_iter().find(|one| of(one) == name);
    found.with_context(|| format!("a2d printed nothing of {name}"))
}

/// How often a detector is right.
fn detection(evaluation: &Evaluation) -> Result<&DetectionTable> {
    evaluation.detection.as_ref().context("a2d eval printed no verdicts")
}

/// The costs by an attack.
fn costs_by<'a>(
    evidence: &'a Comparison,
    attack: &str,
    measure: Unit,
) -> Result<&'a CostDistribution> {
    let mut found = evidence.costs.iter();
    let found = found.find(|costs| costs.attack == attack && costs.measure == measure);
    found.with_context(|| format!("a2d evidence printed no {} of {attack}", measure.name()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::experiment;

    #[test]
    fn a_cause_is_that_of_a_table() {
        let mut experiment = experiment("env1-cifar10");
        check(&experiment).unwrap();
        let causes = &mut experiment.profile.get_mut("cpu").unwrap().cause;
        causes[0].table = "aurok".into();
        let message = check(&experiment).unwrap_err().to_string();
        assert!(message.starts_with("env1-cifar10, profile cpu: expected the cause"), "{message}");
        assert!(message.contains("tuning") && message.ends_with("got aurok"), "{message}");
    }

    #[test]
    fn what_is_not_there_is_named() {
        let evidence = Comparison {
            benign: "benign".into(),
            scores: vec![],
            costs: vec![],
            correlations: vec![],
        };
        let message = |error: anyhow::Error| error.to_string();
        let missing = costs_by(&evidence, "bim", Unit::Iterations).unwrap_err();
        assert_eq!(message(missing), "a2d evidence printed no iterations of bim");
        let missing = named(["jsma", "bim"], "dba", |name| name).unwrap_err();
        assert_eq!(message(missing), "a2d printed nothing of dba");
        assert_eq!(named(["jsma", "bim"], "bim", |name| name).unwrap(), "bim");
    }
}
