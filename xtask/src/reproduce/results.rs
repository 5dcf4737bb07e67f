//! What is rendered to `results/<profile>/`: JSON, Markdown, figures and the report.

use super::cell::Cell;
use super::experiment::{Cause, Experiment, neighbours};
use super::findings::{self, Finding};
use super::paper::Paper;
use super::plan::Plan;
use super::sample::Sample;
use super::table::{self, Table};
use super::{html, markdown};
use crate::whole_file;
use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The results of a profile: those that are there already, until better ones take their place.
pub(super) struct Results {
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

/// An environment as the report shows it.
pub(super) struct Section<'a> {
    pub(super) title: &'a str,
    pub(super) facts: Vec<String>,
    pub(super) findings: Vec<Finding>,
    pub(super) tables: Vec<(&'a Table, Vec<&'a Cell>)>,
    pub(super) not_reached: Vec<Shortfall<'a>>,
    /// Names and SVG.
    pub(super) figures: Vec<(String, String)>,
}

/// A cell that is worse than the paper's by more than its interval.
pub(super) struct Shortfall<'a> {
    pub(super) cell: &'a Cell,
    pub(super) cause: Option<&'a str>,
}

impl Results {
    /// Those in the profile's folder; none if it holds none that can be read.
    pub(super) fn new(profile: &str) -> Self {
        let folder = Path::new("results").join(profile);
        Self {
            profile: profile.to_owned(),
            cells: read(&folder.join("tables.json")).unwrap_or_default(),
            runs: read(&folder.join("runs.json")).unwrap_or_default(),
            folder,
        }
    }

    /// Adds the tables of an environment whose steps have run, and prints them.
    pub(super) fn add(
        &mut self,
        plan: &Plan<'_>,
        tables: &[&Table],
        paper: &Paper,
        version: &str,
    ) -> Result<()> {
        let experiment = plan.experiment;
        for table in tables {
            let cells = table.cells(plan, paper)?;
            println!(
                "{}",
                markdown::table(table.title, table.note, &cells.iter().collect::<Vec<_>>())
            );
            self.cells.retain(|cell| {
                (&cell.environment, cell.table.as_str()) != (&experiment.id, table.name)
            });
            self.cells.extend(cells);
        }
        let place = |cell: &Cell| table::ALL.iter().position(|table| table.name == cell.table);
        self.cells.sort_by_key(|cell| (cell.environment.clone(), place(cell)));
        let run = Run {
            title: experiment.title.clone(),
            facts: facts(plan, &self.profile, version),
            causes: experiment.cause.clone(),
        };
        self.runs.insert(experiment.id.clone(), run);
        self.copy_figures(plan)
    }

    /// Writes everything. The smoke test fails here if a finding does not hold.
    pub(super) fn finish(&self, command: &str) -> Result<()> {
        let sections: Vec<_> =
            self.runs.iter().map(|(id, run)| self.section(id, run)).collect::<Result<_>>()?;
        let title = format!("Results of profile {}", self.profile);
        let mut text = format!("# {title}\n\nMade by `{command}`.\n");
        for section in &sections {
            text += &section.markdown();
        }
        whole_file::write(&self.folder.join("tables.json"), &json(&self.cells)?)?;
        whole_file::write(&self.folder.join("runs.json"), &json(&self.runs)?)?;
        whole_file::write(&self.folder.join("tables.md"), &text)?;
        whole_file::write(&self.folder.join("report.html"), &html::page(&title, &sections))?;
        let findings: Vec<_> = sections.iter().flat_map(|section| &section.findings).collect();
        for finding in &findings {
            println!("{}: {}", if finding.holds { "holds" } else { "DOES NOT HOLD" }, finding.text);
        }
        println!("Report: {}", self.folder.join("report.html").display());
        let failed = findings.iter().filter(|finding| !finding.holds).count();
        ensure!(self.profile != "smoke" || failed == 0, "{failed} findings do not hold");
        Ok(())
    }

    fn section<'a>(&'a self, id: &str, run: &'a Run) -> Result<Section<'a>> {
        let cells: Vec<_> = self.cells.iter().filter(|cell| cell.environment == id).collect();
        let tables: Vec<_> = table::ALL
            .iter()
            .map(|table| {
                (table, cells.iter().copied().filter(|cell| cell.table == table.name).collect())
            })
            .filter(|(_, cells): &(_, Vec<_>)| !cells.is_empty())
            .collect();
        let short = tables.iter().flat_map(|(table, cells)| {
            cells.iter().copied().filter(|cell| table.falls_short(cell))
        });
        let owned: Vec<Cell> = cells.into_iter().cloned().collect();
        Ok(Section {
            title: &run.title,
            facts: run.facts.clone(),
            findings: findings::of(&owned),
            not_reached: short
                .map(|cell| Shortfall { cell, cause: Cause::of(&run.causes, cell) })
                .collect(),
            tables,
            figures: figures(&self.folder.join("figures").join(id))?,
        })
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

impl Cause {
    /// Why a cell falls short, if that is known.
    fn of<'a>(causes: &'a [Self], cell: &Cell) -> Option<&'a str> {
        let is =
            |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|name| name == found);
        let mut causes = causes.iter();
        let found = causes.find(|cause| {
            cause.table == cell.table
                && is(&cause.row, &cell.row)
                && is(&cause.column, &cell.column)
        });
        found.map(|cause| cause.text.as_str())
    }
}

impl Section<'_> {
    fn markdown(&self) -> String {
        let list = |items: Vec<String>| {
            let lines = items.iter().map(|item| format!("* {item}\n")).collect::<Vec<_>>().concat();
            if lines.is_empty() { "* nothing\n".to_owned() } else { lines }
        };
        let holds = |finding: &Finding| {
            let holds = if finding.holds { "holds" } else { "does not hold" };
            format!("{}: {holds}", finding.text)
        };
        let tables: Vec<_> = self
            .tables
            .iter()
            .map(|(table, cells)| markdown::table(table.title, table.note, cells))
            .collect();
        format!(
            "\n## {}\n\n{}\n### Findings\n\n{}\n### Not reached\n\n{}\n{}",
            self.title,
            list(self.facts.clone()),
            list(self.findings.iter().map(holds).collect()),
            list(self.not_reached.iter().map(Shortfall::text).collect()),
            tables.join("\n")
        )
    }
}

/// Seeds, versions and counts.
fn facts(plan: &Plan<'_>, profile: &str, version: &str) -> Vec<String> {
    let Experiment { id, seed, .. } = plan.experiment;
    let settings = plan.profile;
    let kinds = plan.experiment.attacks.len();
    let clever = settings.clever;
    let mut facts = vec![
        format!("cargo xtask reproduce {id} --profile {profile}"),
        format!("{version}, seed {seed}, model {}", plan.weights.display()),
    ];
    facts.extend(plan.samples.iter().map(|Sample { fit, score, adversarial, defenses, .. }| {
        let (defenses, k) = (defenses.join(", "), neighbours(plan.experiment.detectors.k, *fit));
        format!(
            "{defenses}: fitted on {fit} benign and {fit} adversarial inputs, K = {k}, scored on {score} \
             benign and {kinds} times {adversarial} adversarial inputs"
        )
    }));
    facts.push(format!(
        "CLEVER scores and costs of all attacks of {} inputs of each kind; {} batches of {} samples",
        settings.evidence, clever.batches, clever.samples
    ));
    facts.extend(plan.experiment.attacks.iter().filter_map(|attack| {
        let options = plan.options(attack).join(" ");
        (!options.is_empty()).then(|| format!("crafted by {} with {options}", attack.name))
    }));
    facts
}

/// The figures in a folder, by name; none without a folder.
fn figures(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut found = BTreeMap::new();
    let Ok(entries) = fs::read_dir(folder) else { return Ok(vec![]) };
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        if let (Some(name), true) = (path.file_stem(), path.extension().is_some_and(|x| x == "svg"))
        {
            let svg = fs::read_to_string(&path);
            let svg = svg.with_context(|| format!("cannot read {}", path.display()))?;
            found.insert(name.to_string_lossy().into_owned(), svg);
        }
    }
    Ok(found.into_iter().collect())
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn json(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}
