//! `a2d completions`: what shells complete.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::command_line::Arguments;
use crate::format::print_text;

/// Print what a shell needs to complete arguments
///
/// For bash, `a2d completions bash > ~/.local/share/bash-completion/completions/a2d`.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut text = vec![];
        clap_complete::generate(self.shell, &mut Arguments::command(), "a2d", &mut text);
        print_text(&text)
    }
}
