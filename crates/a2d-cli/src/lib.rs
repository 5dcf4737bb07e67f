//! The command line tool `a2d`: train a classifier, craft adversarial examples, measure what it costs
//! to attack inputs, fit a detector on these costs, and detect and evaluate with it.
//!
//! A command reads its arguments, does its work with the crates below, and prints a
//! result on standard output in one of three formats; progress and errors go to standard error.
//!
//! A program of one's own is `a2d` with attacks, detectors and scores of its own: [`run_with`].

#![warn(clippy::print_stdout, clippy::print_stderr)] // they panic where nobody reads

mod arguments;
mod clever;
mod command_line;
mod commands;
mod costs;
mod datasets;
mod defenses;
mod evaluation;
mod examples;
mod exit;
mod extensions;
mod float32;
mod format;
mod guarded;
mod in_vain;
mod inputs;
mod interrupt;
mod journal;
mod labelled;
mod leash;
mod measured;
mod model;
mod number;
mod overlap;
mod parameters;
mod progress;
mod provenance;
mod reading;
mod rows;
mod scores;
mod scoring;
mod setting;
mod terminal;
mod tuning;

use std::process::ExitCode;

use clap::Parser;
use command_line::Arguments;

pub use extensions::Extensions;

/// Compiles what the README shows.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

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
    run_with(Extensions::new())
}

/// Runs `a2d` with the arguments of this process, and with these attacks, detectors and scores beside its own:
/// the whole of a program's `main`. A process does so once.
///
/// ```no_run
/// use a2d_attacks::{Bim, NamedAttack, Target};
/// use a2d_cli::Extensions;
///
/// # fn main() -> Result<std::process::ExitCode, a2d_attacks::Error> {
/// let target = Target::Untargeted;
/// let gentle = Bim { epsilon: 0.3, step: 0.0001, iterations: 3000, target };
/// let gentle = NamedAttack::new("gentle-bim", gentle)?;
/// Ok(a2d_cli::run_with(Extensions::new().with_attack(gentle)))
/// # }
/// ```
pub fn run_with(extensions: Extensions) -> ExitCode {
    leash::hold();
    if let Err(error) = extensions::set(extensions) {
        terminal::say(format_args!("error: {error:#}"));
        return ExitCode::from(exit::FAILURE);
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return said(&error),
    };
    match arguments.saying.begin().and_then(|()| commands::run(arguments.command)) {
        Ok(code) => code,
        Err(error) => {
            terminal::say(format_args!("error: {error:#}"));
            exit::code(&error)
        }
    }
}
