//! A comparison of sets of inputs, as people and programs see it.

use a2d_eval::{Comparison, CostDistribution, MeanScores, ScoreCorrelation};

use super::{correlations, distributions, scores};
use crate::clever::TargetName;
use crate::format::{Outcome, line, table};

impl Outcome for Comparison {
    fn human(&self) -> String {
        let mut parts = vec![];
        if !self.scores.is_empty() {
            let lines = table(scores::lines(&self.scores));
            let name = scores::name(&self.scores);
            parts.push(format!("mean {name} with their 90 % intervals\n{lines}"));
        }
        for costs in &self.costs {
            let (attack, measure) = (&costs.attack, costs.measure.name());
            parts.push(format!("{measure} of {attack}\n{}", table(distributions::lines(costs))));
        }
        for of_score in self.correlations.chunk_by(|one, next| one.score == next.score) {
            let score = correlations::score_text(&of_score[0].score);
            let lines = table(correlations::lines(of_score));
            parts.push(format!("{score} and cost\n{lines}"));
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
        for MeanScores { target, sets, mean_lambda, mean_lambda_low, mean_lambda_high, p } in
            &self.scores
        {
            for set in sets {
                let numbers = [
                    ("n", Some(set.n as f64)),
                    ("mean", Some(set.mean)),
                    ("half_width", set.half_width),
                    ("low", set.low),
                    ("high", set.high),
                    ("share_at_cap", set.share_at_cap),
                    ("lambda", set.lambda),
                ];
                add([target, "score", &set.set], &numbers);
            }
            let numbers = [
                ("mean_lambda", *mean_lambda),
                ("mean_lambda_low", *mean_lambda_low),
                ("mean_lambda_high", *mean_lambda_high),
                ("p", p.map(|p| p.value)),
            ];
            add([target, "score", ""], &numbers);
        }
        for CostDistribution { attack, measure, sets, adversarial, p } in &self.costs {
            for set in sets {
                let numbers = [
                    ("n", Some(set.n as f64)),
                    ("mean", Some(set.mean)),
                    ("low", set.low),
                    ("high", set.high),
                    ("minimum", Some(set.summary.minimum)),
                    ("lower_quartile", Some(set.summary.lower_quartile)),
                    ("median", Some(set.summary.median)),
                    ("upper_quartile", Some(set.summary.upper_quartile)),
                    ("maximum", Some(set.summary.maximum)),
                    ("p", set.p.map(|p| p.value)),
                ];
                add([attack, measure.name(), &set.set], &numbers);
            }
            let numbers = [
                ("adversarial_n", adversarial.map(|all| all.n as f64)),
                ("adversarial_mean", adversarial.map(|all| all.mean)),
                ("adversarial_low", adversarial.and_then(|all| all.low)),
                ("adversarial_high", adversarial.and_then(|all| all.high)),
                ("p", p.map(|p| p.value)),
            ];
            add([attack, measure.name(), ""], &numbers);
        }
        for ScoreCorrelation { attack, measure, n, pearson, spearman, score } in &self.correlations
        {
            // The untargeted one is meant where none is named.
            let is_untargeted = *score == TargetName::Untargeted.to_string();
            let name = if is_untargeted { attack } else { &format!("{score} and {attack}") };
            let numbers = [
                ("n", Some(*n as f64)),
                ("pearson", pearson.map(|found| found.coefficient)),
                ("pearson_p", pearson.map(|found| found.p.value)),
                ("spearman", spearman.map(|found| found.coefficient)),
                ("spearman_p", spearman.map(|found| found.p.value)),
            ];
            add([name, measure.name(), ""], &numbers);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use a2d_cost::{
        AttackCost, Column, CostRow, CostTable, InputSet, Provenance, ScoreTable, Sign,
    };

    use super::*;
    use crate::clever::{CleverProvenance, tests as clever};
    use crate::commands::evidence;
    use crate::commands::evidence::sets::{CostSet, ScoreSet};
    use crate::costs::Costs;
    use crate::scores::Scores;

    fn set(digest: &str) -> InputSet {
        InputSet { digest: digest.into(), sketches: None, part: None }
    }

    fn scores(name: &str, scores: &[f64]) -> ScoreSet {
        let provenance = CleverProvenance { inputs: set(name), ..clever::provenance() };
        let table = clever::table(&["untargeted", "second"], scores).scores().unwrap();
        let scores =
            Scores { table, provenance: Some(provenance.of_scores().unwrap()), cap: Some(5.0) };
        ScoreSet { name: name.into(), scores }
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
        let (comparison, _) = evidence::compare("benign".into(), scores, costs)?;
        Ok(comparison)
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
    fn scores_of_any_kind_are_named() {
        let renamed = |name, values: &[f64]| {
            let mut set = scores(name, values);
            let columns = ["lid", "kd"].map(|name| Column::new(name, Sign::Larger)).into();
            let (inputs, numbers) =
                (set.scores.table.inputs().to_vec(), set.scores.table.scores().clone());
            set.scores.table = ScoreTable::new(inputs, columns, numbers).unwrap();
            set.scores.cap = None;
            set
        };
        let costs = [costs("benign", &[80, 60, 90]), costs("fgsm", &[9, 7])];
        let scores = [renamed("benign", &[4.0, 3.0, 5.0]), renamed("fgsm", &[0.5, 0.25])];
        let found = compare(&scores, &costs).unwrap();
        let names: Vec<_> = found.correlations.iter().map(|found| found.score.as_str()).collect();
        assert_eq!(names, ["lid", "lid", "kd", "kd"]);
        let text = found.human();
        assert!(text.contains("kd and cost\n") && !text.contains("CLEVER"), "{text}");
        assert!(!text.contains("at cap"), "{text}");
        assert!(found.lines().iter().any(|line| line[0] == "lid and bim"));
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
