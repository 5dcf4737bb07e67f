//! The detector of a command, and the guard that it makes of a model.

use std::path::PathBuf;

use a2d_attacks::DEFENSES;
use a2d_detect::SavedDetector;
use a2d_guard::Guard;
use a2d_model::Classifier;
use anyhow::Context as _;
use clap::Args;

use crate::arguments::PresetArguments;
use crate::extensions;
use crate::tuning::TuningArguments;

/// What `protect` calls the detector in its folder.
pub(crate) const DETECTOR: &str = "detector.json";

/// The detector.
#[derive(Debug, Args)]
pub(crate) struct GuardArguments {
    /// Fitted detector, or the folder that `protect` made
    #[arg(long, visible_alias = "guard", value_name = "JSON|DIR")]
    detector: PathBuf,
    #[command(flatten)]
    tuning: TuningArguments,
    #[command(flatten)]
    preset: PresetArguments,
}

impl GuardArguments {
    /// The detector, with the threshold that was asked for.
    pub(crate) fn detector(&self) -> anyhow::Result<SavedDetector> {
        let path = self.file();
        let saved = SavedDetector::load_with(&path, extensions::get().detectors())?;
        Ok(SavedDetector { detector: self.tuning.tune(saved.detector)?, ..saved })
    }

    /// The guard with the attacks of the detector, with the parameters that it was fitted on.
    pub(crate) fn guard(
        &self,
        classifier: Classifier,
        detector: SavedDetector,
    ) -> anyhow::Result<Guard> {
        let guard = if detector.provenance.is_some() {
            Guard::among(extensions::get().attacks(), classifier, detector)
        } else {
            tracing::warn!("the detector does not say which model and attack parameters it is for");
            let preset = self.preset.preset(&classifier)?;
            let attack = |name: &String| extensions::get().attack(&DEFENSES, name, preset);
            let defenses = detector.attacks.iter().map(attack).collect::<Result<_, _>>()?;
            Guard::with_defenses(classifier, defenses, detector)
        };
        guard.with_context(|| format!("use detector {}", self.file().display()))
    }

    fn file(&self) -> PathBuf {
        let within = self.detector.join(DETECTOR);
        if within.is_file() { within } else { self.detector.clone() }
    }
}
