//! The formats of results on standard output.

use std::io::Write;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::terminal::{escaped, escaped_lines, unless_unread};

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables and sentences for people
    Human,
    /// One JSON value
    Json,
    /// JSON values, one a line; of verdicts one for each input, as soon as it is known
    Jsonl,
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

    /// Its parts in JSON, each on a line.
    ///
    /// # Errors
    /// As serde's.
    fn json_lines(&self) -> serde_json::Result<Vec<String>> {
        Ok(vec![serde_json::to_string(self)?])
    }
}

impl FormatArguments {
    /// Prints a result on standard output.
    pub(crate) fn print(&self, outcome: &impl Outcome) -> anyhow::Result<()> {
        let mut text = Vec::new();
        match self.format {
            Format::Human => text = escaped_lines(&outcome.human()).into_bytes(),
            Format::Json => serde_json::to_writer_pretty(&mut text, outcome)?,
            Format::Jsonl => text = outcome.json_lines()?.join("\n").into_bytes(),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(&mut text);
                for line in outcome.lines() {
                    writer.write_record(line)?;
                }
                writer.flush()?;
            }
        }
        if text.last().is_some_and(|last| *last != b'\n') {
            text.push(b'\n');
        }
        print_text(&text)
    }

    /// Whether parts of a result are printed as soon as they are known.
    pub(crate) fn is_streamed(&self) -> bool {
        self.format == Format::Jsonl
    }
}

/// Prints a part of a result on standard output.
pub(crate) fn print_part(part: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_vec(part)?;
    text.push(b'\n');
    print_text(&text)
}

/// Prints text on standard output.
pub(crate) fn print_text(text: &[u8]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    unless_unread(out.write_all(text).and_then(|()| out.flush()))
        .context("write to standard output")
}

/// A line of CSV.
pub(crate) fn line<const N: usize>(fields: [&dyn ToString; N]) -> Vec<String> {
    fields.map(ToString::to_string).to_vec()
}

/// Lines of text as one field of CSV.
pub(crate) fn one_line(text: &str) -> String {
    text.lines().map(str::trim_start).collect::<Vec<_>>().join("; ")
}

/// A table for people, its header first.
pub(crate) fn table(lines: impl IntoIterator<Item = Vec<String>>) -> String {
    let lines = lines.into_iter();
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::UTF8_BORDERS_ONLY);
    let mut lines = lines.map(|line| line.iter().map(|cell| escaped(cell)).collect::<Vec<_>>());
    table.set_header(lines.next().unwrap_or_default());
    table.add_rows(lines);
    table.to_string()
}

/// A cost or score for people.
pub(crate) fn short(number: f64) -> String {
    if number != 0.0 && number.abs() < 0.1 {
        format!("{number:.2e}")
    } else {
        format!("{number:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_keep_their_digits() {
        let texts = [0.0, 16.333, 0.0123, -1250.06].map(short);
        assert_eq!(texts, ["0.0", "16.3", "1.23e-2", "-1250.1"]);
    }
}
