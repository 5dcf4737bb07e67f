//! `a2d evidence`: how robust sets of inputs are, by CLEVER scores and by costs.

mod comparison;
mod correlations;
mod distributions;
mod scores;
mod sets;
mod statistic;

use std::path::PathBuf;

use a2d_eval::{Comparison, CostDistribution, MeanScores, ScoreCorrelation};
use a2d_file::Plan;
use a2d_report::robustness::{self, CorrelationFigure, CostSection, Page};
use clap::Args;

use crate::arguments::{named_file, output_file, output_folder, plan_report};
use crate::exit::{BadInput, Usage};
use crate::format::FormatArguments;
use crate::overlap;
use correlations::Correlated;
use sets::{CostSet, NamedFile, ScoreSet};

/// Compare how robust sets of inputs are, by CLEVER or other scores and by what attacks on them cost
///
/// Each set is compared with the benign one. Where a set has both scores and costs, they are to be of the
/// same inputs, and their correlation is computed.
#[derive(Debug, Args)]
pub(crate) struct Evidence {
    /// CLEVER scores, or a score table, of a set of inputs, such as fgsm=fgsm-clever.csv; may be repeated
    #[arg(long, visible_alias = "scores", required_unless_present = "costs", value_name = "NAME=CSV", value_parser = named_file)]
    clever: Vec<NamedFile>,
    /// Costs of a set of inputs, such as fgsm=fgsm.csv; may be repeated
    #[arg(long, value_name = "NAME=CSV", value_parser = named_file)]
    costs: Vec<NamedFile>,
    /// The benign set [default: the first]
    #[arg(long, value_name = "NAME")]
    benign: Option<String>,
    /// File for a report with box plots and scatter plots (HTML)
    #[arg(long, value_name = "HTML", value_parser = output_file)]
    report: Option<PathBuf>,
    /// Folder for the figures of the report (SVG)
    #[arg(long, value_name = "DIR", value_parser = output_folder)]
    figures: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArguments,
}

impl Evidence {
    /// What is read and written.
    fn plan(&self) -> Plan<'_> {
        let plan = Plan::new()
            .reads_all("--clever", self.clever.iter().map(|(_, path)| path))
            .reads_all("--costs", self.costs.iter().map(|(_, path)| path));
        plan_report(plan, self.report.as_deref(), self.figures.as_deref())
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        let benign = self.benign()?;
        let _claim = self.plan().claim()?;
        let scores = sets::scores(&sets::benign_first(&self.clever, &benign)?)?;
        let costs = sets::costs(&sets::benign_first(&self.costs, &benign)?)?;
        check_model(&scores, &costs)?;
        let groups = sets::groups(&scores, &costs);
        let groups: Vec<[_; 2]> = groups.iter().map(<[_; 2]>::each_ref).collect();
        groups.iter().try_for_each(|pair| overlap::check_all(pair))?;
        let (comparison, correlated) = compare(benign, &scores, &costs)?;
        overlap::warn_of_unknown(groups.as_flattened(), None);
        let page = page(&comparison, &correlated, &scores, &costs);
        if let Some(path) = &self.report {
            a2d_file::write_text(path, &robustness::html(&page)?)?;
        }
        if let Some(folder) = &self.figures {
            a2d_report::write(folder, &robustness::figures(&page)?)?;
        }
        self.format.print(&comparison)
    }

    /// The name of the benign set.
    fn benign(&self) -> Result<String, Usage> {
        let first = |files: &[NamedFile]| files.first().map(|(name, _)| name.clone());
        match (&self.benign, first(&self.clever), first(&self.costs)) {
            (Some(name), ..) => Ok(name.clone()),
            (None, Some(scores), Some(costs)) if scores != costs => Err(Usage::new(format!(
                "compare sets: expected the benign set first, got {scores} and {costs}; name --benign"
            ))),
            (None, scores, costs) => Ok(scores.or(costs).unwrap_or_default()),
        }
    }
}

/// Compares sets with the benign one, which is the first of scores and of costs.
fn compare(
    benign: String,
    scores: &[ScoreSet],
    costs: &[CostSet],
) -> anyhow::Result<(Comparison, Vec<Correlated>)> {
    let tables: Vec<_> = scores.iter().map(|set| (&*set.name, &set.scores.table)).collect();
    // Comparable scores have the same cap.
    let means = MeanScores::of(&tables, scores.first().and_then(|set| set.scores.cap))?;
    let tables: Vec<_> = costs.iter().map(|set| (&*set.name, &set.costs.table)).collect();
    let distributions = CostDistribution::of(&tables)?;
    let correlated = Correlated::of(scores, costs, &distributions)?;
    let correlations = correlated.iter().map(|found| found.correlation.clone()).collect();
    Ok((Comparison { benign, scores: means, costs: distributions, correlations }, correlated))
}

/// Refuses scores and costs of different models.
fn check_model(scores: &[ScoreSet], costs: &[CostSet]) -> Result<(), BadInput> {
    let provenance = scores.first().and_then(|set| set.scores.provenance.as_ref());
    let Some(ours) = provenance.map(|provenance| &provenance.model) else { return Ok(()) };
    let known = costs.iter().filter_map(|set| Some((set, &set.costs.provenance.as_ref()?.model)));
    match known.into_iter().find(|(_, theirs)| *theirs != ours) {
        None => Ok(()),
        Some((CostSet { name, .. }, theirs)) => Err(BadInput(format!(
            "compare sets: expected model {ours} of the scores, found costs of {name} on {theirs}"
        ))),
    }
}

/// The page about a comparison.
fn page<'a>(
    comparison: &'a Comparison,
    correlated: &'a [Correlated],
    scores: &[ScoreSet],
    costs: &[CostSet],
) -> Page<'a> {
    let mut names: Vec<&str> = vec![];
    let with_scores = comparison.scores.iter().flat_map(|target| &target.sets);
    let with_costs = comparison.costs.iter().flat_map(|costs| &costs.sets);
    for name in with_scores.map(|set| &set.set).chain(with_costs.map(|set| &set.set)) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    Page {
        facts: facts(scores, costs),
        sets: names,
        scores: scores::lines(&comparison.scores),
        costs: comparison.costs.iter().map(|costs| section(correlated, costs)).collect(),
    }
}

fn section<'a>(correlated: &'a [Correlated], costs: &'a CostDistribution) -> CostSection<'a> {
    let same = (&costs.attack, costs.measure);
    let is_same = |found: &&Correlated| {
        let ScoreCorrelation { attack, measure, .. } = &found.correlation;
        (attack, *measure) == same
    };
    let correlation = correlated.iter().find(is_same);
    CostSection {
        attack: &costs.attack,
        measure: costs.measure.name(),
        table: distributions::lines(costs),
        sets: costs.sets.iter().map(|set| (set.set.as_str(), &set.summary)).collect(),
        correlation: correlation.map(|found| CorrelationFigure {
            text: correlations::text(&found.correlation),
            sets: found.sets.iter().map(|(name, points)| (name.as_str(), &points[..])).collect(),
        }),
    }
}

fn facts(scores: &[ScoreSet], costs: &[CostSet]) -> Vec<(String, String)> {
    let costs = costs.first().and_then(|set| set.costs.provenance.as_ref());
    let scores = scores.first().and_then(|set| set.scores.provenance.as_ref());
    let model = scores.or(costs).map(|provenance| &provenance.model);
    let mut facts: Vec<_> =
        model.map(|model| ("model".into(), model.clone())).into_iter().collect();
    for (column, parameters) in scores.into_iter().flat_map(|scores| &scores.defenses) {
        facts.push((format!("score {column}"), parameters.to_string()));
    }
    for (attack, parameters) in costs.into_iter().flat_map(|costs| &costs.defenses) {
        facts.push((attack.clone(), parameters.to_string()));
    }
    facts
}
