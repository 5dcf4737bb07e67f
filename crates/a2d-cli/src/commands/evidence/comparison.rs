//! Scores and costs of sets of images, side by side.

use serde::Serialize;

use super::correlations::{self, ScoreCorrelation};
use super::distributions::CostDistribution;
use super::scores::{self, TargetScores};
use super::sets::{CostSet, ScoreSet};
use crate::format::{Outcome, line, table};

/// What scores and costs say about sets of inputs.
#[derive(Serialize)]
pub(super) struct Comparison {
    pub(super) benign: String,
    pub(super) scores: Vec<TargetScores>,
    pub(super) costs: Vec<CostDistribution>,
    pub(super) correlations: Vec<ScoreCorrelation>,
}

impl Comparison {
    /// Compares sets with the benign one, which is the first of scores and of costs.
    pub(super) fn of(
        benign: String,
        scores: &[ScoreSet],
        costs: &[CostSet],
    ) -> anyhow::Result<Self> {
        Ok(Self {
            benign,
            scores: TargetScores::of(scores)?,
            costs: CostDistribution::of(costs)?,
            correlations: ScoreCorrelation::of(scores, costs)?,
        })
    }
}

impl Outcome for Comparison {
    fn human(&self) -> String {
        let mut parts = vec![];
        if !self.scores.is_empty() {
            let lines = table(scores::lines(&self.scores));
            parts.push(format!("mean CLEVER scores with their 90 % intervals\n{lines}"));
        }
        for costs in &self.costs {
            let (attack, measure) = (&costs.attack, costs.measure.name());
            parts.push(format!("{measure} of {attack}\n{}", table(costs.lines())));
        }
        if !self.correlations.is_empty() {
            let lines = table(correlations::lines(&self.correlations));
            parts.push(format!("untargeted CLEVER score and cost\n{lines}"));
        }
        parts.join("\n\n")
    }

    /// A line per number; those over all sets bear no set.
    fn lines(&self) -> Vec<Vec<String>> {
        let mut lines = vec![line([&"name", &"measure", &"set", &"statistic", &"value"])];
        let mut add = |[name, measure, set]: [&str; 3], numbers: &[(&str, Option<f64>)]| {
            let found =
                numbers.iter().filter_map(|(statistic, value)| Some((statistic, (*value)?)));
            lines.extend(
                found.map(|(statistic, value)| line([&name, &measure, &set, statistic, &value])),
            );
        };
        for TargetScores { target, sets, mean_lambda, p } in &self.scores {
            for set in sets {
                let numbers = [
                    ("n", Some(set.n as f64)),
                    ("mean", Some(set.mean)),
                    ("half_width", set.half_width),
                    ("lambda", set.lambda),
                ];
                add([target, "score", &set.set], &numbers);
            }
            let numbers = [("mean_lambda", *mean_lambda), ("p", p.map(|p| p.value))];
            add([target, "score", ""], &numbers);
        }
        for CostDistribution { attack, measure, sets, p } in &self.costs {
            for set in sets {
                let numbers = [
                    ("n", Some(set.n as f64)),
                    ("mean", Some(set.mean)),
                    ("minimum", Some(set.summary.minimum)),
                    ("lower_quartile", Some(set.summary.lower_quartile)),
                    ("median", Some(set.summary.median)),
                    ("upper_quartile", Some(set.summary.upper_quartile)),
                    ("maximum", Some(set.summary.maximum)),
                    ("p", set.p.map(|p| p.value)),
                ];
                add([attack, measure.name(), &set.set], &numbers);
            }
            add([attack, measure.name(), ""], &[("p", p.map(|p| p.value))]);
        }
        for ScoreCorrelation { attack, measure, n, pearson, spearman, .. } in &self.correlations {
            let numbers = [
                ("n", Some(*n as f64)),
                ("pearson", pearson.map(|found| found.coefficient)),
                ("pearson_p", pearson.map(|found| found.p.value)),
                ("spearman", spearman.map(|found| found.coefficient)),
                ("spearman_p", spearman.map(|found| found.p.value)),
            ];
            add([attack, measure.name(), ""], &numbers);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use a2d_cost::{AttackCost, CostRow, CostTable, InputSet, Provenance};

    use super::*;
    use crate::clever::{CleverProvenance, tests as clever};
    use crate::costs::Costs;

    fn set(digest: &str) -> InputSet {
        InputSet { digest: digest.into(), sketches: None }
    }

    fn scores(name: &str, scores: &[f64]) -> ScoreSet {
        ScoreSet {
            name: name.into(),
            table: clever::table(&["untargeted", "second"], scores),
            provenance: CleverProvenance { inputs: set(name), ..clever::provenance() },
        }
    }

    fn costs(name: &str, iterations: &[u32]) -> CostSet {
        let rows = iterations.iter().enumerate().map(|(row, iterations)| {
            let cost = AttackCost {
                iterations: *iterations,
                flipped: true,
                censored: false,
                gradient_queries: *iterations,
                forward_queries: iterations + 1,
                seconds: 0.5,
            };
            CostRow::new(row.to_string(), "bim", cost)
        });
        let provenance = Provenance {
            model: "abc".into(),
            defenses: [].into(),
            inputs: vec![set(name)],
            budget: None,
            seed: 0,
            unscored: vec![],
            machines: vec![],
        };
        let table = CostTable::from_rows(rows.collect()).unwrap();
        CostSet { name: name.into(), costs: Costs { table, provenance: Some(provenance) } }
    }

    fn compare(scores: &[ScoreSet], costs: &[CostSet]) -> anyhow::Result<Comparison> {
        Comparison::of("benign".into(), scores, costs)
    }

    fn comparison() -> Comparison {
        let scores = [
            scores("benign", &[4.0, 3.0, 5.0]),
            scores("fgsm", &[0.5, 0.25]),
            scores("cw", &[0.01, 0.02]),
        ];
        let costs = [costs("benign", &[80, 60, 90]), costs("fgsm", &[9, 7]), costs("jsma", &[2])];
        compare(&scores, &costs).unwrap()
    }

    #[test]
    fn people_see_tables() {
        insta::assert_snapshot!(comparison().human());
        assert!(!compare(&[scores("benign", &[1.0])], &[]).unwrap().human().contains("cost"));
        assert!(!compare(&[], &[costs("benign", &[1])]).unwrap().human().contains("CLEVER"));
    }

    #[test]
    fn programs_see_every_digit() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&comparison()).unwrap());
        let lines: Vec<_> = comparison().lines().iter().map(|line| line.join("|")).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn mean_lambda_is_over_the_mean_of_the_sets() {
        let found = &comparison().scores[0];
        let sets = f64::midpoint(0.375, 0.015);
        assert!((found.mean_lambda.unwrap() - 4.0 / sets).abs() < 1e-12);
        assert!((found.sets[1].lambda.unwrap() - 4.0 / 0.375).abs() < 1e-12);
    }

    #[test]
    fn scores_and_costs_of_different_inputs_are_refused() {
        let benign = || scores("benign", &[4.0, 3.0]);
        let message = |costs| compare(&[benign()], &[costs]).err().unwrap().to_string();
        let few = costs("benign", &[80]);
        assert!(message(few).ends_with("expected the 2 inputs of the scores, found costs of 1"));
        let mut other = costs("other", &[80, 60]);
        other.name = "benign".into();
        assert!(message(other).ends_with("found costs of inputs with digest other"));
        let mut unknown = costs("benign", &[80, 60]);
        unknown.costs.provenance = None;
        assert!(message(unknown).ends_with("found costs of unknown inputs, without a card"));
    }
}
