//! The images of a command, from one file or several.

mod names;

use std::ops::Range;
use std::path::PathBuf;

use a2d_attacks::Query;
use a2d_data::{ImageFile, ImageSource, Images};
use a2d_model::Classifier;
use anyhow::Context;
use names::Names;
use ndarray::Array4;
use tch::Tensor;

use crate::exit;

/// Images from files, each with a name. They are read when they are wanted, one at a time.
pub(crate) struct Inputs {
    pub(crate) names: Names,
    files: Vec<ImageFile>,
}

impl Inputs {
    /// Opens files of one image (PNG) or many (npy, IDX) for this classifier.
    pub(crate) fn open(paths: &[PathBuf], classifier: &Classifier) -> anyhow::Result<Self> {
        let mut names = Names::default();
        let mut files: Vec<ImageFile> = vec![];
        for path in paths {
            let file = ImageFile::open(path)?;
            let place = || format!("read {}", path.display());
            classifier.check_shape(file.shape()).with_context(place)?;
            names.add(path, file.len());
            files.push(file);
        }
        Ok(Self { names, files })
    }

    /// The images of these rows.
    pub(crate) fn images(&self, rows: Range<usize>) -> anyhow::Result<Images> {
        let [channels, height, width] = self.shape();
        let shape = (rows.len(), channels, height, width);
        let pixels = rows.map(|row| self.row(row)).collect::<Result<Vec<_>, _>>()?.concat();
        Ok(Images::new(Array4::from_shape_vec(shape, pixels)?)?)
    }

    /// The error, with the name of the input that it is about, if it is about one.
    pub(crate) fn naming(&self, error: anyhow::Error) -> anyhow::Error {
        match exit::row(&error).map(|row| self.names.of(row)) {
            Some(name) => error.context(format!("input {name}")),
            None => error,
        }
    }

    /// Queries of these rows, away from their predicted labels.
    pub(crate) fn queries(
        &self,
        rows: impl IntoIterator<Item = usize>,
    ) -> impl Iterator<Item = anyhow::Result<Query>> {
        let [channels, height, width] = self.shape().map(|side| side as i64);
        rows.into_iter().map(move |row| {
            let pixels = Tensor::from_slice(&self.row(row)?);
            Ok(Query::new(row, pixels.view([channels, height, width])))
        })
    }
}

impl ImageSource for Inputs {
    fn len(&self) -> usize {
        self.names.len()
    }

    fn shape(&self) -> [usize; 3] {
        self.files[0].shape()
    }

    fn row(&self, row: usize) -> a2d_data::Result<Vec<f32>> {
        let mut place = row;
        for file in &self.files {
            if place < file.len() {
                return file.row(place);
            }
            place -= file.len();
        }
        Err(a2d_data::Error::Row { row, len: self.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use a2d_model::Architecture;
    use tch::Device;

    #[test]
    fn images_are_named_by_path_or_row() {
        let classifier = Classifier::untrained(Architecture::LeNet5, 0, Device::Cpu);
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, rows, side, grey| {
            let path = folder.path().join(name);
            let images = Images::new(Array4::from_elem((rows, 1, side, side), grey)).unwrap();
            a2d_data::npy::write_images(&path, &images).unwrap();
            path
        };
        let (one, two) = (write("1.npy", 1, 28, 0.25), write("2.npy", 2, 28, 0.5));
        let wide = write("w.npy", 1, 32, 0.5);
        let open = |paths: &[PathBuf]| Inputs::open(paths, &classifier);
        let names = |inputs: &Inputs| inputs.names.iter().collect::<Vec<_>>();
        assert_eq!(names(&open(std::slice::from_ref(&two)).unwrap()), ["0", "1"]);

        let both = open(&[one.clone(), two.clone()]).unwrap();
        let path = two.display();
        let expected = [one.display().to_string(), format!("{path}[0]"), format!("{path}[1]")];
        assert_eq!(names(&both), expected);
        let queries: Vec<_> = both.queries([2, 0]).map(Result::unwrap).collect();
        let greys = queries.iter().map(|query| (query.row, query.image.double_value(&[0, 3, 4])));
        assert_eq!(greys.collect::<Vec<_>>(), [(2, 0.5), (0, 0.25)]);
        let images = both.images(1..3).unwrap();
        assert_eq!((images.len(), images.as_slice()[0]), (2, 0.5));
        assert!(both.row(3).is_err());

        let message = format!("{:#}", open(&[one, wide]).map(|_| ()).unwrap_err());
        assert!(message.contains("w.npy") && message.contains("[1, 28, 28]"), "{message}");
    }
}
