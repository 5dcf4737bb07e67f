//! `a2d-lab`: does experiments and puts the results beside published ones.

use a2d_lab::{Error, Hold, OneStep, Reproduce};
use clap::{Parser, Subcommand};
use std::io::Write as _;
use std::process::ExitCode;

/// Do experiments, and put the results beside published ones
#[derive(Parser)]
#[command(
    name = "a2d-lab",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 fine, 1 failure, 2 usage, 3 bad input"
)]
struct Arguments {
    #[command(flatten)]
    reproduce: Reproduce,
    #[command(subcommand)]
    task: Option<Task>,
}

/// What the laboratory asks itself for.
#[derive(Subcommand)]
enum Task {
    #[command(hide = true)]
    Step(OneStep),
    #[command(hide = true)]
    Hold(Hold),
}

fn main() -> ExitCode {
    let Arguments { reproduce, task } = Arguments::parse();
    let outcome = match task {
        None => reproduce.run(),
        Some(Task::Step(step)) => step.run(),
        Some(Task::Hold(hold)) => hold.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr().lock(), "error: {error}");
            ExitCode::from(code(&error))
        }
    }
}

/// As of a2d: 1 failure, 2 usage, 3 bad input.
fn code(error: &Error) -> u8 {
    if error.is_usage() {
        2
    } else if error.is_bad_input() {
        3
    } else {
        1
    }
}
