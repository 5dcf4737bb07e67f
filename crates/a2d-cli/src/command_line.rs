//! The command line as a whole: its commands, what holds of all of them, and how much they say.

use clap::Parser;

use crate::commands::Command;
use crate::terminal;

/// Attack as defense: tell adversarial inputs by how little it costs to attack them.
#[derive(Debug, Parser)]
#[command(name = "a2d", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Say more of what is done, on standard error (-vv for all)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 fine, 1 failure, 2 usage, 3 bad input, \
    10 adversarial inputs found (--fail-on-adversarial of detect and judge)";

/// Sends what the crates report to standard error.
pub(crate) fn logging(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(terminal::is_coloured())
        // It would panic where standard error is full.
        .log_internal_errors(false)
        .with_target(false)
        .without_time()
        .init();
}
