//! `a2d detect`: verdicts on images.

mod verdicts;

use std::path::PathBuf;
use std::process::ExitCode;

use a2d_attacks::DEFENSES;
use a2d_cost::Sketcher;
use a2d_data::ImageSource as _;
use a2d_detect::SavedDetector;
use a2d_guard::Guard;
use a2d_model::Classifier;
use anyhow::Context as _;
use clap::Args;

use crate::arguments::{EngineArguments, PresetArguments};
use crate::exit;
use crate::format::FormatArguments;
use crate::inputs::Inputs;
use crate::model::ModelArguments;
use crate::tuning::TuningArguments;
use crate::{overlap, progress};
use verdicts::Verdicts;

/// Tell which inputs are adversarial
///
/// Attacks each input as the detector was fitted, no further than its verdict needs, and prints class,
/// confidence, costs ("> 88" where an attack was stopped, "-" where it was not needed), queries and verdict.
/// Scores (larger = more adversarial) are there where all costs are known. An input that an attack tells
/// nothing of, since its gradient is 0 or no step moves it, has no verdict, unless the other attacks settle
/// it. The threshold may be moved;
/// nothing is fitted anew.
#[derive(Debug, Args)]
pub(crate) struct Detect {
    #[command(flatten)]
    model: ModelArguments,
    /// Fitted detector
    #[arg(long, value_name = "JSON")]
    detector: PathBuf,
    #[command(flatten)]
    tuning: TuningArguments,
    /// Measure every cost to its end, for scores and p-values of all inputs; verdicts are the same
    #[arg(long)]
    full: bool,
    /// Say of every verdict what it rests on, from costs measured to their end
    #[arg(long)]
    explain: bool,
    /// Exit with code 10 if an input is adversarial, else with code 3 if one has no verdict
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
        let classifier = self.model.load_for(|| Inputs::shape_of(&self.inputs))?;
        let inputs = Inputs::open(&self.inputs, &classifier)?;
        let limits = self.engine.limits(&classifier)?;
        let guard = self.guard(classifier, detector)?.with_limits(limits);
        let sketcher = Sketcher::new(inputs.shape());
        let mut sketches = vec![];
        let bar = progress::bar(inputs.len(), "screen");
        let queries = (0..inputs.len()).map(|row| {
            let pixels = inputs.row(row)?;
            sketches.push(sketcher.sketch(&pixels));
            Ok::<_, anyhow::Error>(inputs.query(row, &pixels))
        });
        let mut screenings = vec![];
        let screened = guard.screen(queries, &mut |screening| {
            bar.inc(1);
            screenings.push(screening);
            Ok(())
        });
        screened.map_err(|error| inputs.naming(error))?;
        screenings.sort_unstable_by_key(|screening| screening.row);
        let mut verdicts = Verdicts::by(guard.detector(), self.explain);
        for screening in &screenings {
            verdicts.add(inputs.names.of(screening.row), screening)?;
        }
        bar.finish_and_clear();
        overlap::warn_of_fitted(guard.detector(), &inputs.names, &sketches);
        self.format.print(&verdicts)?;
        let open = verdicts.without_verdict();
        if open > 0 {
            tracing::warn!("{open} of {} inputs have no verdict", inputs.len());
        }
        Ok(match self.fail_on_adversarial {
            true if verdicts.any_adversarial() => exit::adversarial(),
            true if open > 0 => exit::bad_input(),
            _ => ExitCode::SUCCESS,
        })
    }

    /// The guard with the attacks of the detector, with the parameters it was fitted on.
    fn guard(&self, classifier: Classifier, detector: SavedDetector) -> anyhow::Result<Guard> {
        let guard = if detector.provenance.is_some() {
            Guard::new(classifier, detector)
        } else {
            tracing::warn!("the detector does not say which model and attack parameters it is for");
            let preset = self.preset.preset(&classifier)?;
            let defenses = detector.attacks.iter().map(|name| DEFENSES.named(name, preset));
            Guard::with_defenses(classifier, defenses.collect::<Result<_, _>>()?, detector)
        };
        let place = || format!("use detector {}", self.detector.display());
        let guard = guard.with_context(place)?;
        Ok(if self.full || self.explain { guard.in_full() } else { guard })
    }
}
