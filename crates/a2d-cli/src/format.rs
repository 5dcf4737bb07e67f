//! The formats of results on standard output.

use std::io::Write;

use clap::{Args, ValueEnum};
use serde::Serialize;

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables and sentences for people
    Human,
    /// One JSON value
    Json,
    /// Lines of comma-separated values under a header
    Csv,
}

/// The format, as an argument.
#[derive(Debug, Args)]
pub(crate) struct FormatArguments {
    /// Format of the result on standard output
    #[arg(long, value_enum, default_value = "human")]
    format: Format,
}

/// A result that can be printed.
pub(crate) trait Outcome: Serialize {
    /// Its text for people, without a newline at the end.
    fn human(&self) -> String;

    /// Its lines in CSV, the header first.
    fn lines(&self) -> Vec<Vec<String>>;
}

impl FormatArguments {
    /// Prints a result on standard output.
    pub(crate) fn print(&self, outcome: &impl Outcome) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        match self.format {
            Format::Human => writeln!(out, "{}", outcome.human())?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut out, outcome)?;
                writeln!(out)?;
            }
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                for line in outcome.lines() {
                    writer.write_record(line)?;
                }
                writer.flush()?;
            }
        }
        Ok(())
    }
}

/// A line of CSV.
pub(crate) fn line<const N: usize>(fields: [&dyn ToString; N]) -> Vec<String> {
    fields.map(ToString::to_string).to_vec()
}

/// A table for people, its header first.
pub(crate) fn table(lines: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut lines = lines.into_iter();
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY);
    table.set_header(lines.next().unwrap_or_default());
    table.add_rows(lines);
    table.to_string()
}
