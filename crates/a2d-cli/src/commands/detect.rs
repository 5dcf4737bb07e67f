//! `a2d detect`: verdicts on images.

mod verdicts;

use std::collections::BTreeMap;
use std::process::ExitCode;

use a2d_cost::Sketcher;
use a2d_data::{ImageSource as _, read_ahead};
use clap::Args;

use crate::arguments::EngineArguments;
use crate::exit;
use crate::format::{FormatArguments, print_part};
use crate::guarded::GuardArguments;
use crate::inputs::Inputs;
use crate::model::ModelArguments;
use crate::reading::{Input, ReadingArguments, TAKEN};
use crate::{overlap, progress};
use verdicts::Verdicts;

/// Tell which inputs are adversarial
///
/// Attacks each input as the detector was fitted, no further than its verdict needs, and prints class,
/// confidence, costs ("> 88" where an attack was stopped, "-" where it was not needed), queries and verdict, for programs
/// as docs/formats.md says.
/// Scores (larger = more adversarial) are there where all costs are known. An input that an attack tells
/// nothing of, since its gradient is 0 or no step moves it, has no verdict, unless the other attacks settle
/// it. The threshold may be moved;
/// nothing is fitted anew.
#[derive(Debug, Args)]
pub(crate) struct Detect {
    #[command(flatten)]
    model: ModelArguments,
    #[command(flatten)]
    guard: GuardArguments,
    /// Measure every cost to its end, for scores and p-values of all inputs; verdicts are the same
    #[arg(long)]
    full: bool,
    /// Say of every verdict what it rests on, from costs measured to their end
    #[arg(long)]
    explain: bool,
    /// Print these inputs only
    #[arg(long, value_enum)]
    only: Option<Only>,
    /// Exit with code 10 if an input is adversarial, else with code 3 if one has no verdict
    #[arg(long)]
    fail_on_adversarial: bool,
    #[arg(required = true, value_name = "FILE|DIR", value_parser = Input::parser(), help = format!("Images: {TAKEN}"))]
    inputs: Vec<Input>,
    #[command(flatten)]
    reading: ReadingArguments,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    format: FormatArguments,
}

/// Which inputs are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Only {
    /// Those that are flagged
    Adversarial,
}

impl Detect {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let detector = self.guard.detector()?;
        let classifier = self.model.load_for(|| Inputs::shape_of(&self.inputs, self.reading))?;
        let inputs = Inputs::open(&self.inputs, self.reading, &classifier)?;
        let limits = self.engine.limits(&classifier)?;
        let guard = self.guard.guard(classifier, detector)?.with_limits(limits);
        let guard = if self.full || self.explain { guard.in_full() } else { guard };
        let sketcher = Sketcher::new(inputs.shape());
        let mut sketches = vec![];
        let bar = progress::bar(inputs.len(), "screen");
        let mut verdicts =
            Verdicts::by(guard.detector(), &inputs.names, self.explain, self.only.is_some());
        // They come as they are known, and are told in the order of the inputs.
        let mut known = BTreeMap::new();
        let screened = read_ahead(&inputs, 0..inputs.len(), 1, |images| {
            let queries = images.map(|(row, pixels)| {
                let pixels = pixels?;
                sketches.push(sketcher.sketch(&pixels));
                Ok::<_, anyhow::Error>(inputs.query(row, &pixels))
            });
            guard.screen(queries, &mut |screening| {
                bar.inc(1);
                known.insert(screening.row, screening);
                while let Some(screening) = known.remove(&verdicts.len()) {
                    let told = verdicts.add(&screening)?;
                    if let Some(record) = told.filter(|_| self.format.is_streamed()) {
                        bar.suspend(|| print_part(record))?;
                    }
                }
                Ok(())
            })
        });
        screened.map_err(|error| inputs.naming(error))?;
        bar.finish_and_clear();
        overlap::warn_of_fitted(guard.detector(), &sketches, |row| inputs.names.with_file(row));
        if !self.format.is_streamed() {
            self.format.print(&verdicts)?;
        }
        let open = verdicts.without_verdict();
        if open > 0 {
            tracing::warn!("{open} of {} inputs have no verdict", inputs.len());
        }
        Ok(match self.fail_on_adversarial {
            true if verdicts.any_adversarial() => exit::adversarial(),
            true if open > 0 => exit::bad_input(),
            _ => ExitCode::SUCCESS,
        })
    }
}
