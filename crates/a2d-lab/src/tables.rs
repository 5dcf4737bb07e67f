//! The tables, one file each but for intervals that they share: which steps they are made of, and how.

mod accuracy;
mod auroc;
pub(crate) mod cell;
mod clever;
mod cost;
mod ensemble;
mod interval;
mod means;
mod model;
pub(crate) mod paper;
mod significance;
mod tuning;

use crate::experiment::Experiment;
use crate::plan::Plan;
use crate::tables::cell::{Better, Cell};
use crate::tables::paper::Paper;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::path::Path;

pub(crate) use accuracy::OVERALL;
pub(crate) use clever::MEAN_LAMBDA;
pub(crate) use significance::SIGNIFICANT;

/// A table of every environment.
pub(crate) struct Table {
    /// As scripts and the command line know it.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What to know when reading it.
    pub(crate) note: &'static str,
    /// Which is the better of a number of a cell and the paper's.
    better: fn(&Cell) -> Better,
    /// The steps whose output it is made of.
    steps: fn(&Plan<'_>) -> Vec<String>,
    cells: fn(&Context<'_>) -> Result<Vec<Cell>>,
}

pub(crate) const ALL: [Table; 11] = [
    model::TABLE,
    clever::TABLE,
    means::ITERATIONS,
    means::SECONDS,
    significance::TABLE,
    auroc::TABLE,
    accuracy::KNN,
    accuracy::ZSCORE,
    ensemble::TABLE,
    cost::TABLE,
    tuning::TABLE,
];

impl Table {
    /// Whether a cell is worse than the paper's by more than its interval, or at all if it has none.
    pub(crate) fn falls_short(&self, cell: &Cell) -> bool {
        cell.falls_short((self.better)(cell))
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
    pub(crate) fn cells(&self, plan: &Plan<'_>, paper: &Paper) -> Result<Vec<Cell>> {
        let cells = (self.cells)(&Context { plan, paper });
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
    paper: &'a Paper,
}

impl Context<'_> {
    /// What a step printed.
    fn printed(&self, step: &str) -> Result<Value> {
        document(&self.plan.work.printed(step))
    }

    /// What a step printed that every sample has, of the sample that the defense attack is measured on.
    fn printed_of(&self, defense: &str, step: &str) -> Result<Value> {
        self.printed(&self.plan.samples.of(defense).named(step))
    }

    fn dataset(&self) -> &str {
        &self.plan.experiment.dataset
    }

    fn defenses(&self) -> &[String] {
        self.plan.defenses()
    }

    /// The names of the attacks that craft what published numbers are of.
    fn attacks(&self) -> impl Iterator<Item = &str> {
        self.plan.experiment.compared().map(|attack| attack.name.as_str())
    }
}

/// The content of what a step printed.
pub(crate) fn document(path: &Path) -> Result<serde_json::Value> {
    let text = a2d_file::read(path, a2d_file::MAX_TEXT)
        .with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", path.display()))
}

/// The number at `pointer`.
fn number(value: &Value, pointer: &str) -> Result<f64> {
    let found = value.pointer(pointer).and_then(Value::as_f64);
    found.with_context(|| format!("a2d printed no number at {pointer}"))
}

/// The number at `pointer`, if it is not null.
fn optional(value: &Value, pointer: &str) -> Option<f64> {
    value.pointer(pointer).and_then(Value::as_f64)
}

/// The elements of the list at `pointer`.
fn list<'a>(value: &'a Value, pointer: &str) -> Result<&'a [Value]> {
    let found = value.pointer(pointer).and_then(Value::as_array);
    Ok(found.with_context(|| format!("a2d printed no list at {pointer}"))?)
}

/// The text at `pointer`.
fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.with_context(|| format!("a2d printed no text at {pointer}"))
}

/// The element of the list at `pointer` whose field `key` is `name`.
fn named<'a>(value: &'a Value, pointer: &str, key: &str, name: &str) -> Result<&'a Value> {
    let found = list(value, pointer)?.iter().find(|found| found[key].as_str() == Some(name));
    found.with_context(|| format!("a2d printed nothing of {name} at {pointer}"))
}

/// The costs by an attack, `iterations` or `seconds`, in what `a2d evidence` printed.
fn costs_by<'a>(evidence: &'a Value, attack: &str, measure: &str) -> Result<&'a Value> {
    let mut found = list(evidence, "/costs")?.iter();
    let found = found.find(|costs| costs["attack"] == attack && costs["measure"] == measure);
    found.with_context(|| format!("a2d printed no {measure} of {attack}"))
}

/// How many inputs a part of what was printed is of.
fn count(value: &Value) -> Option<u64> {
    value["n"].as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::tests::experiment;
    use serde_json::json;

    #[test]
    fn a_cause_is_that_of_a_table() {
        let mut experiment = experiment("env1-mnist");
        check(&experiment).unwrap();
        let causes = &mut experiment.profile.get_mut("cpu").unwrap().cause;
        causes[0].table = "aurok".into();
        let message = check(&experiment).unwrap_err().to_string();
        assert!(message.starts_with("env1-mnist, profile cpu: expected the cause"), "{message}");
        assert!(message.contains("tuning") && message.ends_with("got aurok"), "{message}");
    }

    #[test]
    fn what_is_not_there_is_named() {
        let value = json!({"costs": [{"attack": "bim", "measure": "seconds", "n": 3}], "p": null});
        assert_eq!(count(costs_by(&value, "bim", "seconds").unwrap()), Some(3));
        let message = |error: anyhow::Error| error.to_string();
        let missing = costs_by(&value, "bim", "iterations").unwrap_err();
        assert_eq!(message(missing), "a2d printed no iterations of bim");
        assert_eq!(message(number(&value, "/p").unwrap_err()), "a2d printed no number at /p");
        assert_eq!(optional(&value, "/p"), None);
        let missing = named(&value, "/costs", "attack", "dba").unwrap_err();
        assert_eq!(message(missing), "a2d printed nothing of dba at /costs");
    }
}
