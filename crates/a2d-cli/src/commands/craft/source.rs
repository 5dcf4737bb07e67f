//! The images to craft from, and their true classes.

use std::ops::Range;

use a2d_cost::Part;
use a2d_data::{Digest, ImageSource, read_ahead};
use a2d_file::Plan;
use a2d_model::Classifier;
use anyhow::Context;
use clap::Args;
use sha2::{Digest as _, Sha256};
use tch::Tensor;

use crate::arguments::positive;
use crate::exit;
use crate::labelled::{LabelledArguments, Selection, predictions};
use crate::progress;
use crate::rows::RowsArguments;

/// Examples to find among the images of a data set.
const COUNT: usize = 1000;

/// Images to craft from: those of a file or folder, or of a data set. Where the user gives a file without
/// labels, the classes that the model predicts count as true.
#[derive(Debug, Args)]
#[command(mut_arg("rows", |rows| rows.conflicts_with_all(["skip", "limit"])))]
pub(super) struct SourceArguments {
    #[command(flatten)]
    images: LabelledArguments,
    /// The most images to look at [default: all]
    #[arg(long, value_parser = positive)]
    limit: Option<usize>,
    #[command(flatten)]
    rows: RowsArguments,
    /// Examples to find [default: 1000 of a data set, as many as there are of a file or folder]
    #[arg(long, value_parser = positive)]
    pub(super) count: Option<usize>,
}

/// Images that are read when they are wanted, some of which are to be attacked, and their true classes.
pub(super) struct Source {
    images: Box<dyn ImageSource>,
    /// How many of the images there are for this work.
    len: usize,
    /// Of the images to attack.
    labels: Vec<u32>,
    /// The number of the first image to attack: rows are numbered as in the source.
    pub(super) first: usize,
    /// Examples to find.
    pub(super) wanted: usize,
    /// Where the images come from, for cards.
    pub(super) description: String,
    /// Whether the rows were chosen as a share of the work.
    is_share: bool,
    /// Hex SHA-256 of all images, and of their labels where they are known.
    digest: String,
}

impl SourceArguments {
    /// The shape of the images that the user names.
    pub(super) fn shape(&self) -> anyhow::Result<Option<[usize; 3]>> {
        self.images.shape()
    }

    /// Adds to a plan what is read.
    pub(super) fn plan<'a>(&'a self, plan: Plan<'a>) -> anyhow::Result<Plan<'a>> {
        self.images.plan(plan)
    }

    pub(super) fn load(&self, classifier: &Classifier, window: usize) -> anyhow::Result<Source> {
        let Selection { images, labels: known, first, description } =
            self.images.load(classifier)?;
        let len = match self.limit {
            Some(limit) => images.len().min(first.saturating_add(limit)),
            None => images.len(),
        };
        let rows = if self.rows.is_given() { self.rows.of(len)? } else { first..len };
        let digest = digest(&*images, known.as_ref().map(|known| &known[..len]), len)?;
        let labels = match known {
            Some(known) => known[rows.clone()].to_vec(),
            None => predicted(classifier, &*images, rows.clone(), window)
                .with_context(|| format!("read {description}"))?,
        };
        let wanted = if self.images.is_named() { usize::MAX } else { COUNT };
        Ok(Source {
            images,
            len,
            labels,
            first: rows.start,
            wanted: self.count.unwrap_or(wanted),
            description,
            is_share: self.rows.is_given(),
            digest,
        })
    }
}

/// The classes that the model predicts for these rows, `window` of them at a time.
fn predicted(
    classifier: &Classifier,
    images: &dyn ImageSource,
    rows: Range<usize>,
    window: usize,
) -> anyhow::Result<Vec<u32>> {
    let predictions = predictions(classifier, images, rows, window)?;
    Ok(predictions.iter().map(|prediction| prediction.class as u32).collect())
}

/// Hex SHA-256 of the first `len` images, and of their labels where they are known.
fn digest(images: &dyn ImageSource, labels: Option<&[u32]>, len: usize) -> anyhow::Result<String> {
    let mut digest = Digest::new(len, images.shape());
    let bar = progress::bar(len, "read");
    read_ahead(images, 0..len, 1, |images| {
        images.map(|(_, pixels)| pixels).try_for_each(|pixels| {
            digest.update(&pixels?);
            bar.inc(1);
            Ok::<(), a2d_data::Error>(())
        })
    })?;
    bar.finish_and_clear();
    let mut hash = Sha256::new_with_prefix(digest.finish());
    for label in labels.into_iter().flatten() {
        hash.update(u64::from(*label).to_le_bytes());
    }
    Ok(hex::encode(hash.finalize()))
}

impl Source {
    /// The true classes of the images to attack, the first of which is that of row [`first`](Self::first).
    pub(super) fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The rows to attack.
    pub(super) fn rows(&self) -> Range<usize> {
        self.first..self.first + self.labels.len()
    }

    /// The true class of this row, if it is to be attacked.
    pub(super) fn label(&self, row: usize) -> Option<usize> {
        let place = row.checked_sub(self.first)?;
        self.labels.get(place).map(|label| *label as usize)
    }

    /// How many images the source has, also those that are not attacked.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Channels, height and width of an image.
    pub(super) fn shape(&self) -> [i64; 3] {
        self.images.shape().map(|side| side as i64)
    }

    /// Does `work` with the images of rows, \[C, H, W\], of which those that are not done are read ahead.
    pub(super) fn with_images<R>(
        &self,
        is_done: impl Fn(usize) -> bool,
        work: impl FnOnce(&mut dyn FnMut(usize) -> anyhow::Result<Tensor>) -> R,
    ) -> R {
        let missing: Vec<usize> = self.rows().filter(|row| !is_done(*row)).collect();
        read_ahead(&*self.images, missing.into_iter(), 1, |images| {
            let mut images = images.peekable();
            work(&mut |row| {
                let pixels = match images.next_if(|(next, _)| *next == row) {
                    Some((_, pixels)) => pixels,
                    // Attacks that learn first see some images before, or twice.
                    None => self.images.row(row),
                };
                Ok(Tensor::from_slice(&pixels?).view(self.shape()))
            })
        })
    }

    /// The error, with the number of the image that it is about, if it is about one.
    pub(super) fn naming(&self, error: anyhow::Error) -> anyhow::Error {
        match exit::row(&error) {
            Some(row) => error.context(format!("{}, image {row}", self.description)),
            None => error,
        }
    }

    /// Hex SHA-256 of all images of the source, and of their labels where they are known.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// What part of the source the first `tried` rows are, where the work is shared out.
    pub(super) fn part(&self, tried: usize) -> Option<Part> {
        let rows = self.first..self.first + tried;
        let part = Part { source: self.digest.clone(), rows, of: self.len };
        Some(part).filter(|part| self.is_share && !part.is_whole())
    }
}
