//! `a2d craft`: adversarial examples from images that a model classifies correctly.

mod journal;
mod picture;
mod source;

use std::collections::HashSet;

use a2d_attacks::{
    Attempt, CRAFTING, Form, LabelledImages, NamedAttack, Preset, Tally, Wanted, craft,
};
use a2d_data::Images;
use a2d_file::Plan;
use clap::Args;
use ndarray::Array4;
use tch::Tensor;

use crate::arguments::{EngineArguments, PresetArguments};
use crate::examples::{Example, ExampleCard, OutputArguments};
use crate::exit::BadInput;
use crate::format::FormatArguments;
use crate::model::ModelArguments;
use crate::parameters::{OfCrafting, ParameterArguments};
use crate::terminal::note;
use crate::{extensions, progress};
use journal::{AttemptLine, CraftingCard};
use picture::PictureArguments;
use source::SourceArguments;

/// Craft adversarial examples from the images that a model classifies correctly
///
/// Goes through the images in their order until enough examples are found. Images that the model
/// misclassifies as they are, or whose class is the target, are set aside before any attack. Only
/// examples whose label changed as wanted count; the card says how many images were tried, set aside
/// and used. What is done is kept beside the output while the command runs, so that an interrupted
/// crafting resumes when the same command is given again. A detector is best evaluated on examples from
/// images that it was not fitted on; the card says which image each example was crafted from.
#[derive(Debug, Args)]
pub(crate) struct Craft {
    #[command(flatten)]
    model: ModelArguments,
    /// Attack
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(extensions::get().attack_names(&CRAFTING)))]
    attack: String,
    #[command(flatten)]
    preset: PresetArguments,
    #[command(flatten)]
    parameters: ParameterArguments<OfCrafting>,
    /// Make examples that are adversarial as 8-bit images: every pixel a multiple of 1/255. Where rounding
    /// undoes what the attack found, an image near it is searched for
    #[arg(long)]
    integer: bool,
    #[command(flatten)]
    picture: Box<PictureArguments>,
    #[command(flatten)]
    source: SourceArguments,
    #[command(flatten)]
    output: OutputArguments,
    #[command(flatten)]
    engine: EngineArguments,
    #[command(flatten)]
    format: FormatArguments,
}

impl Craft {
    /// The attack, as preset and arguments have it.
    pub(super) fn crafting(&self, preset: Preset) -> anyhow::Result<NamedAttack> {
        let attack = extensions::get().attack(&CRAFTING, &self.attack, preset)?;
        Ok(self.parameters.apply(&[attack])?.remove(0))
    }

    /// What is read and written.
    fn plan(&self) -> anyhow::Result<Plan<'_>> {
        let plan = self.parameters.plan(self.model.plan(Plan::new()));
        Ok(self.output.plan(self.source.plan(plan)?))
    }

    pub(super) fn run(self) -> anyhow::Result<()> {
        let _claim = self.plan()?.claim()?;
        let classifier = self.model.load_for(|| self.source.shape())?;
        let preset = self.preset.preset(&classifier)?;
        let attack = self.crafting(preset)?;
        attack.check_for(&classifier)?;
        let limits = self.engine.limits(&classifier)?;
        let source = self.source.load(&classifier, limits.window)?;
        let picture = self.picture.picture(&classifier)?;
        let space =
            picture.as_ref().map(|picture| picture.space(&classifier)).transpose()?.flatten();

        let card = CraftingCard {
            model: classifier.fingerprint().to_owned(),
            attack: serde_json::to_value(&attack)?,
            inputs: source.digest().to_owned(),
            rows: source.rows(),
            seed: self.engine.seed,
            integer: self.integer,
            picture: picture.clone(),
        };
        let (mut journal, made) =
            crate::journal::open(self.output.path(), &card, classifier.device())?;
        let label_of = |row| source.label(row);
        let made = journal::attempts(made, source.shape(), label_of, self.output.path())?;
        if !made.is_empty() {
            note(format_args!("resumed after {} images", made.len()));
        }
        let found = Tally::of(made.values()).succeeded;
        let most = source.labels().len().min(source.wanted);
        let bar = progress::kept(most, found, attack.name());
        let mut tried = made.len();
        let form = match &picture {
            Some(picture) => Form::Picture { space: space.as_ref(), stretched: picture.stretched },
            None if self.integer => Form::Integer,
            None => Form::AsFound,
        };
        let wanted = Wanted { examples: source.wanted, form };
        let sink = &mut |row, attempt: &Attempt| {
            journal.record(&AttemptLine::of(row, attempt)?)?;
            tried += 1;
            bar.set_message(format!("{tried} tried"));
            bar.inc(u64::from(matches!(attempt, Attempt::Succeeded(_))));
            Ok::<_, anyhow::Error>(())
        };
        let done: HashSet<usize> = made.keys().copied().collect();
        let attempts = source
            .with_images(
                |row| done.contains(&row),
                |image| {
                    let (len, rows, labels) = (source.len(), source.rows(), source.labels());
                    let images = LabelledImages { len, rows, labels, image };
                    craft(&classifier, &attack, images, wanted, limits, made, sink)
                },
            )
            .map_err(|error| source.naming(error))?;
        bar.finish_and_clear();

        let tally = Tally::of(attempts.values());
        if tally.succeeded == 0 {
            journal.remove()?; // all is done, and there is no result
            return Err(BadInput(format!(
                "craft {}: expected at least one image whose label changes{}, found none among {}, of \
                 which {} were set aside as misclassified and {} as of the target class{}",
                attack.name(),
                match form {
                    Form::AsFound => "",
                    Form::Integer => " and stays so in 8 bits",
                    Form::Picture { .. } => " and stays so in the picture",
                },
                tally.tried,
                tally.misclassified,
                tally.on_target,
                match tally.unmoved {
                    0 => String::new(),
                    some => format!("; no step moves {some}, or their gradient is 0"),
                }
            ))
            .into());
        }
        if tally.succeeded < self.source.count.unwrap_or(0) {
            tracing::warn!("{} examples found of those wanted; give more images", tally.succeeded);
        }
        let (shape, (examples, images)) = (source.shape(), examples(attempts));
        let part = source.part(tally.tried);
        let (model, attack) = (&card.model, Some(card.attack));
        let found = (tally, examples);
        let mut card = ExampleCard::new(model, attack, source.description, card.seed, found);
        card.integer = self.integer || picture.as_ref().is_some_and(|picture| picture.stretched);
        card.picture = picture;
        card.part = part;
        card.machine = Some(classifier.machine().with_window(limits.window));
        self.output.write(&classifier, &stack(images, shape)?, &mut card)?;
        journal.remove()?;
        self.format.print(&card)
    }
}

/// The examples among the attempts, and their images.
fn examples(attempts: impl IntoIterator<Item = (usize, Attempt)>) -> (Vec<Example>, Vec<Tensor>) {
    let examples = attempts.into_iter().filter_map(|(row, attempt)| match attempt {
        Attempt::Succeeded(example) => {
            let described = Example {
                source: row,
                label: example.label,
                predicted: example.predicted,
                target: example.target,
                iterations: example.iterations,
                distances: Some(example.distances),
                survives_8_bits: None,
            };
            Some((described, example.image))
        }
        _ => None,
    });
    examples.unzip()
}

/// Images of this shape, \[C, H, W\], as one array. Each is given up for its pixels, so that no two arrays of all are held.
fn stack(images: Vec<Tensor>, [channels, height, width]: [i64; 3]) -> anyhow::Result<Images> {
    let sides = [images.len() as i64, channels, height, width].map(|side| side as usize);
    let mut pixels = Vec::with_capacity(sides.iter().product());
    for image in images {
        pixels.extend(Vec::<f32>::try_from(image.view(-1))?);
    }
    Ok(Images::new(Array4::from_shape_vec(sides, pixels)?)?)
}
