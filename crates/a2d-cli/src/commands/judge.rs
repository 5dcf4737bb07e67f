//! `a2d judge`: verdicts on measured costs or other scores.

mod judged;

use std::path::PathBuf;
use std::process::ExitCode;

use a2d_detect::SavedDetector;
use a2d_file::Plan;
use clap::Args;

use super::cost::warnings;
use crate::format::FormatArguments;
use crate::measured::{self, Measured};
use crate::overlap::{Group, Role};
use crate::tuning::TuningArguments;
use crate::{exit, extensions, provenance};
use judged::Judged;

/// Tell which inputs are adversarial by costs or scores that are measured already
///
/// Judges the inputs of cost tables (`a2d cost`) or score tables as `detect` judges images: no model is needed. A cost whose
/// label did not flip is "at least", and is judged in favour of its input. The threshold may be moved; nothing is fitted anew.
#[derive(Debug, Args)]
pub(crate) struct Judge {
    /// Fitted detector
    #[arg(long, value_name = "JSON")]
    detector: PathBuf,
    #[command(flatten)]
    tuning: TuningArguments,
    /// Say of every verdict what it rests on, where all costs are known in full
    #[arg(long)]
    explain: bool,
    /// Exit with code 10 if an input is adversarial
    #[arg(long)]
    fail_on_adversarial: bool,
    /// Costs or scores of the inputs
    #[arg(required = true, value_name = "CSV")]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    format: FormatArguments,
}

impl Judge {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let plan = Plan::new().reads("--detector", &self.detector);
        let _claim = plan.reads_all("inputs", &self.inputs).claim()?;
        let saved = SavedDetector::load_with(&self.detector, extensions::get().detectors())?;
        let saved = SavedDetector { detector: self.tuning.tune(saved.detector)?, ..saved };
        let mut tables: Vec<Measured> = vec![];
        for path in &self.inputs {
            let table = match tables.first() {
                None => Measured::read(path, Some(&saved.attacks))?,
                Some(first) => Measured::read_like(first, path)?,
            };
            if let (Some(fitted), Some(found)) = (&saved.provenance, table.provenance()) {
                provenance::check(&path.display().to_string(), fitted, found)?;
            }
            tables.push(table);
        }
        let mut judging = Group::new("judge", Role::Benign);
        for (path, table) in self.inputs.iter().zip(&tables) {
            judging.add_measured(path, table);
            let left_out = table.provenance().map(|found| warnings::left_out(&found.unscored));
            for sentence in left_out.iter().flatten() {
                tracing::warn!("{}: {sentence}, so without verdict", path.display());
            }
        }
        judging.warn_of_fitted(&saved);
        let verdicts = measured::verdicts(&saved, tables.iter())?;
        let mut judged = Judged::by(&saved, self.explain);
        for ((path, table), verdicts) in self.inputs.iter().zip(&tables).zip(verdicts) {
            let place = (self.inputs.len() > 1).then_some(&**path);
            judged.add(place, table, &verdicts)?;
        }
        self.format.print(&judged)?;
        let any = self.fail_on_adversarial && judged.adversarial() > 0;
        Ok(if any { exit::adversarial() } else { ExitCode::SUCCESS })
    }
}
