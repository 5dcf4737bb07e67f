//! The images of a command, from one file or several.

mod names;

use std::collections::HashSet;
use std::path::PathBuf;

use a2d_attacks::Query;
use a2d_cost::{InputSet, Likeness, Sketch, Sketcher, repeats};
use a2d_data::{Digest, ImageFile, ImageSource};
use a2d_model::Classifier;
use anyhow::Context;
pub(crate) use names::Names;
use tch::Tensor;

use crate::exit::{self, BadInput};

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

    /// The shape of the first image of these files.
    pub(crate) fn shape_of(paths: &[PathBuf]) -> anyhow::Result<Option<[usize; 3]>> {
        let first = paths.first().map(|path| ImageFile::open(path)).transpose()?;
        Ok(first.map(|file| file.shape()))
    }

    /// Opens files as [`open`](Self::open) does, but refuses a file or name that comes twice.
    pub(crate) fn open_each_once(
        paths: &[PathBuf],
        classifier: &Classifier,
    ) -> anyhow::Result<Self> {
        // A path that cannot be resolved cannot be opened either.
        let files = paths.iter().map(|path| path.canonicalize().unwrap_or_else(|_| path.clone()));
        let mut seen = HashSet::new();
        if let Some(place) = files.into_iter().position(|file| !seen.insert(file)) {
            let path = paths[place].display();
            let message = format!("read {path}: expected each file once, got it twice");
            return Err(BadInput(message).into());
        }
        let inputs = Self::open(paths, classifier)?;
        if let Some(name) = inputs.names.repeated() {
            let message = format!("read inputs: expected names that differ, got {name:?} twice");
            return Err(BadInput(message).into());
        }
        Ok(inputs)
    }

    /// What is to be known of all images, so that they are known again. Reads, and so checks, each.
    ///
    /// An image that is in two files is refused: it would be measured twice, to no use.
    pub(crate) fn describe(&self) -> anyhow::Result<InputSet> {
        let mut digest = Digest::new(self.len(), self.shape());
        let sketcher = Sketcher::new(self.shape());
        let mut sketches = vec![]; // grows with what is read, whatever a header claims
        for row in 0..self.len() {
            let pixels = self.row(row)?;
            digest.update(&pixels);
            sketches.push(sketcher.sketch(&pixels));
        }
        self.check_repeats(&sketches)?;
        Ok(InputSet { digest: digest.finish(), sketches: Some(sketches), part: None })
    }

    /// Refuses images of several files; says if one file has some twice, as data sets do now and then.
    fn check_repeats(&self, sketches: &[Sketch]) -> Result<(), BadInput> {
        let all = self.len();
        let again = repeats(sketches, Likeness::Arithmetic);
        let (within, between): (Vec<_>, Vec<_>) =
            again.iter().partition(|(this, that)| self.file(*this) == self.file(*that));
        let example = |pairs: &[(usize, usize)]| {
            let (this, that) = pairs.first()?;
            Some(format!("such as {}, which is {}", self.names.of(*this), self.names.of(*that)))
        };
        if let Some(example) = example(&between) {
            let count = between.len();
            return Err(BadInput(format!(
                "read inputs: expected each image in one file, found {count} of {all} in an earlier one \
                 too, {example}"
            )));
        }
        if let Some(example) = example(&within) {
            tracing::warn!(
                "{} of {all} images came before, {example}; no detector will be fitted or evaluated on \
                 these costs or scores",
                within.len()
            );
        }
        Ok(())
    }

    /// The number of the file with this row.
    fn file(&self, row: usize) -> usize {
        let mut rows = 0;
        let is_behind = |file: &&ImageFile| {
            rows += file.len();
            rows <= row
        };
        self.files.iter().take_while(is_behind).count()
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
        rows.into_iter().map(|row| Ok(self.query(row, &self.row(row)?)))
    }

    /// A query of this row, which has these pixels, away from its predicted label.
    pub(crate) fn query(&self, row: usize, pixels: &[f32]) -> Query {
        let shape = self.shape().map(|side| side as i64);
        Query::new(row, Tensor::from_slice(pixels).view(shape))
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
    use a2d_data::Images;
    use a2d_model::Architecture;
    use ndarray::Array4;
    use tch::Device;

    #[test]
    fn images_are_named_by_path_or_row() {
        let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
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
        assert!(both.row(3).is_err());

        let message = format!("{:#}", open(&[one, wide]).map(|_| ()).unwrap_err());
        assert!(message.contains("w.npy") && message.contains("[1, 28, 28]"), "{message}");
    }

    #[test]
    fn files_and_their_images_come_once() {
        let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, greys: &[f32]| {
            let path = folder.path().join(name);
            let pixels = greys.iter().flat_map(|grey| vec![*grey; 784]).collect();
            let pixels = Array4::from_shape_vec((greys.len(), 1, 28, 28), pixels).unwrap();
            a2d_data::npy::write_images(&path, &Images::new(pixels).unwrap()).unwrap();
            path
        };
        let [one, two, three] = [
            write("1.npy", &[0.25]),
            write("2.npy", &[0.5, 0.75, 0.5]),
            write("3.npy", &[0.1, 0.75, 0.25]),
        ];
        let describe = |paths: &[&PathBuf]| {
            let paths: Vec<_> = paths.iter().map(|path| (*path).clone()).collect();
            Inputs::open_each_once(&paths, &classifier)?.describe()
        };
        let known = describe(&[&one, &two]).unwrap();
        let all = Inputs::open(&[one.clone(), two.clone()], &classifier).unwrap();
        assert_eq!((known.digest, known.sketches.unwrap().len()), (all.digest().unwrap(), 4));

        let message = |paths: &[&PathBuf]| describe(paths).unwrap_err().to_string();
        let found = message(&[&one, &two, &three]);
        assert!(found.contains("found 2 of 7 in an earlier one too, such as"), "{found}");
        assert!(found.contains("3.npy[1], which is ") && found.ends_with("2.npy[1]"), "{found}");
        let same = folder.path().join("../").join(folder.path().file_name().unwrap()).join("1.npy");
        assert!(message(&[&one, &two, &same]).contains("1.npy: expected each file once"));
    }
}
