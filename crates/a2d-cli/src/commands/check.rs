//! `a2d check`: will it work on this model?

pub(super) mod found;

use std::path::PathBuf;

use a2d_attacks::{Limits, NamedAttack};
use a2d_data::ImageSource as _;
use a2d_file::Plan;
use a2d_guard::Checkup;
use a2d_model::Classifier;
use clap::Args;
use tch::Tensor;

use crate::arguments::{EngineArguments, output_file, positive};
use crate::defenses::DefenseArguments;
use crate::format::FormatArguments;
use crate::inputs::Inputs;
use crate::model::ModelArguments;
use crate::progress;
use crate::reading::{Input, ReadingArguments, TAKEN};

/// Check on a few benign images whether attack costs tell adversarial inputs of a model
///
/// Crafts examples by FGSM, PGD, DeepFool and C&W from the images, which count as of the classes that the model takes
/// them for, and measures what defense attacks on both cost. Attacks with a step and an epsilon get both scaled
/// by a power of 2, so that the median cost of benign images is near 100: `--spec-out` keeps them for `cost --spec`.
/// What gives reason to doubt is said.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    model: ModelArguments,
    #[arg(long, required = true, num_args = 1.., value_name = "FILE|DIR", value_parser = Input::parser(), help = format!("Benign images: {TAKEN}"))]
    input: Vec<Input>,
    #[command(flatten)]
    reading: ReadingArguments,
    /// Images to check with, spread evenly over those there are
    #[arg(long, default_value_t = 32, value_parser = positive)]
    count: usize,
    #[command(flatten)]
    defenses: DefenseArguments,
    /// File for the attacks with the parameters that were found (TOML)
    #[arg(long, value_name = "TOML", value_parser = output_file)]
    spec_out: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    format: FormatArguments,
}

impl Check {
    /// What is read and written.
    fn plan(&self) -> Plan<'_> {
        let plan = self.defenses.plan(self.model.plan(Plan::new()));
        let plan = Input::plan(&self.input, plan);
        match &self.spec_out {
            Some(spec) => plan.writes("--spec-out", spec),
            None => plan,
        }
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        self.defenses.check_once()?;
        let _claim = self.plan().claim()?;
        let classifier = self.model.load_for(|| Inputs::shape_of(&self.input, self.reading))?;
        let defenses = self.defenses.for_classifier(&classifier)?;
        let limits = self.engine.limits(&classifier)?;
        let inputs = Inputs::open_each_once(&self.input, self.reading, &classifier)?;
        let checkup = run(&classifier, &inputs, self.count, &defenses, limits)?;
        if let Some(path) = &self.spec_out {
            a2d_file::write_text(path, &checkup.spec()?)?;
        }
        self.format.print(&checkup)
    }
}

/// The checkup with so many of the inputs, spread evenly.
pub(super) fn run(
    classifier: &Classifier,
    inputs: &Inputs,
    count: usize,
    defenses: &[NamedAttack],
    limits: Limits,
) -> anyhow::Result<Checkup> {
    let count = count.min(inputs.len());
    let shape = inputs.shape().map(|side| side as i64);
    let image = |place: usize| {
        let pixels = inputs.row(place * inputs.len() / count)?;
        Ok(Tensor::from_slice(&pixels).view(shape))
    };
    let images = (0..count).map(image).collect::<a2d_data::Result<Vec<_>>>()?;
    let bar = progress::spinner();
    let told = &mut |work: &str| bar.set_message(work.to_owned());
    let checkup = Checkup::run(classifier, &Tensor::stack(&images, 0), defenses, limits, told)?;
    bar.finish_and_clear();
    for defense in &checkup.defenses {
        for doubt in &defense.doubts {
            tracing::warn!("{}: {doubt}", defense.attack);
        }
    }
    Ok(checkup)
}
