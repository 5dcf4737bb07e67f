//! The images with true classes that a command works on: a data set, a file, or a folder of classes.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::slice;

use a2d_data::{
    ClassesInTurn, ImageFolder, ImageSource, Labelled, WithLabels, has_classes, read_ahead,
    read_labels,
};
use a2d_file::Plan;
use a2d_model::{Classifier, Predicting, Prediction};
use anyhow::Context;
use clap::Args;
use tch::Tensor;

use crate::datasets::{self, DataArguments, SplitArgument};
use crate::exit::BadInput;
use crate::inputs::{Inputs, check_shape};
use crate::progress;
use crate::reading::{Input, ReadingArguments, TAKEN};

/// Images of a data set, a file or a folder, with their labels.
#[derive(Debug, Args)]
#[command(
    mut_arg("layout", |arg| arg.requires("input")),
    mut_arg("resize", |arg| arg.requires("input")),
    mut_arg("crop", |arg| arg.requires("input"))
)]
pub(crate) struct LabelledArguments {
    #[arg(long, value_name = "FILE|DIR", value_parser = Input::parser(), help = format!("Images in place of a data set: {TAKEN}, of which one of each class comes in turn"))]
    input: Option<Input>,
    /// The true classes of the images of a file, or of a folder without classes (npy or IDX)
    #[arg(long, value_name = "FILE", requires = "input")]
    labels: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArguments,
    #[command(flatten)]
    data: DataArguments,
    /// Part of the data set [default: test, or what a baseline is fitted on]
    #[arg(long, value_enum)]
    split: Option<SplitArgument>,
    /// Images to pass over at the start
    #[arg(long, default_value_t = 0)]
    skip: usize,
}

/// The chosen images.
pub(crate) struct Selection {
    /// All images of the source, also those that are passed over.
    pub(crate) images: Box<dyn ImageSource>,
    /// The class of each; none of a file without labels.
    pub(crate) labels: Option<Vec<u32>>,
    /// The number of the first that is chosen.
    pub(crate) first: usize,
    /// Where they come from, for cards.
    pub(crate) description: String,
}

impl LabelledArguments {
    /// Adds to a plan what may be read.
    pub(crate) fn plan<'a>(&'a self, plan: Plan<'a>) -> anyhow::Result<Plan<'a>> {
        match &self.input {
            Some(input) => {
                let plan = Input::plan(slice::from_ref(input), plan);
                Ok(plan.reads_all("--labels", &self.labels))
            }
            None => self.data.plan(plan),
        }
    }

    /// Whether the user names the images.
    pub(crate) fn is_named(&self) -> bool {
        self.input.is_some()
    }

    /// The shape of the images that the user names.
    pub(crate) fn shape(&self) -> anyhow::Result<Option<[usize; 3]>> {
        Inputs::shape_of(self.input.as_slice(), self.reading)
    }

    /// The images, for this classifier: of a data set those to test on, where nothing else is said.
    pub(crate) fn load(&self, classifier: &Classifier) -> anyhow::Result<Selection> {
        self.load_part(classifier, SplitArgument::Test)
    }

    /// The images, for this classifier: of a data set this part, where nothing else is said.
    pub(crate) fn load_part(
        &self,
        classifier: &Classifier,
        part: SplitArgument,
    ) -> anyhow::Result<Selection> {
        let mut selection = match &self.input {
            Some(path) => self.named(path, classifier)?,
            None => self.of_shape(classifier, self.split.unwrap_or(part))?,
        };
        let all = selection.images.len();
        if self.skip >= all {
            return Err(BadInput(format!(
                "select images: expected --skip below {all}, the number of images, got {}",
                self.skip
            ))
            .into());
        }
        selection.first = self.skip;
        Ok(selection)
    }

    /// The images of the data set that has those of the classifier's shape.
    fn of_shape(&self, classifier: &Classifier, part: SplitArgument) -> anyhow::Result<Selection> {
        let set = datasets::of_shape(classifier.input_shape())?;
        let opened = set.open(&self.data.root()?, part.into())?;
        let description = format!("{} {}", opened.title, part.name());
        of(opened.source, classifier, description)
    }

    /// The images of a file or folder.
    fn named(&self, input: &Input, classifier: &Classifier) -> anyhow::Result<Selection> {
        let path = input.path();
        let place = || format!("read {}", path.display());
        let description = path.display().to_string();
        if input.is_folder() && has_classes(path)? {
            if self.labels.is_some() {
                let found = "--labels beside a folder, whose folders are the classes";
                return Err(
                    BadInput(format!("{}: expected no labels, got {found}", place())).into()
                );
            }
            let reading = self.reading.reading(Some(classifier.input_shape()[0]));
            let folder = ImageFolder::open(path, reading)?;
            check_shape(classifier, folder.shape(), path)?;
            return of(Box::new(ClassesInTurn::new(folder)), classifier, description)
                .with_context(place);
        }
        let images = Inputs::open(slice::from_ref(input), self.reading, classifier)?;
        match &self.labels {
            Some(labels) => {
                let labelled = WithLabels::new(images, read_labels(labels)?).with_context(place)?;
                of(Box::new(labelled), classifier, description)
            }
            None => Ok(Selection { images: Box::new(images), labels: None, first: 0, description }),
        }
    }
}

impl Selection {
    /// The numbers of the chosen images.
    pub(crate) fn rows(&self) -> Range<usize> {
        self.first..self.images.len()
    }

    /// The labels of all images, where there have to be some.
    pub(crate) fn known_labels(&self) -> Result<&[u32], BadInput> {
        self.labels.as_deref().ok_or_else(|| {
            let description = &self.description;
            BadInput(format!("read {description}: expected true classes too, got no --labels"))
        })
    }
}

/// The pixels of a forward pass, so that what layers give for large images takes no more memory than for small ones.
const PIXELS: usize = 1 << 21;

/// The most images of one.
const BATCH: usize = 256;

/// How many of these images share a forward pass that has no other limit.
pub(crate) fn batch(images: &dyn ImageSource) -> usize {
    (PIXELS / images.shape().iter().product::<usize>()).clamp(1, BATCH)
}

/// What a classifier says of these rows of a source, `batch` of them at a time for each worker.
pub(crate) fn predictions(
    classifier: &Classifier,
    images: &dyn ImageSource,
    rows: Range<usize>,
    batch: usize,
) -> anyhow::Result<Vec<Prediction>> {
    said(classifier, images, rows, batch, Prediction::of)
}

/// What is read from a classifier's logits of these rows of a source, `batch` of them at a time for each worker.
pub(crate) fn said<T: Send>(
    classifier: &Classifier,
    images: &dyn ImageSource,
    rows: Range<usize>,
    batch: usize,
    read: fn(&[f64]) -> T,
) -> anyhow::Result<Vec<T>> {
    let shape = images.shape().map(|side| side as i64);
    let mut said = vec![];
    let bar = progress::bar(rows.len(), "predict");
    read_ahead(images, rows, 1, |images| {
        let queries =
            images.map(|(row, pixels)| Ok((row, Tensor::from_slice(&pixels?).view(shape))));
        let session = &mut || Ok(Predicting::reading(batch, read));
        classifier.work(session, queries, &mut |of_row| {
            said.push(of_row);
            bar.inc(1);
            Ok::<(), anyhow::Error>(())
        })
    })?;
    bar.finish_and_clear();
    said.sort_unstable_by_key(|(row, _)| *row);
    Ok(said.into_iter().map(|(_, of_row)| of_row).collect())
}

/// The whole of a source, with the numbers that the classifier has for its classes.
fn of(
    source: Box<dyn Labelled>,
    classifier: &Classifier,
    description: String,
) -> anyhow::Result<Selection> {
    let labels = match source.class_names() {
        Some(names) => renumbered(source.labels(), names, classifier)?,
        None => source.labels().to_vec(),
    };
    Ok(Selection { images: source, labels: Some(labels), first: 0, description })
}

/// Labels as the classifier numbers classes of these names, if it knows names: a folder of a few of them
/// begins to count anew.
fn renumbered(
    labels: &[u32],
    names: &[String],
    classifier: &Classifier,
) -> Result<Vec<u32>, BadInput> {
    let known = (0..classifier.classes()).map_while(|class| classifier.class_name(class));
    let known: HashMap<&str, u32> = known.zip(0..).collect();
    let Some(example) = classifier.class_name(0) else {
        let (found, classes) = (names.len(), classifier.classes());
        if found != classes {
            tracing::warn!(
                "the model names none of its {classes} classes, and images are of {found}: these are taken for \
                 the first, in the order of their names; a card with the names says which they are"
            );
        }
        return Ok(labels.to_vec());
    };
    let number = |name: &String| {
        known.get(name.as_str()).copied().ok_or_else(|| {
            BadInput(format!(
                "label images: expected classes that the model names, such as {example:?}, got {name:?}"
            ))
        })
    };
    let numbers = names.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    Ok(labels.iter().map(|label| numbers[*label as usize]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use a2d_model::{Architecture, Blueprint, Classes};
    use tch::Device;

    #[test]
    fn large_images_share_a_pass_with_fewer() {
        let of = |channels, side| {
            let pixels = ndarray::Array4::zeros((1, channels, side, side));
            batch(&a2d_data::Images::new(pixels).unwrap())
        };
        assert_eq!([of(1, 28), of(3, 32), of(3, 224), of(3, 2000)], [256, 256, 13, 1]);
    }

    #[test]
    fn classes_have_the_numbers_of_the_model() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let of_model: Vec<String> = names(&["cat", "dog", "fish"]);
        let model = Blueprint::from(Architecture::LENET5);
        let nameless = Classifier::untrained(model.clone(), 0, Device::Cpu);
        let model = model.with_named_classes(Classes::Names(of_model)).unwrap();
        let classifier = Classifier::untrained(model, 0, Device::Cpu);
        let some: Vec<String> = names(&["dog", "fish"]);
        assert_eq!(renumbered(&[1, 0, 1], &some, &classifier).unwrap(), [2, 1, 2]);
        assert_eq!(renumbered(&[1, 0, 1], &some, &nameless).unwrap(), [1, 0, 1]);
        let others: Vec<String> = names(&["dog", "emu"]);
        let message = renumbered(&[0], &others, &classifier).unwrap_err().to_string();
        assert!(message.contains("such as \"cat\", got \"emu\""), "{message}");
    }
}
