//! One file per command.

mod clever;
mod cost;
mod craft;
mod data;
mod detect;
mod eval;
mod evidence;
mod fit;
mod train;

use std::process::ExitCode;

use clap::Subcommand;

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Train(train::Train),
    Craft(craft::Craft),
    Cost(cost::Cost),
    Fit(fit::Fit),
    Detect(detect::Detect),
    Eval(eval::Eval),
    Clever(clever::Clever),
    Evidence(evidence::Evidence),
    Data(data::Data),
}

/// Runs a command.
pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Train(train) => train.run(),
        Command::Craft(craft) => craft.run(),
        Command::Cost(cost) => cost.run(),
        Command::Fit(fit) => fit.run(),
        Command::Detect(detect) => return detect.run(),
        Command::Eval(eval) => eval.run(),
        Command::Clever(clever) => clever.run(),
        Command::Evidence(evidence) => evidence.run(),
        Command::Data(data) => data.run(),
    }?;
    Ok(ExitCode::SUCCESS)
}
