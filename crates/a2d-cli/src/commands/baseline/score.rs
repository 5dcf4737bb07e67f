//! `a2d baseline score`: scores of images by a fitted baseline.

use std::path::PathBuf;

use a2d_baselines::{Protocol, SavedBaseline};
use clap::Args;
use serde_json::json;

use crate::overlap;
use crate::scoring::{Parametrised, ScoringArguments};

/// Score images by a fitted baseline
///
/// Writes a score table as score does, and says what an image takes: queries and time. Images that a baseline was
/// fitted on are refused, unless it was fitted by the published protocol, which has them.
#[derive(Debug, Args)]
pub(super) struct Score {
    /// File of the baseline, as baseline fit writes it
    #[arg(long, value_name = "FILE")]
    baseline: PathBuf,
    #[command(flatten)]
    scoring: ScoringArguments,
}

impl Score {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let plan = self.scoring.plan().reads("--baseline", &self.baseline);
        let _claim = plan.claim()?;
        let saved = SavedBaseline::read(&self.baseline)?;
        let classifier = self.scoring.classifier()?;
        saved.check_for(&classifier)?;
        let fitted_on: Vec<_> = saved.inputs.iter().map(|set| &set.digest).collect();
        let more = json!({
            "protocol": saved.protocol, "seed": saved.seed, "fitted_on": fitted_on,
            "parameters": saved.parameters,
        });
        let score = Parametrised {
            more: more.as_object().cloned().unwrap_or_default(),
            score: saved.baseline.clone(),
        };
        self.scoring.score(&[score], &classifier, |names, inputs| match saved.protocol {
            Protocol::Fair => {
                Ok(overlap::check_not_fitted_on("baseline", names, inputs, &saved.inputs)?)
            }
            Protocol::Published => Ok(()),
        })
    }
}
