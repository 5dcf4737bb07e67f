//! The command line as a whole: its commands, what holds of all of them, and how much they say.

use clap::{ArgAction, Args, Parser, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::commands::Command;
use crate::exit::Usage;
use crate::terminal;

/// Attack as defense: tell adversarial inputs by how little it costs to attack them.
#[derive(Debug, Parser)]
#[command(name = "a2d", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) saying: Saying,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How much is said of what is done, and how.
#[derive(Debug, Args)]
pub(crate) struct Saying {
    /// Say more of what is done, on standard error (-vv for all)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Say nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// How messages are written
    #[arg(long, global = true, value_enum, default_value = "text", value_name = "FORMAT")]
    log_format: LogFormat,
    /// What is said, instead of by -v and -q: as `info,a2d_serve=debug`
    #[arg(long, global = true, env = "A2D_LOG", value_name = "FILTER", hide_short_help = true)]
    log: Option<String>,
}

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// A line of text for each
    Text,
    /// An object of JSON on a line for each, with its time
    Json,
}

const EXIT_CODES: &str = "Exit codes: 0 fine, 1 failure, 2 usage, 3 bad input, \
    10 adversarial inputs found (--fail-on-adversarial of detect and judge)";

impl Saying {
    /// Sends what the crates report to standard error.
    ///
    /// # Errors
    /// [`Usage`] if the filter is none.
    pub(crate) fn begin(self) -> anyhow::Result<()> {
        if self.quiet {
            terminal::quieten();
        }
        let level = match (self.quiet, self.verbose) {
            (true, _) => "error",
            (_, 0) => "warn",
            (_, 1) => "info",
            _ => "debug",
        };
        let wanted = self.log.or_else(|| std::env::var("RUST_LOG").ok());
        let wanted = wanted.filter(|filter| !filter.is_empty()).unwrap_or_else(|| level.to_owned());
        let filter = EnvFilter::try_new(&wanted)
            .map_err(|error| Usage::new(format!("filter messages by {wanted:?}: {error}")))?;
        let messages = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(terminal::is_coloured())
            // It would panic where standard error is full.
            .log_internal_errors(false)
            .with_target(false);
        match self.log_format {
            LogFormat::Text => messages.without_time().init(),
            LogFormat::Json => messages.json().flatten_event(true).with_current_span(false).init(),
        }
        Ok(())
    }
}
