//! `a2d man`: manual pages.

use std::path::{Path, PathBuf};

use clap::{Args, Command, CommandFactory as _};

use crate::arguments::output_folder;
use crate::command_line::Arguments;
use crate::terminal::note;

/// Write manual pages, one for each command, to a folder
#[derive(Debug, Args)]
pub(crate) struct Man {
    #[arg(value_name = "DIR", value_parser = output_folder)]
    out: PathBuf,
}

impl Man {
    pub(super) fn run(self) -> anyhow::Result<()> {
        std::fs::create_dir_all(&self.out).map_err(a2d_file::Error::write(&self.out))?;
        let mut command = Arguments::command();
        command.build();
        let pages = write(&self.out, &command, "a2d")?;
        note(format_args!("{pages} pages in {}", self.out.display()));
        Ok(())
    }
}

/// The pages of a command and those below it, by the name that users call it by.
fn write(folder: &Path, command: &Command, name: &str) -> anyhow::Result<usize> {
    let titled = command.clone().name(name.to_owned()).bin_name(name.replace('-', " "));
    let mut page = vec![];
    clap_mangen::Man::new(titled).render(&mut page)?;
    a2d_file::write(&folder.join(format!("{name}.1")), |file| file.write_all(&page))?;
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    let below = below.filter(|below| below.get_name() != "help");
    below
        .map(|below| write(folder, below, &format!("{name}-{}", below.get_name())))
        .sum::<anyhow::Result<usize>>()
        .map(|pages| pages + 1)
}
