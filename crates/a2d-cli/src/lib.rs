//! The command line tool `a2d`: train a classifier, craft adversarial examples, measure what it costs
//! to attack inputs, fit a detector on these costs, and detect and evaluate with it.
//!
//! A command reads its arguments, does its work with the crates below, and prints a
//! result on standard output in one of three formats; progress and errors go to standard error.

mod arguments;
mod commands;
mod costs;
mod datasets;
mod evaluation;
mod examples;
mod exit;
mod format;
mod in_vain;
mod inputs;
mod parameters;
mod progress;
mod provenance;

use std::process::ExitCode;

use clap::Parser;

/// Runs `a2d` with the arguments of this process.
pub fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    arguments::logging(arguments.verbose);
    match commands::run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            exit::code(&error)
        }
    }
}
