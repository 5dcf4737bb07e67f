//! What a baseline is fitted on, from files.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::slice;

use a2d_baselines::Examples;
use a2d_cost::InputSet;
use a2d_data::{Dataset, ImageSource, Images, read_ahead};
use a2d_file::Card as _;
use a2d_model::Classifier;
use ndarray::Array4;

use crate::examples::ExampleCard;
use crate::exit::BadInput;
use crate::inputs::Inputs;
use crate::labelled::{batch, predictions};
use crate::reading::{Input, ReadingArguments};

/// Images of a file, and what is known of them.
pub(super) struct Set {
    pub(super) images: Images,
    pub(super) described: InputSet,
    /// Where they come from; none without a card.
    card: Option<ExampleCard>,
}

impl Set {
    /// The images of a file or folder.
    pub(super) fn read(
        input: &Input,
        reading: ReadingArguments,
        classifier: &Classifier,
    ) -> anyhow::Result<Self> {
        let inputs = Inputs::open_each_once(slice::from_ref(input), reading, classifier)?;
        let described = inputs.describe()?;
        let card = if input.is_folder() { None } else { card(input.path(), inputs.len())? };
        Ok(Self { images: images(&inputs)?, described, card })
    }

    /// These benign images with their true classes: those that their card says, else those that the model predicts.
    pub(super) fn labelled(&self, classifier: &Classifier) -> anyhow::Result<Dataset> {
        let labels: Vec<_> = if let Some(card) = &self.card {
            card.examples.iter().map(|example| example.label as u32).collect()
        } else {
            let all = 0..self.images.len();
            let found = predictions(classifier, &self.images, all, batch(&self.images))?;
            found.iter().map(|prediction| prediction.class as u32).collect()
        };
        classifier.check_labels("fit on images", &labels)?;
        Ok(Dataset::new(self.images.clone(), labels)?)
    }

    /// These as examples by an attack, each with the benign image that it was crafted from, where that is known.
    pub(super) fn examples(self, kind: &str, benign: &Self) -> Examples {
        let originals = match (&self.card, &benign.card) {
            (Some(card), Some(of_benign)) if card.split == of_benign.split => {
                let rows = of_benign.examples.iter().map(|example| example.source);
                let rows: HashMap<_, _> = rows.zip(0..).collect();
                let original = |source: usize| rows.get(&source).copied();
                card.examples.iter().map(|example| original(example.source)).collect()
            }
            _ => vec![None; self.images.len()],
        };
        Examples { kind: kind.to_owned(), images: self.images, originals }
    }
}

/// Some images of a source, at least one.
pub(super) struct Rows<'a> {
    pub(super) source: &'a dyn ImageSource,
    pub(super) rows: Range<usize>,
}

impl ImageSource for Rows<'_> {
    fn len(&self) -> usize {
        self.rows.len()
    }

    fn shape(&self) -> [usize; 3] {
        self.source.shape()
    }

    fn row(&self, row: usize) -> a2d_data::Result<Vec<f32>> {
        match self.rows.clone().nth(row) {
            Some(row) => self.source.row(row),
            None => Err(a2d_data::Error::Row { row, len: self.len() }),
        }
    }
}

/// The card of example images, if there is one.
fn card(path: &Path, images: usize) -> anyhow::Result<Option<ExampleCard>> {
    if a2d_file::card_format(path)?.as_deref() != Some(ExampleCard::FORMAT) {
        return Ok(None);
    }
    let Some(card) = ExampleCard::read(path)? else { return Ok(None) };
    let said = card.examples.len();
    if said != images {
        let path = path.display();
        let message =
            format!("read {path}: expected the {said} images of its card, found {images}");
        return Err(BadInput(message).into());
    }
    Ok(Some(card))
}

/// The images of a source, in memory.
fn images(source: &dyn ImageSource) -> anyhow::Result<Images> {
    let [channels, height, width] = source.shape();
    let count = source.len();
    let mut pixels = vec![]; // grows with what is read, whatever a header claims
    read_ahead(source, 0..count, 1, |images| {
        for (_, image) in images {
            pixels.extend(image?);
        }
        Ok::<(), a2d_data::Error>(())
    })?;
    let pixels = Array4::from_shape_vec((count, channels, height, width), pixels)?;
    Ok(Images::new(pixels)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_the_source() {
        let pixels = Array4::from_shape_fn((5, 1, 1, 1), |(row, ..)| row as f32 / 10.0);
        let source = &Images::new(pixels).unwrap();
        let some = Rows { source, rows: 2..4 };
        assert_eq!((some.len(), some.shape()), (2, [1, 1, 1]));
        assert_eq!([0, 1].map(|row| some.row(row).unwrap()), [[0.2], [0.3]]);
        assert!(some.row(2).unwrap_err().to_string().contains("there are 2"));
        assert_eq!(images(&some).unwrap(), source.select(&[2, 3]).unwrap());
    }
}
