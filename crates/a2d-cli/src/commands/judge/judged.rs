//! Inputs that were judged, and how they are shown.

use std::path::Path;

use a2d_detect::{Detect as _, Evidence, SavedDetector, Verdict};
use serde::Serialize;

use crate::format::{Outcome, line, one_line, short, table};
use crate::measured::Measured;

/// The verdicts, in the order of the inputs.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Judged<'a> {
    #[serde(skip)]
    detector: &'a SavedDetector,
    #[serde(skip)]
    explain: bool,
    rows: Vec<Row>,
}

/// An input that was judged.
#[derive(Serialize)]
struct Row {
    input: String,
    #[serde(flatten)]
    verdict: Verdict,
    #[serde(skip)]
    numbers: Vec<Known>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Evidence<String>>,
}

/// A cost or score.
#[derive(Clone, Copy)]
struct Known {
    number: f64,
    /// It is at least that.
    is_lower_bound: bool,
}

impl<'a> Judged<'a> {
    /// None yet, by this detector, which explains them if asked to.
    pub(super) fn by(detector: &'a SavedDetector, explain: bool) -> Self {
        Self { detector, explain, rows: vec![] }
    }

    /// Adds the inputs of a table; names are told with their file where there are several.
    pub(super) fn add(
        &mut self,
        file: Option<&Path>,
        table: &Measured,
        verdicts: &[Verdict],
    ) -> anyhow::Result<()> {
        let scores = table.scores();
        for ((row, input), verdict) in scores.inputs().iter().enumerate().zip(verdicts) {
            let numbers =
                scores.scores().row(row).into_iter().enumerate().map(|(column, number)| {
                    let cost = table.costs().map(|costs| &costs.table.costs()[[row, column]]);
                    let is_lower_bound = cost.is_some_and(a2d_cost::AttackCost::is_lower_bound);
                    Known { number: *number, is_lower_bound }
                });
            let numbers: Vec<Known> = numbers.collect();
            let is_full = numbers.iter().all(|known| !known.is_lower_bound);
            let exact: Vec<f64> = numbers.iter().map(|known| known.number).collect();
            let explained = (self.explain && is_full).then(|| self.detector.explain(&exact));
            let input = match file {
                Some(file) => format!("{}[{input}]", file.display()),
                None => input.clone(),
            };
            let explanation = explained.transpose()?.map(|explained| explained.evidence);
            self.rows.push(Row { input, verdict: *verdict, numbers, explanation });
        }
        Ok(())
    }

    /// How many are adversarial.
    pub(super) fn adversarial(&self) -> usize {
        self.rows.iter().filter(|row| row.verdict.adversarial).count()
    }

    /// What stands above the numbers for people.
    fn heads(&self) -> impl Iterator<Item = String> {
        let what = if self.detector.detector.numbers().are_costs() { " cost" } else { "" };
        self.detector.attacks.iter().map(move |name| format!("{name}{what}"))
    }

    fn have_p_values(&self) -> bool {
        self.rows.iter().any(|row| row.verdict.p_value.is_some())
    }
}

impl Outcome for Judged<'_> {
    fn human(&self) -> String {
        let mut header = line([&"input"]);
        header.extend(self.heads());
        header.push("score".into());
        header.extend(self.have_p_values().then(|| "p-value".into()));
        header.push("verdict".into());
        let rows = self.rows.iter().map(|row| {
            let mut fields = vec![row.input.clone()];
            fields.extend(row.numbers.iter().map(|known| {
                let at_least = if known.is_lower_bound { ">= " } else { "" };
                format!("{at_least}{}", short(known.number))
            }));
            fields.push(format!("{:.3}", row.verdict.score));
            let p_value = row.verdict.p_value.map(|p_value| format!("{p_value:.4}"));
            fields.extend(self.have_p_values().then(|| p_value.unwrap_or_else(|| "-".into())));
            fields.push(if row.verdict.adversarial { "ADVERSARIAL" } else { "benign" }.into());
            fields
        });
        let table = table(std::iter::once(header).chain(rows));
        let explained = self.rows.iter().filter_map(|row| {
            row.explanation.as_ref().map(|evidence| format!("\n{}: {evidence}", row.input))
        });
        let said = format!("\n{} of {} adversarial", self.adversarial(), self.rows.len());
        std::iter::once(table).chain(explained).chain([said]).collect()
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let are_costs = self.detector.detector.numbers().are_costs();
        let mut header = line([&"input"]);
        header.extend(self.detector.attacks.iter().flat_map(|name| {
            std::iter::once(name.clone()).chain(are_costs.then(|| format!("{name}_complete")))
        }));
        header.extend(line([&"score", &"p_value", &"adversarial"]));
        header.extend(self.explain.then(|| "explanation".into()));
        let rows = self.rows.iter().map(|row| {
            let mut fields = vec![row.input.clone()];
            fields.extend(row.numbers.iter().flat_map(|known| {
                let complete = are_costs.then(|| (!known.is_lower_bound).to_string());
                std::iter::once(known.number.to_string()).chain(complete)
            }));
            let p_value = row.verdict.p_value.map_or_else(String::new, |p| p.to_string());
            fields.extend(line([&row.verdict.score, &p_value, &row.verdict.adversarial]));
            let explanation =
                row.explanation.as_ref().map(|evidence| one_line(&evidence.to_string()));
            fields.extend(self.explain.then(|| explanation.unwrap_or_default()));
            fields
        });
        std::iter::once(header).chain(rows).collect()
    }

    fn json_lines(&self) -> serde_json::Result<Vec<String>> {
        self.rows.iter().map(serde_json::to_string).collect()
    }
}
