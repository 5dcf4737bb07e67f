//! Example images, and the card that says where they come from.

use std::path::{Path, PathBuf};

use a2d_attacks::{Distances, Tally};
use a2d_cost::Machine;
use a2d_data::{Images, npy, png};
use anyhow::Context;
use clap::Args;
use serde::Serialize;

use crate::arguments::output_file;
use crate::format::{Outcome, line};
use crate::text_file;

/// Where example images go.
#[derive(Debug, Args)]
pub(crate) struct OutputArguments {
    /// File for the images (npy, float32, N x C x H x W); their card goes beside it
    #[arg(long, value_name = "NPY", value_parser = output_file)]
    out: PathBuf,
    /// Folder for each image as a PNG file too, named by its row in the data set
    #[arg(long, value_name = "DIR")]
    png_dir: Option<PathBuf>,
}

/// The card of example images: `x.npy.card.json` says where `x.npy` comes from.
#[derive(Debug, Serialize)]
pub(crate) struct ExampleCard {
    pub(crate) format: &'static str,
    pub(crate) version: u32,
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
    pub(crate) examples: Vec<Example>,
    /// What they were made on.
    pub(crate) machine: Option<Machine>,
}

/// An example image.
#[derive(Debug, Serialize)]
pub(crate) struct Example {
    /// Its row in the split, or that of the image it was crafted from.
    pub(crate) source: usize,
    pub(crate) label: usize,
    pub(crate) predicted: usize,
    /// Iterations of the attack, 0 for benign images.
    pub(crate) iterations: u32,
    /// How far it is from the image it was crafted from; none for benign images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) distances: Option<Distances>,
}

impl OutputArguments {
    /// The file for the images.
    pub(crate) fn path(&self) -> &Path {
        &self.out
    }

    /// Writes images and card.
    pub(crate) fn write(&self, images: &Images, card: &ExampleCard) -> anyhow::Result<()> {
        npy::write_images(&self.out, images)?;
        let card_text = serde_json::to_string_pretty(card)? + "\n";
        text_file::write(&text_file::card_path(&self.out), &card_text)?;
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
    /// The card of images that `model` classifies so.
    pub(crate) fn new(
        model: &str,
        attack: Option<serde_json::Value>,
        split: String,
        seed: u64,
        (tally, examples): (Tally, Vec<Example>),
    ) -> Self {
        let (format, version, model) = ("a2d-examples", 1, model.to_owned());
        let distances: Vec<_> = examples.iter().filter_map(|example| example.distances).collect();
        let mean_distances = Distances::mean(&distances);
        let in_one_iteration = examples.iter().filter(|example| example.iterations == 1).count();
        Self {
            format,
            version,
            model,
            attack,
            split,
            seed,
            tally,
            mean_distances,
            in_one_iteration,
            examples,
            machine: None,
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
        format!(
            "{} images used of {succeeded} that succeeded and {tried} tried; \
             {misclassified} were misclassified as they are{on_target}{unmoved}{}",
            self.examples.len(),
            distances.unwrap_or_default()
        )
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let header =
            line([&"source", &"label", &"predicted", &"iterations", &"l0", &"l2", &"linf"]);
        let rows = self.examples.iter().map(|example| {
            let Example { source, label, predicted, iterations, distances } = example;
            let mut fields = line([source, label, predicted, iterations]);
            fields.extend(match distances {
                Some(Distances { l0, l2, linf }) => line([l0, l2, linf]),
                None => line([&"", &"", &""]),
            });
            fields
        });
        std::iter::once(header).chain(rows).collect()
    }
}
