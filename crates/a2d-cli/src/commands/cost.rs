//! `a2d cost`: measures what attacks on images cost.

pub(super) mod measurement;
mod summary;
pub(super) mod warnings;

use std::path::PathBuf;

use a2d_attacks::{NamedAttack, Preset};
use a2d_cost::Budget;
use a2d_data::ImageSource as _;
use a2d_file::Plan;
use clap::Args;

use crate::arguments::{EngineArguments, output_file};
use crate::defenses::DefenseArguments;
use crate::format::FormatArguments;
use crate::inputs::Inputs;
use crate::model::ModelArguments;
use crate::reading::{Input, ReadingArguments, TAKEN};
use crate::rows::RowsArguments;
use measurement::Work;
use summary::Summary;

/// Measure what defense attacks on images cost
///
/// Writes one line per image and attack. Where the label does not flip, the cost is the attack's cap, and at
/// least that. Images of which an attack tells nothing, since their gradient is 0 or no step moves them, are
/// left out and named in the card. An image that is in two files is refused. The rows that are done are kept
/// beside the output while the command runs, so that an interrupted measurement resumes when the same command
/// is given again.
#[derive(Debug, Args)]
pub(crate) struct Cost {
    #[command(flatten)]
    model: ModelArguments,
    #[arg(long, required = true, num_args = 1.., value_name = "FILE|DIR", value_parser = Input::parser(), help = format!("Images to attack: {TAKEN}"))]
    input: Vec<Input>,
    #[command(flatten)]
    reading: ReadingArguments,
    #[command(flatten)]
    rows: RowsArguments,
    #[command(flatten)]
    defenses: DefenseArguments,
    /// Stop an attack after this many iterations; its cost is then censored
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    budget: Option<u32>,
    /// File for the costs (CSV); their card goes beside it
    #[arg(long, value_name = "CSV", value_parser = output_file)]
    out: PathBuf,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    format: FormatArguments,
}

impl Cost {
    /// The attacks, as preset and arguments have them.
    pub(super) fn defenses(&self, preset: Preset) -> anyhow::Result<Vec<NamedAttack>> {
        self.defenses.of_preset(preset)
    }

    /// What is read and written.
    fn plan(&self) -> Plan<'_> {
        let plan = self.defenses.plan(self.model.plan(Plan::new()));
        Input::plan(&self.input, plan).writes_work("--out", &self.out)
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        self.defenses.check_once()?;
        let _claim = self.plan().claim()?;
        let classifier = self.model.load_for(|| Inputs::shape_of(&self.input, self.reading))?;
        let defenses = self.defenses.for_classifier(&classifier)?;
        let budget = self.budget.map(Budget::new).transpose()?;
        let limits = self.engine.limits(&classifier)?;
        let inputs = Inputs::open_each_once(&self.input, self.reading, &classifier)?;

        let rows = self.rows.of(inputs.len())?;
        let work = Work { defenses: &defenses, budget, limits, seed: self.engine.seed, rows };
        let costs = work.measure(classifier, inputs, &self.out)?;
        self.format.print(&Summary::of(&costs))
    }
}
