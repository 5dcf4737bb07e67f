use a2d_attacks::{CraftedExample, Crafting, Limits};
use a2d_data::Images;
use clap::Args;
use ndarray::Array4;
use tch::Tensor;

use crate::arguments::{
    EngineArguments, LabelledArguments, ModelArguments, PresetArguments, positive,
};
use crate::examples::{Example, ExampleCard, OutputArguments};
use crate::exit::BadInput;
use crate::format::FormatArguments;
use crate::progress;

/// Craft adversarial examples from the images that a model classifies correctly
///
/// Goes through the images in their order until enough examples are found. Only examples whose label
/// changed count; the card says how many images were tried, misclassified from the start, and used.
#[derive(Debug, Args)]
pub(crate) struct Craft {
    #[command(flatten)]
    model: ModelArguments,
    /// Attack: one step (fgsm), the first misclassified iterate (bim-a) or the last one (bim-b)
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Crafting::NAMES))]
    attack: String,
    #[command(flatten)]
    preset: PresetArguments,
    #[command(flatten)]
    source: LabelledArguments,
    /// Examples to find
    #[arg(long, default_value_t = 1000, value_parser = positive)]
    count: usize,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    format: FormatArguments,
}

impl Craft {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let attack = Crafting::named(&self.attack, self.preset.preset()?)?;
        let (set, skipped) = self.source.load()?;
        let classifier = self.model.load()?;
        let images = classifier.tensor(set.images())?;

        let bar = progress::bar(self.count.min(set.len()), attack.name());
        let limits: Limits = self.engine.limits(None);
        let labelled = (&images, set.labels());
        let (crafted, tally) =
            a2d_attacks::craft(&classifier, &attack, labelled, self.count, limits, &mut |found| {
                bar.set_position(found as u64);
            })?;
        bar.finish_and_clear();
        if crafted.is_empty() {
            return Err(BadInput(format!(
                "craft {}: expected at least one image whose label changes, found none among {}",
                attack.name(),
                tally.tried
            ))
            .into());
        }
        if crafted.len() < self.count {
            tracing::warn!("{} of {} examples found; give more images", crafted.len(), self.count);
        }
        let examples = crafted.iter().map(|example| describe(example, skipped)).collect();
        let parameters = serde_json::to_value(attack)?;
        let card = ExampleCard::new(
            classifier.fingerprint(),
            Some(parameters),
            self.source.describe(),
            self.engine.seed,
            (tally, examples),
        );
        self.output.write(&stack(crafted)?, &card)?;
        self.format.print(&card)
    }
}

fn describe(example: &CraftedExample, skipped: usize) -> Example {
    Example {
        source: skipped + example.source,
        label: example.label,
        predicted: example.predicted,
        iterations: example.iterations,
    }
}

fn stack(examples: Vec<CraftedExample>) -> anyhow::Result<Images> {
    let images: Vec<Tensor> = examples.into_iter().map(|example| example.image).collect();
    let images = Tensor::stack(&images, 0);
    let shape: Vec<usize> = images.size().iter().map(|n| *n as usize).collect();
    let pixels = Vec::<f32>::try_from(images.view(-1))?;
    let pixels = Array4::from_shape_vec((shape[0], shape[1], shape[2], shape[3]), pixels)?;
    Ok(Images::new(pixels)?)
}
