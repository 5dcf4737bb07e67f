use std::collections::BTreeMap;

use a2d_cost::AttackCost;
use a2d_detect::{Detect as _, Evidence, SavedDetector, Verdict};
use a2d_model::Prediction;
use ndarray::Array2;
use serde::Serialize;

use crate::format::{Outcome, line, table};

/// The verdicts, in the order of the inputs.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct Verdicts {
    #[serde(skip)]
    attacks: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    input: String,
    predicted: usize,
    confidence: f64,
    /// Iterations of every attack.
    costs: BTreeMap<String, u32>,
    #[serde(flatten)]
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Evidence<String>>,
}

impl Verdicts {
    /// Judges inputs by their costs (inputs x attacks), and explains the verdicts if asked to.
    pub(super) fn of(
        detector: &SavedDetector,
        inputs: Vec<String>,
        predictions: &[Prediction],
        costs: &Array2<AttackCost>,
        explain: bool,
    ) -> anyhow::Result<Self> {
        let judged = costs.map(|cost| detector.unit.of(cost));
        let verdicts = detector.detector.verdicts(judged.view())?;
        let rows = inputs.into_iter().zip(predictions).zip(verdicts).enumerate();
        let rows = rows.map(|(row, ((input, prediction), verdict))| {
            let iterations = costs.row(row).into_iter().map(|cost| cost.iterations);
            let explanation = explain.then(|| detector.explain(&judged.row(row).to_vec()));
            Ok(Row {
                input,
                predicted: prediction.class,
                confidence: prediction.confidence,
                costs: detector.attacks.iter().cloned().zip(iterations).collect(),
                verdict,
                explanation: explanation.transpose()?.map(|explanation| explanation.evidence),
            })
        });
        Ok(Self { attacks: detector.attacks.clone(), rows: rows.collect::<anyhow::Result<_>>()? })
    }

    pub(super) fn any_adversarial(&self) -> bool {
        self.rows.iter().any(|row| row.verdict.adversarial)
    }

    /// Whether verdicts have p-values: all do or none.
    fn have_p_values(&self) -> bool {
        self.rows.iter().any(|row| row.verdict.p_value.is_some())
    }
}

impl Row {
    /// The costs in the order of the attacks.
    fn costs<'a>(&'a self, attacks: &'a [String]) -> impl Iterator<Item = String> + 'a {
        attacks.iter().filter_map(|attack| self.costs.get(attack)).map(u32::to_string)
    }
}

fn one_line(evidence: &Evidence<String>) -> String {
    let text = evidence.to_string();
    text.lines().map(str::trim_start).collect::<Vec<_>>().join("; ")
}

impl Outcome for Verdicts {
    fn human(&self) -> String {
        let mut header = line([&"input", &"class", &"confidence"]);
        header.extend(self.attacks.iter().map(|attack| format!("{attack} cost")));
        header.push("score".into());
        header.extend(self.have_p_values().then(|| "p-value".into()));
        header.push("verdict".into());
        let rows = self.rows.iter().map(|row| {
            let Verdict { score, adversarial, p_value } = row.verdict;
            let confidence = format!("{:.2} %", 100.0 * row.confidence);
            let mut fields = line([&row.input, &row.predicted, &confidence]);
            fields.extend(row.costs(&self.attacks));
            fields.push(format!("{score:.3}"));
            fields.extend(p_value.map(|p_value| format!("{p_value:.4}")));
            fields.push(if adversarial { "ADVERSARIAL" } else { "benign" }.into());
            fields
        });
        let table = table(std::iter::once(header).chain(rows));
        let explained = self.rows.iter().filter_map(|row| {
            row.explanation.as_ref().map(|evidence| format!("\n{}: {evidence}", row.input))
        });
        std::iter::once(table).chain(explained).collect()
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let mut header = line([&"input", &"predicted", &"confidence"]);
        header.extend(self.attacks.iter().cloned());
        header.extend(line([&"score", &"adversarial"]));
        header.extend(self.have_p_values().then(|| "p_value".into()));
        let explained = self.rows.iter().any(|row| row.explanation.is_some());
        header.extend(explained.then(|| "explanation".into()));
        let rows = self.rows.iter().map(|row| {
            let Verdict { score, adversarial, p_value } = row.verdict;
            let mut fields = line([&row.input, &row.predicted, &row.confidence]);
            fields.extend(row.costs(&self.attacks));
            fields.extend(line([&score, &adversarial]));
            fields.extend(p_value.map(|p_value| p_value.to_string()));
            fields.extend(row.explanation.as_ref().map(one_line));
            fields
        });
        std::iter::once(header).chain(rows).collect()
    }
}

#[cfg(test)]
mod tests {
    use a2d_detect::{Conformal, DatasetBase, Detector, Fit as _, Unit, ZScore};

    use super::*;

    fn z_score() -> ZScore {
        let benign = Array2::from_shape_fn((40, 2), |(i, attack)| (90 + i + 50 * attack) as f64);
        ZScore::params(1).fit(&DatasetBase::from(benign)).unwrap()
    }

    fn conformal() -> Conformal {
        let held_out = Array2::from_shape_fn((39, 2), |(i, attack)| (88 + i + 50 * attack) as f64);
        Conformal::params(z_score()).fit(&DatasetBase::from(held_out)).unwrap()
    }

    fn cost(iterations: u32) -> AttackCost {
        AttackCost {
            iterations,
            flipped: true,
            censored: false,
            gradient_queries: iterations,
            forward_queries: iterations + 1,
            seconds: 0.5,
        }
    }

    fn verdicts(detector: impl Into<Detector>, explain: bool) -> Verdicts {
        let attacks = vec!["bim2".into(), "bim".into()];
        let (unit, detector) = (Unit::Iterations, detector.into());
        let saved = SavedDetector { attacks, unit, provenance: None, detector };
        let predictions = [0.998, 0.75].map(|confidence| Prediction { class: 7, confidence });
        let costs =
            Array2::from_shape_fn((2, 2), |cell| cost([[100, 160], [4, 9]][cell.0][cell.1]));
        let inputs = vec!["a.png".into(), "b, c.png".into()];
        Verdicts::of(&saved, inputs, &predictions, &costs, explain).unwrap()
    }

    fn csv(verdicts: &Verdicts) -> String {
        verdicts.lines().iter().map(|line| line.join("|")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn people_see_a_table() {
        insta::assert_snapshot!(verdicts(z_score(), false).human());
        insta::assert_snapshot!(verdicts(conformal(), true).human());
    }

    #[test]
    fn programs_see_every_digit() {
        let verdicts = verdicts(z_score(), false);
        insta::assert_snapshot!(serde_json::to_string_pretty(&verdicts).unwrap());
        insta::assert_snapshot!(csv(&verdicts));
    }

    #[test]
    fn programs_see_p_values_and_explanations() {
        let verdicts = verdicts(conformal(), true);
        insta::assert_snapshot!(serde_json::to_string_pretty(&verdicts).unwrap());
        insta::assert_snapshot!(csv(&verdicts));
    }
}
