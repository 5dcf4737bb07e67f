//! What is rendered to `results/<profile>/`: the page in HTML and Markdown, tables in JSON, CSV and LaTeX, figures.

mod answer;
mod comparison;
mod environment;
mod facts;
mod findings;
mod labels;
mod matrices;
mod page;
mod shortfalls;
mod table_csv;

use crate::experiment::Cause;
use crate::plan::{Plan, adaptive};
use crate::results::environment::{Environment, OURS};
use crate::results::facts::facts;
use crate::results::matrices::{Part, matrix};
use crate::say::show;
use crate::tables::cell::Cell;
use crate::tables::paper::Paper;
use crate::tables::{self, Table};
use crate::whole_file;
use a2d_report::Figure;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The results of a profile: those that are there already, until better ones take their place.
pub(crate) struct Results {
    profile: String,
    folder: PathBuf,
    cells: Vec<Cell>,
    runs: BTreeMap<String, Run>,
}

/// What the results of an environment are of.
#[derive(Default, Serialize, Deserialize)]
struct Run {
    title: String,
    facts: Vec<String>,
    causes: Vec<Cause>,
    /// Whose published numbers stand beside its own, where that is another environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paper: Option<String>,
    /// Columns of the AUROC that are of no defense attack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    baselines: Vec<String>,
}

impl Results {
    /// Those in the profile's folder in this one; none if it holds none that can be read.
    pub(crate) fn new(profile: &str, folder: &Path) -> Self {
        let folder = folder.join(profile);
        Self {
            profile: profile.to_owned(),
            cells: read(&folder.join("tables.json")).unwrap_or_default(),
            runs: read(&folder.join("runs.json")).unwrap_or_default(),
            folder,
        }
    }

    /// Adds the tables of an environment whose steps have run, and prints them.
    pub(crate) fn add(
        &mut self,
        plan: &Plan<'_>,
        tables: &[&'static Table],
        paper: &Paper,
        version: &str,
    ) -> Result<()> {
        let experiment = plan.experiment;
        let mut cells = vec![];
        for table in tables {
            let mut made = table.cells(plan)?;
            tables::beside(&mut made, paper, experiment.published());
            let part = Part { name: OURS, table, cells: made.iter().collect() };
            let shown = matrix(table.title, &[part], table.layout.apart).markdown();
            show(format_args!("{}\n\n{shown}", table.title))?;
            cells.extend(made);
        }
        let run = Run {
            title: experiment.title.clone(),
            facts: facts(plan, &self.profile, version),
            causes: plan.profile.cause.clone(),
            paper: (experiment.published() != experiment.id).then(|| experiment.published().into()),
            baselines: experiment.baseline_columns(),
        };
        self.put(&experiment.id, run, cells);
        self.copy_figures(plan)
    }

    /// Puts cells in the place of those of the same tables, and of all of the environment if other facts hold
    /// of them.
    fn put(&mut self, id: &str, run: Run, cells: Vec<Cell>) {
        let same = self.runs.get(id).is_some_and(|known| known.facts == run.facts);
        let made = |table: &str| cells.iter().any(|cell| cell.table == table);
        self.cells.retain(|cell| cell.environment != id || same && !made(&cell.table));
        self.cells.extend(cells);
        let place = |cell: &Cell| tables::ALL.iter().position(|table| table.name == cell.table);
        self.cells.sort_by_key(|cell| (cell.environment.clone(), place(cell)));
        self.runs.insert(id.to_owned(), run);
    }

    /// The published numbers as they are now, in the place of those that were there.
    pub(crate) fn beside(&mut self, paper: &Paper) {
        for (id, run) in &self.runs {
            let cells = self.cells.iter_mut().filter(|cell| cell.environment == *id);
            tables::beside(cells, paper, run.paper.as_ref().unwrap_or(id));
        }
    }

    /// Writes everything. The smoke test fails here if a finding does not hold.
    pub(crate) fn finish(&self, paper: &Paper) -> Result<()> {
        let mut environments = self.environments()?;
        for environment in &mut environments {
            if let Some(figure) = comparison::figure(environment)? {
                whole_file::write(
                    &self.folder.join(format!("figures/{}.svg", figure.name)),
                    &figure.svg,
                )?;
                environment.figures.insert(0, figure);
            }
        }
        let page = page::page(&self.profile, &environments, paper);
        let write = |name: &str, text: &str| whole_file::write(&self.folder.join(name), text);
        write("tables.json", &json(&self.cells)?)?;
        write("runs.json", &json(&self.runs)?)?;
        write("tables.csv", &table_csv::csv(&self.cells)?)?;
        write("tables.md", &page.markdown())?;
        write("report.html", &page.html())?;
        for environment in &environments {
            for (name, matrix) in environment.matrices() {
                write(&format!("latex/{name}-{}.tex", environment.id), &matrix.latex())?;
            }
        }
        let findings =
            environments.iter().flat_map(|found| findings::of(&found.cells, found.baselines));
        let findings: Vec<_> = findings.collect();
        for finding in &findings {
            show(format_args!("{}", finding.text()))?;
        }
        show(format_args!("Report: {}", self.folder.join("report.html").display()))?;
        let failed = findings.iter().filter(|finding| !finding.holds).count();
        ensure!(self.profile != "smoke" || failed == 0, "{failed} findings do not hold");
        Ok(())
    }

    /// The environments as they are shown: MNIST first, on which most was published.
    fn environments(&self) -> Result<Vec<Environment<'_>>> {
        let mut runs: Vec<_> = self.runs.iter().collect();
        runs.sort_by_key(|(id, _)| !id.ends_with("-mnist"));
        let last = |title: &str| title.rsplit(", ").next().unwrap_or(title).to_owned();
        let names: Vec<_> = runs.iter().map(|(_, run)| last(&run.title)).collect();
        let mut environments = vec![];
        for ((id, run), name) in runs.iter().zip(&names) {
            let is_alone = names.iter().filter(|other| *other == name).count() == 1;
            environments.push(Environment {
                id,
                name: if is_alone { name.clone() } else { run.title.clone() },
                title: run.title.clone(),
                dataset: name.clone(),
                facts: &run.facts,
                causes: &run.causes,
                paper: run.paper.as_ref().unwrap_or(id),
                baselines: &run.baselines,
                cells: self.cells.iter().filter(|cell| cell.environment == **id).collect(),
                figures: figures(&self.folder.join("figures").join(id))?,
            });
        }
        Ok(environments)
    }

    /// Puts the figures of the steps beside the results.
    fn copy_figures(&self, plan: &Plan<'_>) -> Result<()> {
        let folder = self.folder.join("figures").join(&plan.experiment.id);
        let separation = plan.samples.iter().map(|sample| sample.named("separation"));
        let studies = plan.studies().map(|(study, _)| adaptive::step(study));
        for step in separation.chain(["evidence".to_owned()]).chain(studies) {
            for Figure { name, svg } in figures(&plan.work.figures(&step))? {
                whole_file::write(&folder.join(format!("{step}-{name}.svg")), &svg)?;
            }
        }
        Ok(())
    }
}

/// The figures in a folder, by name; none without a folder.
fn figures(folder: &Path) -> Result<Vec<Figure>> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return Ok(vec![]) };
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        if let (Some(name), true) = (path.file_stem(), path.extension().is_some_and(|x| x == "svg"))
        {
            let svg = a2d_file::read_text(&path);
            let svg = svg.with_context(|| format!("cannot read {}", path.display()))?;
            found.insert(name.to_string_lossy().into_owned(), svg);
        }
    }
    Ok(found.into_iter().map(|(name, svg)| Figure { name, svg }).collect())
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Option<T> {
    serde_json::from_slice(&a2d_file::read(path, a2d_file::MAX_TEXT).ok()?).ok()
}

fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_cells_stay_while_the_same_facts_hold_of_them() {
        let mut results = Results {
            profile: "cpu".into(),
            folder: PathBuf::new(),
            cells: vec![],
            runs: BTreeMap::new(),
        };
        let cell = |environment: &str, table: &str, ours| Cell {
            table: table.into(),
            environment: environment.into(),
            ..Cell::new("bim", "benign", ours)
        };
        let mut put = |environment, fact: &str, table, ours| {
            let run = Run { facts: vec![fact.into()], ..Run::default() };
            results.put(environment, run, vec![cell(environment, table, ours)]);
            results.cells.iter().map(|cell| (cell.table.clone(), cell.ours)).collect::<Vec<_>>()
        };
        put("mnist", "n = 200", "auroc", 0.7);
        put("cifar10", "n = 200", "auroc", 0.6);
        let (auroc, model) = ("auroc".to_owned(), "model".to_owned());
        assert_eq!(
            put("mnist", "n = 200", "model", 0.9),
            [(auroc.clone(), 0.6), (model.clone(), 0.9), (auroc.clone(), 0.7)]
        );
        assert_eq!(
            put("mnist", "n = 200", "auroc", 0.8),
            [(auroc.clone(), 0.6), (model, 0.9), (auroc.clone(), 0.8)]
        );
        assert_eq!(put("mnist", "n = 1000", "auroc", 0.9), [(auroc.clone(), 0.6), (auroc, 0.9)]);
    }
}
