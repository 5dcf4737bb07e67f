//! How CLEVER scores go together with costs.

use std::collections::HashMap;

use a2d_cost::Unit;
use a2d_eval::Correlation;
use serde::Serialize;

use super::sets::{CostSet, ScoreSet, measured};
use super::statistic::{defined, p_text};
use crate::clever::TargetName;
use crate::exit::BadInput;
use crate::format::line;

/// How untargeted scores go together with the costs of one attack by one measure, over all sets that have
/// both.
#[derive(Serialize)]
pub(super) struct ScoreCorrelation {
    pub(super) attack: String,
    pub(super) measure: Unit,
    pub(super) n: usize,
    pub(super) pearson: Option<Correlation>,
    pub(super) spearman: Option<Correlation>,
    /// Score and cost of every input, by set.
    #[serde(skip)]
    pub(super) sets: Vec<(String, Vec<(f64, f64)>)>,
}

impl ScoreCorrelation {
    /// One for each attack and measure; none if no set has both costs and untargeted scores.
    pub(super) fn of(scores: &[ScoreSet], costs: &[CostSet]) -> anyhow::Result<Vec<Self>> {
        let target = TargetName::Untargeted.to_string();
        let has_both = |set: &&CostSet| scores.iter().any(|scores| scores.name == set.name);
        let mut sets = vec![];
        for set in costs.iter().filter(has_both) {
            for scores in scores.iter().filter(|scores| scores.name == set.name) {
                let scores = scores_by_cost(scores, set, &target)?;
                sets.extend((!scores.is_empty()).then_some((set, scores)));
            }
        }
        if sets.is_empty() {
            return Ok(vec![]);
        }
        let correlations = measured(costs).map(|(column, attack, measure)| {
            let points = sets.iter().map(|(set, scores)| {
                let costs = set.costs.values(measure, column);
                (set.name.clone(), scores.iter().copied().zip(costs).collect())
            });
            Ok(Self::of_points(attack, measure, points.collect())?)
        });
        correlations.collect()
    }

    fn of_points(
        attack: &str,
        measure: Unit,
        sets: Vec<(String, Vec<(f64, f64)>)>,
    ) -> a2d_eval::Result<Self> {
        let (x, y): (Vec<_>, Vec<_>) = sets.iter().flat_map(|(_, points)| points).copied().unzip();
        Ok(Self {
            attack: attack.to_owned(),
            measure,
            n: x.len(),
            pearson: defined(Correlation::pearson(&x, &y))?,
            spearman: defined(Correlation::spearman(&x, &y))?,
            sets,
        })
    }

    /// The coefficients, in a sentence.
    pub(super) fn text(&self) -> String {
        let coefficient = |name, correlation: Option<Correlation>| match correlation {
            Some(Correlation { coefficient, p }) => {
                format!("{name} {coefficient:.3} (p-value {})", p_text(Some(p)))
            }
            None => format!("{name} undefined"),
        };
        let pearson = coefficient("Pearson", self.pearson);
        let spearman = coefficient("Spearman", self.spearman);
        format!("Untargeted CLEVER score and cost of {} inputs: {pearson}, {spearman}.", self.n)
    }
}

/// The scores of the inputs of a set, in the order of its costs. Both are to be of the same inputs.
fn scores_by_cost(scores: &ScoreSet, costs: &CostSet, target: &str) -> anyhow::Result<Vec<f64>> {
    let other = |expected: String, found: String| {
        let name = &costs.name;
        BadInput(format!(
            "correlate {name}: expected {expected} of the scores, found costs of {found}"
        ))
    };
    let provenance = costs.costs.provenance.as_ref();
    let digest = scores.provenance.inputs.digest.as_str();
    let inputs = costs.costs.table.inputs();
    let by_input: HashMap<_, _> =
        scores.table.of(target).map(|row| (row.input.as_str(), row.score)).collect();
    if by_input.is_empty() {
        return Ok(vec![]);
    }
    if by_input.len() != inputs.len() {
        let (expected, found) = (by_input.len(), inputs.len());
        return Err(other(format!("the {expected} inputs"), format!("{found}")).into());
    }
    if provenance.is_none_or(|provenance| provenance.digests() != [digest]) {
        let found = provenance.map_or("unknown inputs, without a card".into(), |provenance| {
            format!("inputs with digest {}", provenance.digests().join(", "))
        });
        return Err(other(format!("the inputs with digest {digest}"), found).into());
    }
    let score = |input: &String| {
        let score = by_input.get(input.as_str()).copied();
        score.ok_or_else(|| other("the names".into(), format!("input {input:?}")).into())
    };
    inputs.iter().map(score).collect()
}

/// The table for people: a line per attack and measure.
pub(super) fn lines(correlations: &[ScoreCorrelation]) -> Vec<Vec<String>> {
    let header =
        line([&"attack", &"measure", &"n", &"Pearson", &"p-value", &"Spearman", &"p-value"]);
    let rows = correlations.iter().map(|correlation| {
        let ScoreCorrelation { attack, measure, n, pearson, spearman, .. } = correlation;
        let mut fields = line([attack, &measure.name(), n]);
        for found in [pearson, spearman] {
            fields.push(found.map_or(String::new(), |found| format!("{:.3}", found.coefficient)));
            fields.push(p_text(found.map(|found| found.p)));
        }
        fields
    });
    std::iter::once(header).chain(rows).collect()
}
