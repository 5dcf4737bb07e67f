//! How scores go together with costs.

use std::collections::HashMap;

use a2d_cost::{Provenance, Unit};
use a2d_eval::{Correlation, CostDistribution, ScoreCorrelation};

use super::scores::are_clever;
use super::sets::{CostSet, ScoreSet};
use super::statistic::p_text;
use crate::clever::TargetName;
use crate::exit::BadInput;
use crate::format::line;

/// Scores and costs of the same inputs, in a set.
type Points = Vec<(f64, f64)>;

/// A correlation, and what it is of.
pub(super) struct Correlated {
    pub(super) correlation: ScoreCorrelation,
    /// Score and cost of every input, by set.
    pub(super) sets: Vec<(String, Points)>,
}

impl Correlated {
    /// One for each score, attack and measure of these distributions; none if no set has both costs and
    /// scores. Of CLEVER scores, the untargeted ones.
    pub(super) fn of(
        scores: &[ScoreSet],
        costs: &[CostSet],
        distributions: &[CostDistribution],
    ) -> anyhow::Result<Vec<Self>> {
        let mut names = scores.first().map_or(vec![], |set| set.scores.table.names());
        if are_clever(&names) {
            names.retain(|name| *name == TargetName::Untargeted.to_string());
        }
        let mut all = vec![];
        for name in names {
            let mut sets = vec![];
            for set in costs {
                for scores in scores.iter().filter(|scores| scores.name == set.name) {
                    sets.push((set, scores_by_cost(scores, set, &name)?));
                }
            }
            if sets.is_empty() {
                continue;
            }
            for CostDistribution { attack, measure, .. } in distributions {
                all.push(Self::of_attack(&name, attack, *measure, &sets)?);
            }
        }
        Ok(all)
    }

    fn of_attack(
        name: &str,
        attack: &str,
        measure: Unit,
        sets: &[(&CostSet, Vec<f64>)],
    ) -> anyhow::Result<Self> {
        let points = sets.iter().map(|(set, scores)| {
            let costs = set.costs.table.select(&[attack.to_owned()])?.values(measure);
            Ok((set.name.clone(), scores.iter().copied().zip(costs).collect()))
        });
        let sets = points.collect::<anyhow::Result<Vec<(String, Points)>>>()?;
        let all: Points = sets.iter().flat_map(|(_, points)| points).copied().collect();
        Ok(Self { correlation: ScoreCorrelation::new(name, attack, measure, &all)?, sets })
    }
}

/// What the scores are called.
pub(super) fn score_text(score: &str) -> String {
    if score == TargetName::Untargeted.to_string() {
        "untargeted CLEVER score".into()
    } else {
        score.to_owned()
    }
}

/// The coefficients, in a sentence.
pub(super) fn text(found: &ScoreCorrelation) -> String {
    let coefficient = |name, correlation: Option<Correlation>| match correlation {
        Some(Correlation { coefficient, p }) => {
            format!("{name} {coefficient:.3} (p-value {})", p_text(Some(p)))
        }
        None => format!("{name} undefined"),
    };
    let pearson = coefficient("Pearson", found.pearson);
    let spearman = coefficient("Spearman", found.spearman);
    let score = score_text(&found.score).replacen("untargeted", "Untargeted", 1);
    format!("{score} and cost of {} inputs: {pearson}, {spearman}.", found.n)
}

/// The scores of the inputs of a set, in the order of its costs. Both are to be of the same inputs.
fn scores_by_cost(scores: &ScoreSet, costs: &CostSet, name: &str) -> anyhow::Result<Vec<f64>> {
    let other = |expected: String, found: String| {
        let set = &costs.name;
        BadInput(format!(
            "correlate {set}: expected {expected} of the scores, found costs of {found}"
        ))
    };
    let provenance = costs.costs.provenance.as_ref();
    let digests = scores.scores.provenance.as_ref().map_or(vec![], Provenance::digests);
    let inputs = costs.costs.table.inputs();
    let table = scores.scores.table.select(&[name.to_owned()])?;
    let by_input: HashMap<_, _> = table.rows().map(|(input, _, score)| (input, score)).collect();
    if by_input.len() != inputs.len() {
        let (expected, found) = (by_input.len(), inputs.len());
        return Err(other(format!("the {expected} inputs"), format!("{found}")).into());
    }
    if provenance.is_none_or(|provenance| provenance.digests() != digests) {
        let found = provenance.map_or("unknown inputs, without a card".into(), |provenance| {
            format!("inputs with digest {}", provenance.digests().join(", "))
        });
        let digest = digests.join(", ");
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
