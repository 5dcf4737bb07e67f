//! The images to craft from, and their true classes.

use std::path::{Path, PathBuf};

use a2d_data::{ImageFile, ImageSource as _, Images, read_labels};
use a2d_file::Plan;
use a2d_model::Classifier;
use anyhow::Context;
use clap::Args;
use sha2::{Digest, Sha256};

use crate::arguments::{LabelledArguments, Selection, positive};
use crate::exit::{self, BadInput};

/// Examples to find among the images of a data set.
const COUNT: usize = 1000;

/// Images to craft from: those of a file, or of a data set.
#[derive(Debug, Args)]
pub(super) struct SourceArguments {
    /// Images (npy, IDX or PNG) to craft from, in place of a data set
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Their true classes (npy or IDX) [default: what the model predicts]
    #[arg(long, value_name = "FILE", requires = "input")]
    labels: Option<PathBuf>,
    #[command(flatten)]
    dataset: LabelledArguments,
    /// The most images to look at [default: all]
    #[arg(long, value_parser = positive)]
    limit: Option<usize>,
    /// Examples to find [default: 1000 of a data set, as many as there are of a file]
    #[arg(long, value_parser = positive)]
    pub(super) count: Option<usize>,
}

/// Images and their true classes.
pub(super) struct Labelled {
    pub(super) images: Images,
    pub(super) labels: Vec<usize>,
    /// The number of the first image in its set.
    pub(super) first: usize,
    /// Examples to find.
    pub(super) wanted: usize,
    /// Where the images come from, for cards.
    pub(super) description: String,
}

impl SourceArguments {
    /// Adds to a plan what is read.
    pub(super) fn plan<'a>(&'a self, plan: Plan<'a>) -> anyhow::Result<Plan<'a>> {
        match &self.input {
            Some(input) => Ok(plan.reads("--input", input).reads_all("--labels", &self.labels)),
            None => self.dataset.plan(plan),
        }
    }

    pub(super) fn load(&self, classifier: &Classifier, batch: usize) -> anyhow::Result<Labelled> {
        let mut source = match &self.input {
            Some(input) => self.file(input, classifier, batch)?,
            None => self.dataset(classifier)?,
        };
        if let Some(limit) = self.limit.filter(|limit| *limit < source.labels.len()) {
            source.images = source.images.select(&(0..limit).collect::<Vec<_>>())?;
            source.labels.truncate(limit);
        }
        Ok(source)
    }

    fn dataset(&self, classifier: &Classifier) -> anyhow::Result<Labelled> {
        let Selection { set, first, description } = self.dataset.load(classifier.input_shape())?;
        let labels = set.labels().iter().map(|label| usize::from(*label)).collect();
        let images = set.images().clone();
        let wanted = self.count.unwrap_or(COUNT);
        Ok(Labelled { images, labels, first, wanted, description })
    }

    fn file(
        &self,
        input: &Path,
        classifier: &Classifier,
        batch: usize,
    ) -> anyhow::Result<Labelled> {
        let file = ImageFile::open(input)?;
        classifier
            .check_shape(file.shape())
            .with_context(|| format!("read {}", input.display()))?;
        let labels = self.labels.as_deref().map(read_labels).transpose()?;
        if let Some(labels) = labels.as_ref().filter(|labels| labels.len() != file.len()) {
            return Err(BadInput(format!(
                "craft from {}: expected as many labels as images, {}, got {}",
                input.display(),
                file.len(),
                labels.len()
            ))
            .into());
        }
        let images = file.into_images()?;
        let labels: Vec<usize> = if let Some(labels) = labels {
            labels.into_iter().map(usize::from).collect()
        } else {
            let predictions = classifier.predict(&images, batch);
            let predictions = predictions.with_context(|| format!("read {}", input.display()))?;
            predictions.into_iter().map(|prediction| prediction.class).collect()
        };
        let wanted = self.count.unwrap_or(usize::MAX);
        let description = input.display().to_string();
        Ok(Labelled { images, labels, first: 0, wanted, description })
    }
}

impl Labelled {
    /// The error, with the number that the image it is about has in its set, if it is about one.
    pub(super) fn naming(&self, error: anyhow::Error) -> anyhow::Error {
        match exit::row(&error) {
            Some(row) => error.context(format!("{}, image {}", self.description, self.first + row)),
            None => error,
        }
    }

    /// Hex SHA-256 of images and labels.
    pub(super) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.images.digest());
        for label in &self.labels {
            hash.update((*label as u64).to_le_bytes());
        }
        hex::encode(hash.finalize())
    }
}
