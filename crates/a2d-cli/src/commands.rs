//! One file per command.

mod adaptive;
mod attacks;
mod baseline;
mod check;
mod clever;
mod completions;
mod cost;
mod craft;
mod data;
mod detect;
mod eval;
mod evidence;
mod fit;
mod judge;
mod man;
mod merge;
mod model;
mod protect;
mod score;
mod serve;
mod train;
mod understand;

use std::process::ExitCode;

use a2d_attacks::Preset;
use clap::Subcommand;

pub(crate) use fit::DETECTORS;

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Train(train::Train),
    Craft(craft::Craft),
    Cost(cost::Cost),
    Fit(fit::Fit),
    Detect(detect::Detect),
    Serve(serve::Serve),
    Judge(judge::Judge),
    Eval(eval::Eval),
    Score(score::Score),
    Baseline(baseline::Baseline),
    Clever(clever::Clever),
    Evidence(evidence::Evidence),
    Adaptive(Box<adaptive::Adaptive>),
    Attacks(attacks::Attacks),
    Merge(merge::Merge),
    Check(check::Check),
    Protect(protect::Protect),
    Data(data::Data),
    Model(model::Model),
    Completions(completions::Completions),
    Man(man::Man),
    Understand(understand::Understand),
}

/// Checks the parameters of a command's attacks, for a model of ten classes.
pub(crate) fn check(command: &Command) -> anyhow::Result<()> {
    const CLASSES: usize = 10;
    for preset in Preset::ALL {
        match command {
            Command::Craft(craft) => craft.crafting(preset)?.check(CLASSES)?,
            Command::Cost(cost) => {
                cost.defenses(preset)?.iter().try_for_each(|defense| defense.check(CLASSES))?;
            }
            Command::Adaptive(adaptive) => adaptive.check()?,
            _ => {}
        }
    }
    Ok(())
}

/// Runs a command.
pub(crate) fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Train(train) => train.run(),
        Command::Craft(craft) => craft.run(),
        Command::Cost(cost) => cost.run(),
        Command::Fit(fit) => fit.run(),
        Command::Detect(detect) => return detect.run(),
        Command::Serve(serve) => serve.run(),
        Command::Judge(judge) => return judge.run(),
        Command::Eval(eval) => eval.run(),
        Command::Score(score) => score.run(),
        Command::Baseline(baseline) => baseline.run(),
        Command::Clever(clever) => clever.run(),
        Command::Evidence(evidence) => evidence.run(),
        Command::Adaptive(adaptive) => adaptive.run(),
        Command::Attacks(attacks) => attacks.run(),
        Command::Merge(merge) => merge.run(),
        Command::Check(check) => check.run(),
        Command::Protect(protect) => protect.run(),
        Command::Data(data) => data.run(),
        Command::Model(model) => model.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
        Command::Understand(understand) => understand.run(),
    }?;
    Ok(ExitCode::SUCCESS)
}
