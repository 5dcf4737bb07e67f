//! Verdicts, and how they are shown.

use a2d_cost::NoCost;
use a2d_detect::{Detect as _, Detector, KnownCost, SavedDetector, VerdictRecord};
use a2d_guard::Screening;
use serde::Serialize;

use crate::format::{Outcome, line, one_line, table};

/// The verdicts, in the order of the inputs.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Verdicts<'a> {
    #[serde(skip)]
    detector: &'a SavedDetector,
    #[serde(skip)]
    explain: bool,
    rows: Vec<VerdictRecord>,
}

impl<'a> Verdicts<'a> {
    /// None yet, by this detector, which explains them if asked to.
    pub(super) fn by(detector: &'a SavedDetector, explain: bool) -> Self {
        Self { detector, explain, rows: vec![] }
    }

    /// Adds an input. Its score is that of its costs, if they are complete.
    pub(super) fn add(&mut self, input: String, screening: &Screening) -> anyhow::Result<()> {
        let detector = self.detector;
        let complete = screening.complete_costs(detector.unit);
        let verdict =
            complete.as_ref().map(|costs| detector.detector.verdict(costs)).transpose()?;
        let explained = complete.filter(|_| self.explain).map(|costs| detector.explain(&costs));
        let costs = screening.costs.iter().map(|cost| cost.as_ref().map(KnownCost::of));
        self.rows.push(VerdictRecord {
            input,
            predicted: screening.prediction.class,
            confidence: screening.prediction.confidence,
            costs: detector.attacks.iter().cloned().zip(costs).collect(),
            queries: screening.queries(),
            score: verdict.map(|verdict| verdict.score),
            adversarial: screening.adversarial,
            reason: reason(&screening.unscored),
            p_value: verdict.and_then(|verdict| verdict.p_value),
            explanation: explained.transpose()?.map(|explanation| explanation.evidence),
        });
        Ok(())
    }

    pub(super) fn any_adversarial(&self) -> bool {
        self.rows.iter().any(|row| row.adversarial == Some(true))
    }

    /// Inputs that have no verdict.
    pub(super) fn without_verdict(&self) -> usize {
        self.rows.iter().filter(|row| row.adversarial.is_none()).count()
    }

    fn have_p_values(&self) -> bool {
        matches!(self.detector.detector, Detector::Conformal(_))
    }

    fn mean_queries(&self) -> f64 {
        let queries: u64 = self.rows.iter().map(|row| row.queries).sum();
        queries as f64 / self.rows.len() as f64
    }
}

/// The costs in the order of the attacks, or `unknown`.
fn costs(row: &VerdictRecord, attacks: &[String], unknown: &str) -> impl Iterator<Item = String> {
    attacks.iter().filter_map(|attack| row.costs.get(attack)).map(move |cost| match cost {
        None => unknown.to_owned(),
        Some(KnownCost { iterations, censored: true }) => format!("> {iterations}"),
        Some(KnownCost { iterations, censored: false }) => iterations.to_string(),
    })
}

fn reason(unscored: &[(String, NoCost)]) -> Option<String> {
    let sentence = |(attack, reason): &_| format!("{attack} tells nothing, for {reason}");
    let sentences: Vec<String> = unscored.iter().map(sentence).collect();
    (!sentences.is_empty()).then(|| sentences.join("; "))
}

impl Outcome for Verdicts<'_> {
    fn human(&self) -> String {
        let attacks = &self.detector.attacks;
        let mut header = line([&"input", &"class", &"confidence"]);
        header.extend(attacks.iter().map(|attack| format!("{attack} cost")));
        header.extend(line([&"queries", &"score"]));
        header.extend(self.have_p_values().then(|| "p-value".into()));
        header.push("verdict".into());
        let rows = self.rows.iter().map(|row| {
            let digits = |number: Option<f64>, digits: usize| {
                number.map_or("-".into(), |number| format!("{number:.digits$}"))
            };
            let confidence = format!("{:.2} %", 100.0 * row.confidence);
            let mut fields = line([&row.input, &row.predicted, &confidence]);
            fields.extend(costs(row, attacks, "-"));
            fields.extend([row.queries.to_string(), digits(row.score, 3)]);
            fields.extend(self.have_p_values().then(|| digits(row.p_value, 4)));
            let verdict = match row.adversarial {
                Some(true) => "ADVERSARIAL",
                Some(false) => "benign",
                None => "no verdict",
            };
            fields.push(verdict.into());
            fields
        });
        let table = table(std::iter::once(header).chain(rows));
        let mean = format!("\n{:.1} queries per verdict", self.mean_queries());
        let explained = self.rows.iter().filter_map(|row| {
            row.explanation.as_ref().map(|evidence| format!("\n{}: {evidence}", row.input))
        });
        let unscored = self.rows.iter().filter_map(|row| {
            row.reason.as_ref().map(|reason| format!("\n{}: {reason}", row.input))
        });
        [table, mean].into_iter().chain(unscored).chain(explained).collect()
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let attacks = &self.detector.attacks;
        let mut header = line([&"input", &"predicted", &"confidence"]);
        header.extend(attacks.iter().cloned());
        header.extend(line([&"queries", &"score", &"adversarial"]));
        header.extend(self.have_p_values().then(|| "p_value".into()));
        header.extend(self.explain.then(|| "explanation".into()));
        let rows = self.rows.iter().map(|row| {
            let digits =
                |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
            let mut fields = line([&row.input, &row.predicted, &row.confidence]);
            fields.extend(costs(row, attacks, ""));
            let adversarial = row.adversarial.map_or_else(String::new, |flag| flag.to_string());
            fields.extend(line([&row.queries, &digits(row.score), &adversarial]));
            fields.extend(self.have_p_values().then(|| digits(row.p_value)));
            fields.extend(row.explanation.as_ref().map(|evidence| one_line(&evidence.to_string())));
            fields
        });
        std::iter::once(header).chain(rows).collect()
    }
}

#[cfg(test)]
mod tests {
    use a2d_cost::AttackCost;
    use a2d_detect::{Conformal, DatasetBase, Fit as _, Unit, ZScore};
    use ndarray::Array2;

    use a2d_model::Prediction;

    use super::*;

    fn z_score() -> ZScore {
        let benign = Array2::from_shape_fn((40, 2), |(i, attack)| (90 + i + 50 * attack) as f64);
        ZScore::params(1).fit(&DatasetBase::from(benign)).unwrap()
    }

    fn conformal() -> Conformal<ZScore> {
        let held_out = Array2::from_shape_fn((39, 2), |(i, attack)| (88 + i + 50 * attack) as f64);
        Conformal::params(z_score()).fit(&DatasetBase::from(held_out)).unwrap()
    }

    fn saved(detector: impl Into<Detector>) -> SavedDetector {
        let attacks = vec!["bim2".into(), "bim".into()];
        let (unit, detector) = (Unit::Iterations, detector.into());
        SavedDetector { attacks, unit, provenance: None, detector }
    }

    fn cost(iterations: u32, censored: bool) -> AttackCost {
        AttackCost {
            iterations,
            flipped: !censored,
            censored,
            gradient_queries: iterations,
            forward_queries: iterations + 1,
            seconds: 0.5,
        }
    }

    fn screening(row: usize, adversarial: Option<bool>, costs: &[Option<AttackCost>]) -> Screening {
        let prediction = Prediction { class: 7, confidence: [0.998, 0.75, 1.0][row] };
        Screening { row, prediction, adversarial, costs: costs.to_vec(), unscored: vec![] }
    }

    /// The verdicts on a benign input and an adversarial one with these costs.
    fn verdicts(
        detector: &SavedDetector,
        explain: bool,
        costs: [[Option<AttackCost>; 2]; 2],
    ) -> Verdicts<'_> {
        let mut verdicts = Verdicts::by(detector, explain);
        for (row, costs) in costs.into_iter().enumerate() {
            let input = ["a.png", "b, c.png"][row].to_owned();
            let screening = screening(row, Some(row == 1), &costs);
            verdicts.add(input, &screening).unwrap();
        }
        verdicts
    }

    fn complete() -> [[Option<AttackCost>; 2]; 2] {
        [[100, 160], [4, 9]].map(|costs| costs.map(|iterations| Some(cost(iterations, false))))
    }

    /// As few as the verdicts need.
    fn needed() -> [[Option<AttackCost>; 2]; 2] {
        [[Some(cost(88, true)), Some(cost(138, true))], [Some(cost(4, false)), None]]
    }

    fn csv(verdicts: &Verdicts<'_>) -> String {
        verdicts.lines().iter().map(|line| line.join("|")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn people_see_a_table() {
        insta::assert_snapshot!(verdicts(&saved(z_score()), false, needed()).human());
        insta::assert_snapshot!(verdicts(&saved(conformal()), true, complete()).human());
    }

    #[test]
    fn programs_see_every_digit() {
        let detector = saved(z_score());
        let verdicts = verdicts(&detector, false, complete());
        insta::assert_snapshot!(serde_json::to_string_pretty(&verdicts).unwrap());
        insta::assert_snapshot!(csv(&verdicts));
    }

    #[test]
    fn programs_see_which_attacks_were_stopped_or_not_needed() {
        let detector = saved(conformal());
        let verdicts = verdicts(&detector, false, needed());
        insta::assert_snapshot!(serde_json::to_string_pretty(&verdicts).unwrap());
        insta::assert_snapshot!(csv(&verdicts));
    }

    #[test]
    fn an_input_that_nothing_is_known_of_is_not_called_benign() {
        for detector in [saved(z_score()), saved(conformal())] {
            let mut verdicts = verdicts(&detector, false, needed());
            let open = Screening {
                unscored: vec![("bim2".into(), NoCost::ZeroGradient)],
                ..screening(2, None, &[None, Some(cost(160, false))])
            };
            verdicts.add("c.png".into(), &open).unwrap();
            assert_eq!(verdicts.without_verdict(), 1);
            let json = serde_json::to_value(&verdicts).unwrap();
            assert_eq!(json[2]["adversarial"], serde_json::Value::Null);
            assert_eq!(json[2]["reason"], "bim2 tells nothing, for its gradient is 0");
            assert!(json[1].get("reason").is_none());
            let (header, row) = (&verdicts.lines()[0], &verdicts.lines()[3]);
            assert_eq!(header.len(), row.len());
            let adversarial = header.iter().position(|name| name == "adversarial").unwrap();
            assert_eq!(row[adversarial], "");
            let human = verdicts.human();
            assert!(human.contains("no verdict"), "{human}");
            assert!(human.ends_with("c.png: bim2 tells nothing, for its gradient is 0"), "{human}");
        }
    }

    #[test]
    fn programs_see_p_values_and_explanations() {
        let detector = saved(conformal());
        let verdicts = verdicts(&detector, true, complete());
        insta::assert_snapshot!(serde_json::to_string_pretty(&verdicts).unwrap());
        insta::assert_snapshot!(csv(&verdicts));
    }
}
