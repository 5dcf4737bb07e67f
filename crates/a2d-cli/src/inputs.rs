//! The images of a command, from one file or several.

mod names;
mod opened;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::thread;

use a2d_attacks::Query;
use a2d_cost::{InputSet, Likeness, Sketch, Sketcher, repeats};
use a2d_data::{Digest, ImageFile, ImageSource, read_ahead};
use a2d_model::Classifier;
pub(crate) use names::Names;
use tch::Tensor;

use crate::exit::{self, BadInput};
use crate::progress;
use crate::reading::{Input, ReadingArguments};

/// The most threads that read images for nothing else than to know them.
const READERS: usize = 4;

/// Images from files, each with a name. They are read when they are wanted, one at a time.
pub(crate) struct Inputs {
    pub(crate) names: Names,
    files: Vec<ImageFile>,
}

impl Inputs {
    /// Opens files of images for this classifier, those of folders in the order of class and name.
    pub(crate) fn open(
        inputs: &[Input],
        reading: ReadingArguments,
        classifier: &Classifier,
    ) -> anyhow::Result<Self> {
        Self::of_files(&files(inputs)?, reading, classifier)
    }

    /// The shape of the first image of these files, as it is read.
    pub(crate) fn shape_of(
        inputs: &[Input],
        reading: ReadingArguments,
    ) -> anyhow::Result<Option<[usize; 3]>> {
        let Some(input) = inputs.first() else { return Ok(None) };
        // Folders have grey images among those of colours.
        let reading = reading.reading(input.is_folder().then_some(3));
        let first = input.files()?.into_iter().next();
        let file = first.map(|file| opened::image_file(&file, reading)).transpose()?;
        Ok(file.map(|file| file.shape()))
    }

    /// Opens files as [`open`](Self::open) does, but refuses a file or name that comes twice.
    pub(crate) fn open_each_once(
        inputs: &[Input],
        reading: ReadingArguments,
        classifier: &Classifier,
    ) -> anyhow::Result<Self> {
        let paths = files(inputs)?;
        // A path that cannot be resolved cannot be opened either, unless it goes on within its file.
        let files = paths.iter().map(|path| path.canonicalize().unwrap_or_else(|_| path.clone()));
        let mut seen = HashSet::new();
        if let Some(place) = files.into_iter().position(|file| !seen.insert(file)) {
            let path = paths[place].display();
            let message = format!("read {path}: expected each file once, got it twice");
            return Err(BadInput(message).into());
        }
        let inputs = Self::of_files(&paths, reading, classifier)?;
        if let Some(name) = inputs.names.repeated() {
            let message = format!("read inputs: expected names that differ, got {name:?} twice");
            return Err(BadInput(message).into());
        }
        Ok(inputs)
    }

    fn of_files(
        paths: &[PathBuf],
        reading: ReadingArguments,
        classifier: &Classifier,
    ) -> anyhow::Result<Self> {
        let reading = reading.reading(Some(classifier.input_shape()[0]));
        let mut names = Names::default();
        let mut files: Vec<ImageFile> = vec![];
        for path in paths {
            let file = opened::image_file(path, reading)?;
            check_shape(classifier, file.shape(), path)?;
            names.add(path, file.len());
            files.push(file);
        }
        Ok(Self { names, files })
    }

    /// What is to be known of all images, so that they are known again. Reads, and so checks, each.
    ///
    /// An image that is in two files is refused: it would be measured twice, to no use.
    pub(crate) fn describe(&self) -> anyhow::Result<InputSet> {
        let (digest, sketches) = described(self)?;
        self.check_repeats(&sketches)?;
        Ok(InputSet { digest, sketches: Some(sketches), part: None })
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
    fn file(&self, row: usize) -> Option<usize> {
        self.names.place(row).map(|(file, _)| file)
    }

    /// The error, with the name of the input that it is about, if it is about one.
    pub(crate) fn naming(&self, error: anyhow::Error) -> anyhow::Error {
        match exit::row(&error).map(|row| self.names.of(row)) {
            Some(name) => error.context(format!("input {name}")),
            None => error,
        }
    }

    /// Does `work` on queries of these rows, away from their predicted labels, which are read meanwhile.
    pub(crate) fn query_all<R>(
        &self,
        rows: Vec<usize>,
        work: impl FnOnce(&mut dyn Iterator<Item = anyhow::Result<Query>>) -> R,
    ) -> R {
        read_ahead(self, rows.into_iter(), 1, |images| {
            work(&mut images.map(|(row, pixels)| Ok(self.query(row, &pixels?))))
        })
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
        match self.names.place(row) {
            Some((file, place)) => self.files[file].row(place),
            None => Err(a2d_data::Error::Row { row, len: self.len() }),
        }
    }
}

/// The digest of all images of a source and a sketch of each, by which they are known again. Reads, and so checks, each.
pub(crate) fn described(
    images: &(impl ImageSource + ?Sized),
) -> a2d_data::Result<(String, Vec<Sketch>)> {
    let mut digest = Digest::new(images.len(), images.shape());
    let sketcher = Sketcher::new(images.shape());
    let mut sketches = vec![]; // grows with what is read, whatever a header claims
    let readers = thread::available_parallelism().map_or(1, |cores| READERS.min(cores.into()));
    let bar = progress::bar(images.len(), "read");
    read_ahead(images, 0..images.len(), readers, |images| {
        for (_, pixels) in images {
            let pixels = pixels?;
            digest.update(&pixels);
            sketches.push(sketcher.sketch(&pixels));
            bar.inc(1);
        }
        Ok::<(), a2d_data::Error>(())
    })?;
    bar.finish_and_clear();
    Ok((digest.finish(), sketches))
}

/// The files of these inputs.
fn files(inputs: &[Input]) -> a2d_data::Result<Vec<PathBuf>> {
    let files: Result<Vec<_>, _> = inputs.iter().map(Input::files).collect();
    Ok(files?.concat())
}

/// Refuses images of another shape than the classifier takes, and says what may help.
pub(crate) fn check_shape(
    classifier: &Classifier,
    shape: [usize; 3],
    path: &Path,
) -> Result<(), BadInput> {
    let Err(error) = classifier.check_shape(shape) else { return Ok(()) };
    let [channels, height, width] = classifier.input_shape();
    let help = if shape == [height, width, channels] {
        "; --layout nhwc reads arrays whose channels come last"
    } else if shape[0] == channels {
        "; --resize and --crop change the size of images"
    } else {
        ""
    };
    Err(BadInput(format!("read {}: {error}{help}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use a2d_data::Images;
    use a2d_model::Architecture;
    use ndarray::Array4;
    use tch::Device;

    const AS_IT_IS: ReadingArguments = ReadingArguments::AS_IT_IS;

    fn named(paths: &[PathBuf]) -> Vec<Input> {
        paths.iter().cloned().map(Input::from).collect()
    }

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
        let open = |paths: &[PathBuf]| Inputs::open(&named(paths), AS_IT_IS, &classifier);
        let names = |inputs: &Inputs| inputs.names.iter().collect::<Vec<_>>();
        assert_eq!(names(&open(std::slice::from_ref(&two)).unwrap()), ["0", "1"]);

        let both = open(&[one.clone(), two.clone()]).unwrap();
        let path = two.display();
        let expected = [one.display().to_string(), format!("{path}[0]"), format!("{path}[1]")];
        assert_eq!(names(&both), expected);
        let queries: Vec<_> =
            both.query_all(vec![2, 0], |queries| queries.map(Result::unwrap).collect());
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
            Inputs::open_each_once(&named(&paths), AS_IT_IS, &classifier)?.describe()
        };
        let known = describe(&[&one, &two]).unwrap();
        let both = named(&[one.clone(), two.clone()]);
        let all = Inputs::open(&both, AS_IT_IS, &classifier).unwrap();
        assert_eq!((known.digest, known.sketches.unwrap().len()), (all.digest().unwrap(), 4));

        let message = |paths: &[&PathBuf]| describe(paths).unwrap_err().to_string();
        let found = message(&[&one, &two, &three]);
        assert!(found.contains("found 2 of 7 in an earlier one too, such as"), "{found}");
        assert!(found.contains("3.npy[1], which is ") && found.ends_with("2.npy[1]"), "{found}");
        let same = folder.path().join("../").join(folder.path().file_name().unwrap()).join("1.npy");
        assert!(message(&[&one, &two, &same]).contains("1.npy: expected each file once"));
    }
}
