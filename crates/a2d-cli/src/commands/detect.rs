use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use a2d_attacks::{Defense, measure};
use a2d_detect::{SavedDetector, Verdict};
use a2d_model::{Classifier, Prediction};
use clap::Args;
use ndarray::Array2;
use serde::Serialize;

use crate::arguments::{EngineArguments, ModelArguments, PresetArguments};
use crate::exit::{self, BadInput};
use crate::format::{FormatArguments, Outcome, line, table};
use crate::inputs::Inputs;
use crate::{progress, provenance};

/// Tell which inputs are adversarial
///
/// Attacks each input as the detector was fitted, and prints class, confidence, costs, score (larger =
/// more adversarial) and verdict.
#[derive(Debug, Args)]
pub(crate) struct Detect {
    #[command(flatten)]
    model: ModelArguments,
    /// Fitted detector
    #[arg(long, value_name = "JSON")]
    detector: PathBuf,
    /// Exit with code 10 if an input is adversarial
    #[arg(long)]
    fail_on_adversarial: bool,
    /// Images: files of one (PNG) or many (npy, IDX)
    #[arg(required = true, value_name = "FILE")]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    preset: PresetArguments,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    format: FormatArguments,
}

impl Detect {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let detector = SavedDetector::load(&self.detector)?;
        let classifier = self.model.load()?;
        let inputs = Inputs::read(&self.inputs, &classifier)?;
        let defenses = self.defenses(&detector, &classifier)?;
        let predictions = classifier.predict(&inputs.images, self.engine.window)?;
        let costs = self.costs(&classifier, &defenses, &inputs)?;
        let verdicts = detector.detector.verdicts(costs.view())?;

        let rows = inputs.names.into_iter().zip(predictions).zip(costs.rows()).zip(verdicts);
        let verdicts = Verdicts {
            attacks: detector.attacks,
            rows: rows
                .map(|(((input, prediction), costs), verdict)| {
                    let costs = defenses.iter().map(Defense::name).zip(costs.iter().copied());
                    Row::new(input, prediction, costs.collect(), verdict)
                })
                .collect(),
        };
        self.format.print(&verdicts)?;
        let found = verdicts.rows.iter().any(|row| row.adversarial);
        Ok(if found && self.fail_on_adversarial { exit::adversarial() } else { ExitCode::SUCCESS })
    }

    /// The attacks of the detector, with the parameters it was fitted on.
    fn defenses(
        &self,
        detector: &SavedDetector,
        classifier: &Classifier,
    ) -> anyhow::Result<Vec<Defense>> {
        let Some(fitted) = &detector.provenance else {
            tracing::warn!("the detector does not say which model and attack parameters it is for");
            let preset = self.preset.preset()?;
            let named = detector.attacks.iter().map(|name| Defense::named(name, preset));
            return Ok(named.collect::<Result<_, _>>()?);
        };
        if fitted.model != classifier.fingerprint() {
            return Err(BadInput(format!(
                "use detector {}: expected the model it was fitted for, {}, found {}",
                self.detector.display(),
                fitted.model,
                classifier.fingerprint()
            ))
            .into());
        }
        detector.attacks.iter().map(|name| provenance::defense(fitted, name)).collect()
    }

    /// The iterations of every attack, inputs x attacks.
    fn costs(
        &self,
        classifier: &Classifier,
        defenses: &[Defense],
        inputs: &Inputs,
    ) -> anyhow::Result<Array2<f64>> {
        let images = classifier.tensor(&inputs.images)?;
        let mut costs = Array2::zeros((inputs.names.len(), defenses.len()));
        for (column, defense) in defenses.iter().enumerate() {
            let bar = progress::bar(inputs.names.len(), defense.name());
            measure(classifier, defense, &images, self.engine.limits(None), &mut |row, cost| {
                costs[[row, column]] = f64::from(cost.iterations);
                bar.inc(1);
                Ok::<_, anyhow::Error>(())
            })?;
            bar.finish_and_clear();
        }
        Ok(costs)
    }
}

/// The verdicts, in the order of the inputs.
#[derive(Serialize)]
#[serde(transparent)]
struct Verdicts {
    #[serde(skip)]
    attacks: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    input: String,
    predicted: usize,
    confidence: f64,
    costs: BTreeMap<&'static str, u32>,
    score: f64,
    adversarial: bool,
}

impl Row {
    fn new(
        input: String,
        prediction: Prediction,
        costs: Vec<(&'static str, f64)>,
        verdict: Verdict,
    ) -> Self {
        Self {
            input,
            predicted: prediction.class,
            confidence: prediction.confidence,
            costs: costs.into_iter().map(|(attack, cost)| (attack, cost as u32)).collect(),
            score: verdict.score,
            adversarial: verdict.adversarial,
        }
    }

    /// The costs in the order of the attacks.
    fn costs<'a>(&'a self, attacks: &'a [String]) -> impl Iterator<Item = String> + 'a {
        attacks.iter().filter_map(|attack| self.costs.get(attack.as_str())).map(u32::to_string)
    }
}

impl Outcome for Verdicts {
    fn human(&self) -> String {
        let header = ["input", "class", "confidence"].map(String::from).into_iter();
        let costs = self.attacks.iter().map(|attack| format!("{attack} cost"));
        let header = header.chain(costs).chain(["score", "verdict"].map(String::from));
        let rows = self.rows.iter().map(|row| {
            let verdict = if row.adversarial { "ADVERSARIAL" } else { "benign" };
            let confidence = format!("{:.2} %", 100.0 * row.confidence);
            let mut fields = line([&row.input, &row.predicted, &confidence]);
            fields.extend(row.costs(&self.attacks));
            fields.extend([format!("{:.3}", row.score), verdict.into()]);
            fields
        });
        table(std::iter::once(header.collect()).chain(rows))
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let mut header = line([&"input", &"predicted", &"confidence"]);
        header.extend(self.attacks.iter().cloned());
        header.extend(["score", "adversarial"].map(String::from));
        let rows = self.rows.iter().map(|row| {
            let mut fields = line([&row.input, &row.predicted, &row.confidence]);
            fields.extend(row.costs(&self.attacks));
            fields.extend(line([&row.score, &row.adversarial]));
            fields
        });
        std::iter::once(header).chain(rows).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts() -> Verdicts {
        let row = |input: &str, costs: [f64; 2], score, adversarial| {
            let prediction = Prediction { class: 7, confidence: 0.998 };
            let costs = ["bim2", "bim"].into_iter().zip(costs).collect();
            Row::new(input.into(), prediction, costs, Verdict { score, adversarial })
        };
        Verdicts {
            attacks: vec!["bim2".into(), "bim".into()],
            rows: vec![
                row("a.png", [250.0, 140.0], -0.25, false),
                row("b, c.png", [4.0, 2.0], 3.5, true),
            ],
        }
    }

    #[test]
    fn people_see_a_table() {
        insta::assert_snapshot!(verdicts().human());
    }

    #[test]
    fn programs_see_every_digit() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&verdicts()).unwrap());
        let lines: Vec<_> = verdicts().lines().iter().map(|line| line.join("|")).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
