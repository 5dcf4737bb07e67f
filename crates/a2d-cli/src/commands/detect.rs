pub(super) mod tuning;
mod verdicts;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use a2d_attacks::{Defense, measure};
use a2d_cost::AttackCost;
use a2d_data::ImageSource as _;
use a2d_detect::SavedDetector;
use a2d_model::Classifier;
use clap::Args;
use ndarray::Array2;

use crate::arguments::{EngineArguments, ModelArguments, PresetArguments};
use crate::exit::{self, BadInput};
use crate::format::FormatArguments;
use crate::inputs::Inputs;
use crate::{progress, provenance};
use tuning::TuningArguments;
use verdicts::Verdicts;

/// Tell which inputs are adversarial
///
/// Attacks each input as the detector was fitted, and prints class, confidence, costs, score (larger =
/// more adversarial) and verdict. The threshold may be moved; nothing is fitted anew.
#[derive(Debug, Args)]
pub(crate) struct Detect {
    #[command(flatten)]
    model: ModelArguments,
    /// Fitted detector
    #[arg(long, value_name = "JSON")]
    detector: PathBuf,
    #[command(flatten)]
    tuning: TuningArguments,
    /// Say of every verdict what it rests on
    #[arg(long)]
    explain: bool,
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
        let saved = SavedDetector::load(&self.detector)?;
        let detector = SavedDetector { detector: self.tuning.tune(saved.detector)?, ..saved };
        let classifier = self.model.load()?;
        let inputs = Inputs::open(&self.inputs, &classifier)?;
        let defenses = self.defenses(&detector, &classifier)?;
        let predictions = inputs.predictions(&classifier, self.engine.window)?;
        let costs = self.costs(&classifier, &defenses, &inputs)?;
        let verdicts = Verdicts::of(&detector, inputs.names, &predictions, &costs, self.explain)?;
        self.format.print(&verdicts)?;
        let alarm = self.fail_on_adversarial && verdicts.any_adversarial();
        Ok(if alarm { exit::adversarial() } else { ExitCode::SUCCESS })
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

    /// What every attack costs, inputs x attacks.
    fn costs(
        &self,
        classifier: &Classifier,
        defenses: &[Defense],
        inputs: &Inputs,
    ) -> anyhow::Result<Array2<AttackCost>> {
        let mut costs = BTreeMap::new();
        for (column, defense) in defenses.iter().enumerate() {
            let bar = progress::bar(inputs.names.len(), defense.name());
            let limits = self.engine.limits();
            measure(
                classifier,
                defense,
                inputs.queries(0..inputs.len()),
                limits,
                &mut |row, cost| {
                    costs.insert((row, column), cost);
                    bar.inc(1);
                    Ok::<_, anyhow::Error>(())
                },
            )?;
            bar.finish_and_clear();
        }
        let shape = (inputs.names.len(), defenses.len());
        Ok(Array2::from_shape_vec(shape, costs.into_values().collect())?)
    }
}
