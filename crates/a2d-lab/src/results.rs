//! What is rendered to `results/<profile>/`: JSON, Markdown, figures and the report.

mod facts;
mod findings;
mod html;
mod markdown;
mod section;

use crate::experiment::Cause;
use crate::plan::Plan;
use crate::results::facts::facts;
use crate::results::section::Section;
use crate::say::show;
use crate::tables::cell::Cell;
use crate::tables::paper::Paper;
use crate::tables::{self, Table};
use crate::whole_file;
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
#[derive(Serialize, Deserialize)]
struct Run {
    title: String,
    facts: Vec<String>,
    causes: Vec<Cause>,
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
        tables: &[&Table],
        paper: &Paper,
        version: &str,
    ) -> Result<()> {
        let experiment = plan.experiment;
        let mut cells = vec![];
        for table in tables {
            let made = table.cells(plan, paper)?;
            show(format_args!("{}", markdown::table(table, &made.iter().collect::<Vec<_>>())))?;
            cells.extend(made);
        }
        let run = Run {
            title: experiment.title.clone(),
            facts: facts(plan, &self.profile, version),
            causes: plan.profile.cause.clone(),
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

    /// Writes everything. The smoke test fails here if a finding does not hold.
    pub(crate) fn finish(&self) -> Result<()> {
        let sections: Vec<_> =
            self.runs.iter().map(|(id, run)| self.section(id, run)).collect::<Result<_>>()?;
        let title = format!("Results of profile {}", self.profile);
        let mut text = format!("# {title}\n");
        for section in &sections {
            text += &section.markdown();
        }
        whole_file::write(&self.folder.join("tables.json"), &json(&self.cells)?)?;
        whole_file::write(&self.folder.join("runs.json"), &json(&self.runs)?)?;
        whole_file::write(&self.folder.join("tables.md"), &text)?;
        whole_file::write(&self.folder.join("report.html"), &html::page(&title, &sections))?;
        let findings: Vec<_> = sections.iter().flat_map(|section| &section.findings).collect();
        for finding in &findings {
            show(format_args!("{}", finding.text()))?;
        }
        show(format_args!("Report: {}", self.folder.join("report.html").display()))?;
        let failed = findings.iter().filter(|finding| !finding.holds).count();
        ensure!(self.profile != "smoke" || failed == 0, "{failed} findings do not hold");
        Ok(())
    }

    fn section<'a>(&'a self, id: &str, run: &'a Run) -> Result<Section<'a>> {
        let cells: Vec<_> = self.cells.iter().filter(|cell| cell.environment == id).collect();
        let figures = figures(&self.folder.join("figures").join(id))?;
        Ok(Section::new(&run.title, &run.facts, &run.causes, &cells, figures))
    }

    /// Puts the figures of the steps beside the results.
    fn copy_figures(&self, plan: &Plan<'_>) -> Result<()> {
        let folder = self.folder.join("figures").join(&plan.experiment.id);
        let separation = plan.samples.iter().map(|sample| sample.named("separation"));
        for step in separation.chain(["evidence".to_owned()]) {
            for (name, svg) in figures(&plan.work.figures(&step))? {
                whole_file::write(&folder.join(format!("{step}-{name}.svg")), &svg)?;
            }
        }
        Ok(())
    }
}

/// The figures in a folder, by name; none without a folder.
fn figures(folder: &Path) -> Result<Vec<(String, String)>> {
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
    Ok(found.into_iter().collect())
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
            let run = Run { title: String::new(), facts: vec![fact.into()], causes: vec![] };
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
