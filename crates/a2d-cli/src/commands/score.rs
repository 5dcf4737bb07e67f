//! `a2d score`: scores of images, to compare costs with or to fit detectors on.

use std::collections::HashSet;

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::Map;

use crate::exit::Usage;
use crate::extensions;
use crate::scoring::{Parametrised, ScoringArguments};

/// Score images: numbers other than costs that may tell which are adversarial
///
/// Writes a score table (CSV, input,column,value,adversarial), one line per image and score, which fit, eval and
/// evidence take as they take costs. The images that are done are kept beside the output while the command runs,
/// so that an interrupted run resumes when the same command is given again.
#[derive(Debug, Args)]
pub(crate) struct Score {
    /// Scores, separated by commas; confidence is the probability of the predicted class
    #[arg(long = "score", required = true, value_delimiter = ',', value_name = "SCORE", value_parser = PossibleValuesParser::new(names()))]
    names: Vec<String>,
    #[command(flatten)]
    scoring: ScoringArguments,
}

fn names() -> Vec<String> {
    extensions::get().scores().map(|score| score.name().to_owned()).collect()
}

impl Score {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut seen = HashSet::new();
        if !self.names.iter().all(|name| seen.insert(name)) {
            return Err(Usage::new("score: expected each score once").into());
        }
        let _claim = self.scoring.plan().claim()?;
        let all: Vec<_> = extensions::get().scores().collect();
        let named = |name: &String| all.iter().find(|score| score.name() == name).cloned();
        let scores = self.names.iter().filter_map(named);
        let scores = scores.map(|score| Parametrised { more: Map::new(), score });
        let classifier = self.scoring.classifier()?;
        self.scoring.score(&scores.collect::<Vec<_>>(), &classifier, |_, _| Ok(()))
    }
}
