use std::io::Write;
use std::path::{Path, PathBuf};

use a2d_attacks::Tally;
use a2d_data::{Images, npy, png};
use anyhow::Context;
use atomic_write_file::AtomicWriteFile;
use clap::Args;
use serde::Serialize;

use crate::format::{Outcome, line};

/// Where example images go.
#[derive(Debug, Args)]
pub(crate) struct OutputArguments {
    /// File for the images (npy, float32, N x C x H x W); their card goes beside it
    #[arg(long, value_name = "NPY")]
    out: PathBuf,
    /// Folder for each image as a PNG file too, named by its row in the data set
    #[arg(long, value_name = "DIR")]
    png_dir: Option<PathBuf>,
}

/// The card of example images: `x.card.json` says where `x.npy` comes from.
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
    pub(crate) examples: Vec<Example>,
}

/// An example image.
#[derive(Debug, Serialize)]
pub(crate) struct Example {
    /// Its row in the split, or that of the image it was crafted from.
    pub(crate) source: usize,
    pub(crate) label: u8,
    pub(crate) predicted: usize,
    /// Iterations of the attack, 0 for benign images.
    pub(crate) iterations: u32,
}

impl OutputArguments {
    /// Writes images and card.
    pub(crate) fn write(&self, images: &Images, card: &ExampleCard) -> anyhow::Result<()> {
        npy::write_images(&self.out, images)?;
        write_card(&self.out.with_extension("card.json"), card)?;
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

fn write_card(path: &Path, card: &ExampleCard) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(card)?;
    let write = || {
        let mut file = AtomicWriteFile::open(path)?;
        writeln!(file, "{text}")?;
        file.commit()
    };
    write().with_context(|| format!("write {}", path.display()))
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
        Self { format, version, model, attack, split, seed, tally, examples }
    }
}

impl Outcome for ExampleCard {
    fn human(&self) -> String {
        let Tally { tried, misclassified, succeeded } = self.tally;
        format!(
            "{} images used of {succeeded} that succeeded and {tried} tried; \
             {misclassified} were misclassified as they are",
            self.examples.len()
        )
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let mut lines = vec![line([&"source", &"label", &"predicted", &"iterations"])];
        lines.extend(self.examples.iter().map(|example| {
            line([&example.source, &example.label, &example.predicted, &example.iterations])
        }));
        lines
    }
}
