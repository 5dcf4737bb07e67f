//! The command line tool `a2d`: train a classifier, craft adversarial examples, measure what it costs
//! to attack inputs, fit a detector on these costs, and detect and evaluate with it.
//!
//! A command reads its arguments, does its work with the crates below, and prints a
//! result on standard output in one of three formats; progress and errors go to standard error.

#![warn(clippy::print_stdout, clippy::print_stderr)] // they panic where nobody reads

mod arguments;
mod commands;
mod costs;
mod datasets;
mod evaluation;
mod examples;
mod exit;
mod format;
mod inputs;
mod number;
mod parameters;
mod progress;
mod provenance;
mod terminal;
mod text_file;

use std::process::ExitCode;

use clap::Parser;

/// Runs `a2d` with the arguments of this process.
pub fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    arguments::logging(arguments.verbose);
    match commands::run(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            terminal::say(format_args!("error: {error:#}"));
            exit::code(&error)
        }
    }
}
