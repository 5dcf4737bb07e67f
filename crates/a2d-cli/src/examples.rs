//! Example images, adversarial and benign: their files, and the card that says what they are.

mod merged;

use std::path::{Path, PathBuf};

use a2d_attacks::{Distances, Space, Tally};
use a2d_cost::{Machine, Part};
use a2d_data::{Images, npy, png};
use a2d_file::{Card, Plan};
use a2d_model::{Classifier, Normalisation, PixelRange};
use anyhow::Context;
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::arguments::{output_file, output_folder};
use crate::format::{Outcome, line};

/// Images per forward pass.
const BATCH: usize = 256;

/// Where example images go.
#[derive(Debug, Args)]
pub(crate) struct OutputArguments {
    /// File for the images (npy, float32, N x C x H x W); their card goes beside it
    #[arg(long, value_name = "NPY", value_parser = output_file)]
    out: PathBuf,
    /// Folder for each image as a PNG file too, named by its row in the data set; its 8 bits round pixels,
    /// and the result says how many images are still what they were
    #[arg(long, value_name = "DIR", value_parser = output_folder)]
    png_dir: Option<PathBuf>,
}

/// The card of example images: `x.npy.card.json` says where `x.npy` comes from.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ExampleCard {
    /// The model that classifies them.
    pub(crate) model: String,
    /// The attack and its parameters; none for benign images.
    pub(crate) attack: Option<serde_json::Value>,
    pub(crate) split: String,
    pub(crate) seed: u64,
    pub(crate) tally: Tally,
    /// Mean distances of the examples from the images they were crafted from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mean_distances: Option<Distances>,
    /// Examples that took a single iteration.
    pub(crate) in_one_iteration: usize,
    /// Whether every pixel is a multiple of 1/255, so that no format changes it.
    #[serde(default)]
    pub(crate) integer: bool,
    /// What they are of what the attack found, where that is not the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) picture: Option<Picture>,
    /// Of the examples, those whose PNG files the model takes for what it took the example for; where
    /// any class but the label would do, for any such. None where no PNG files were written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) survive_8_bits: Option<usize>,
    pub(crate) examples: Vec<Example>,
    /// Which rows of the source were looked at, where a work was shared out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part: Option<Part>,
    /// What they were made on.
    pub(crate) machine: Option<Machine>,
}

/// An example image.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Example {
    /// Its row in the split, or that of the image it was crafted from.
    pub(crate) source: usize,
    pub(crate) label: usize,
    pub(crate) predicted: usize,
    /// The class that it was to get, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target: Option<usize>,
    /// Iterations of the attack, 0 for benign images.
    pub(crate) iterations: u32,
    /// How far it is from the image it was crafted from; none for benign images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) distances: Option<Distances>,
    /// Whether its PNG file is still what it is; none where there is no such file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) survives_8_bits: Option<bool>,
}

/// Where an attack moved, and what became of the images that it ended with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Picture {
    /// The values of normalised images that 0 and 1 of the attack, and of its parameters, stand for; none where it
    /// attacked pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unclipped: Option<[f64; 2]>,
    /// How images were normalised for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) normalisation: Option<Normalisation>,
    /// Whether contrast was stretched over 8 bits, each image's least value to 0 and its largest to 255; else values
    /// were clipped to [0, 1].
    pub(crate) stretched: bool,
}

impl Picture {
    /// Where the attack moves, if not on pixels.
    pub(crate) fn space(&self, classifier: &Classifier) -> anyhow::Result<Option<Space>> {
        let (Some(range), Some(normalisation)) = (self.unclipped, &self.normalisation) else {
            return Ok(None);
        };
        Ok(Some(Space::of(classifier, normalisation, PixelRange::try_from(range)?)?))
    }
}

impl Card for ExampleCard {
    const FORMAT: &'static str = "a2d-examples";
    const VERSION: u32 = 1;
    const NAME: &'static str = "a card of examples";
}

impl OutputArguments {
    /// Adds to a plan what is written.
    pub(crate) fn plan<'a>(&'a self, plan: Plan<'a>) -> Plan<'a> {
        let plan = plan.writes_work("--out", &self.out);
        match &self.png_dir {
            Some(folder) => plan.fills("--png-dir", folder, "png"),
            None => plan,
        }
    }

    /// The file for the images.
    pub(crate) fn path(&self) -> &Path {
        &self.out
    }

    /// Writes images and card. Where PNG files are written too, the classifier is asked what it takes
    /// their 8 bits for, and the card says so.
    pub(crate) fn write(
        &self,
        classifier: &Classifier,
        images: &Images,
        card: &mut ExampleCard,
    ) -> anyhow::Result<()> {
        if self.png_dir.is_some() {
            card.look_at_8_bits(classifier, images)?;
        }
        card.write_with(&self.out, |file| npy::to_npy(images, file))?;
        if let Some(folder) = &self.png_dir {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("create folder {}", folder.display()))?;
            for (image, example) in images.view().outer_iter().zip(&card.examples) {
                png::write(&folder.join(format!("{:05}.png", example.source)), image)?;
            }
        }
        Ok(())
    }
}

impl ExampleCard {
    /// Puts the images, rounded to 8 bits, through the network again.
    fn look_at_8_bits(&mut self, classifier: &Classifier, images: &Images) -> anyhow::Result<()> {
        let predictions = classifier.predict(&images.to_8_bits(), BATCH)?;
        for (example, prediction) in self.examples.iter_mut().zip(predictions) {
            example.survives_8_bits = Some(example.survives_as(prediction.class));
        }
        let survivors = self.examples.iter().filter(|one| one.survives_8_bits == Some(true));
        self.survive_8_bits = Some(survivors.count());
        Ok(())
    }

    /// The card of images that `model` classifies so.
    pub(crate) fn new(
        model: &str,
        attack: Option<serde_json::Value>,
        split: String,
        seed: u64,
        (tally, examples): (Tally, Vec<Example>),
    ) -> Self {
        let model = model.to_owned();
        let distances: Vec<_> = examples.iter().filter_map(|example| example.distances).collect();
        let mean_distances = Distances::mean(&distances);
        let in_one_iteration = examples.iter().filter(|example| example.iterations == 1).count();
        Self {
            model,
            attack,
            split,
            seed,
            tally,
            mean_distances,
            in_one_iteration,
            integer: false,
            picture: None,
            survive_8_bits: None,
            examples,
            part: None,
            machine: None,
        }
    }
}

impl Example {
    /// The image of this row, which the model classifies correctly.
    pub(crate) fn benign(row: usize, class: usize) -> Self {
        Self {
            source: row,
            label: class,
            predicted: class,
            target: None,
            iterations: 0,
            distances: None,
            survives_8_bits: None,
        }
    }

    /// Whether an image that the model takes for `class` is still what this example is: of its class if
    /// it is benign, of its target if it has one, else of any class but its label.
    fn survives_as(&self, class: usize) -> bool {
        match self.target {
            Some(target) => class == target,
            None if self.predicted == self.label => class == self.label,
            None => class != self.label,
        }
    }
}

impl Outcome for ExampleCard {
    fn human(&self) -> String {
        let Tally { tried, misclassified, on_target, unmoved, succeeded } = self.tally;
        let on_target = match on_target {
            0 => String::new(),
            some => format!("; {some} were of the target class"),
        };
        let unmoved = match unmoved {
            0 => String::new(),
            some => format!("; {some} have a gradient of 0 or were not moved by any step"),
        };
        let distances = self.mean_distances.map(|Distances { l0, l2, linf }| {
            format!(
                "\nmean distances: {l0:.1} elements changed, L2 {l2:.4}, largest change {linf:.4}; \
                 {} took a single iteration",
                self.in_one_iteration
            )
        });
        let survivors = self.survive_8_bits.map(|survivors| {
            let kind =
                if self.attack.is_some() { "adversarial" } else { "classified as they were" };
            format!(
                "\nPNG files hold 8 bits: {survivors} of {} are still {kind} after rounding",
                self.examples.len()
            )
        });
        format!(
            "{} images used of {succeeded} that succeeded and {tried} tried; \
             {misclassified} were misclassified as they are{on_target}{unmoved}{}{}",
            self.examples.len(),
            distances.unwrap_or_default(),
            survivors.unwrap_or_default()
        )
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let header = line([
            &"source",
            &"label",
            &"predicted",
            &"iterations",
            &"l0",
            &"l2",
            &"linf",
            &"survives_8_bits",
        ]);
        let rows = self.examples.iter().map(|example| {
            let Example { source, label, predicted, iterations, distances, .. } = example;
            let mut fields = line([source, label, predicted, iterations]);
            fields.extend(match distances {
                Some(Distances { l0, l2, linf }) => line([l0, l2, linf]),
                None => line([&"", &"", &""]),
            });
            fields.push(example.survives_8_bits.map_or(String::new(), |it| it.to_string()));
            fields
        });
        std::iter::once(header).chain(rows).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_survives_as_what_it_is() {
        let example = |predicted, target| Example {
            source: 0,
            label: 3,
            predicted,
            target,
            iterations: 1,
            distances: None,
            survives_8_bits: None,
        };
        let survives = |example: Example| [3, 5, 7].map(|class| example.survives_as(class));
        assert_eq!(survives(example(3, None)), [true, false, false], "benign");
        assert_eq!(survives(example(5, None)), [false, true, true], "any class but its label");
        assert_eq!(survives(example(5, Some(5))), [false, true, false], "its target");
    }
}
