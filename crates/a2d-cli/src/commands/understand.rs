//! `a2d understand`: tells programs beforehand which commands it would not begin.

use std::io::{BufRead as _, Write as _};

use clap::Args;

use crate::exit::BadInput;
use crate::terminal::unless_unread;

/// Say of commands whether their arguments would be understood, and run none
///
/// Reads the arguments of one command a line, a JSON list of words, from standard input, and answers every line
/// with one of JSON: null, or what is wrong.
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct Understand {}

impl Understand {
    #[expect(clippy::unused_self, reason = "as every command")]
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut answers = vec![];
        for line in std::io::stdin().lock().lines() {
            let words: Vec<String> = serde_json::from_str(&line?).map_err(|error| {
                BadInput(format!("understand: expected a list of words a line, found {error}"))
            })?;
            let answer = crate::understands(words).err().map(|error| one_line(&error));
            serde_json::to_writer(&mut answers, &answer)?;
            answers.push(b'\n');
        }
        Ok(unless_unread(std::io::stdout().lock().write_all(&answers))?)
    }
}

/// What is wrong, without the advice that clap gives in further paragraphs.
fn one_line(error: &anyhow::Error) -> String {
    let text = format!("{error:#}");
    let first = text.split("\n\n").next().unwrap_or_default();
    let lines: Vec<_> = first.trim_start_matches("error: ").lines().map(str::trim).collect();
    lines.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_takes_one_line() {
        let wrong = |line: &str| {
            let words = line.split(' ').map(str::to_owned);
            one_line(&crate::understands(words).unwrap_err())
        };
        let cost = "cost --model m --input x --out c --defense";
        assert!(crate::understands(format!("{cost} bim").split(' ').map(str::to_owned)).is_ok());
        let message = wrong(&format!("{cost} bimm"));
        assert!(
            message.starts_with("invalid value 'bimm'") && !message.contains('\n'),
            "{message}"
        );
        assert!(message.contains("bim-turbo"), "{message}");
        let message = wrong(&format!("{cost} bim --epsilon 0"));
        assert!(message.contains("epsilon") && !message.contains('\n'), "{message}");
    }
}
