//! `a2d baseline`: published detectors, to compare costs with.

mod fit;
mod material;
mod score;

use clap::{Args, Subcommand};

/// Fit published detectors of adversarial inputs (KD+BU, LID, mMutant, Dissector, TWIS) and score images by them
///
/// Their scores are columns of score tables like any other: fit, eval and evidence take them as they take costs.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Baseline {
    #[command(subcommand)]
    command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
enum BaselineCommand {
    Fit(Box<fit::Fit>),
    Score(Box<score::Score>),
}

impl Baseline {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self.command {
            BaselineCommand::Fit(fit) => fit.run(),
            BaselineCommand::Score(score) => score.run(),
        }
    }
}
