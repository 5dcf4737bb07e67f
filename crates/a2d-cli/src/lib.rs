//! The command line tool `a2d`: train a classifier, craft adversarial examples, measure what it costs
//! to attack inputs, fit a detector on these costs, and detect and evaluate with it.
//!
//! A command reads its arguments, does its work with the crates below, and prints a
//! result on standard output in one of three formats; progress and errors go to standard error.

#![warn(clippy::print_stdout, clippy::print_stderr)] // they panic where nobody reads

mod arguments;
mod clever;
mod command_line;
mod commands;
mod costs;
mod datasets;
mod evaluation;
mod examples;
mod exit;
mod format;
mod in_vain;
mod inputs;
mod labelled;
mod measured;
mod model;
mod number;
mod overlap;
mod parameters;
mod progress;
mod provenance;
mod rows;
mod scores;
mod terminal;
mod tuning;

use std::process::ExitCode;

use clap::Parser;
use command_line::Arguments;

/// Says what is wrong with arguments, or what was asked about them.
fn said(error: &clap::Error) -> ExitCode {
    if error.use_stderr() {
        // Without colours, so that those in the arguments show as what they are.
        terminal::say_lines(error.render());
    } else {
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::FAILURE))
}

/// Checks the arguments of a command, behind the name `a2d`, and the parameters of attacks that they and their
/// `--spec` give, for ten classes, without doing anything. Arguments name no file that is made.
///
/// # Errors
/// What the command would say of them.
pub fn understands(arguments: impl IntoIterator<Item = String>) -> anyhow::Result<()> {
    let line = std::iter::once("a2d".to_owned()).chain(arguments);
    commands::check(&Arguments::try_parse_from(line)?.command)
}

/// Runs `a2d` with the arguments of this process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return said(&error),
    };
    command_line::logging(arguments.verbose);
    match commands::run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            terminal::say(format_args!("error: {error:#}"));
            exit::code(&error)
        }
    }
}
