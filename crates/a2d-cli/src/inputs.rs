use std::path::PathBuf;

use a2d_data::{Images, read_images};
use a2d_model::Classifier;
use anyhow::Context;
use ndarray::{Axis, concatenate};

/// Images from files, each with a name.
pub(crate) struct Inputs {
    pub(crate) names: Vec<String>,
    pub(crate) images: Images,
}

impl Inputs {
    /// Reads files of one image (PNG) or many (npy, IDX) for this classifier.
    ///
    /// An image that is alone in its file bears the file's path. Rows of a file of many bear their
    /// number, and the path as well where there are several files.
    pub(crate) fn read(paths: &[PathBuf], classifier: &Classifier) -> anyhow::Result<Self> {
        let mut names = vec![];
        let mut parts: Vec<Images> = vec![];
        for path in paths {
            let images = read_images(path)?;
            let place = || format!("read {}", path.display());
            classifier.check_shape(&images).with_context(place)?;
            match (images.len(), paths.len()) {
                (1, _) => names.push(path.display().to_string()),
                (rows, 1) => names.extend((0..rows).map(|row| row.to_string())),
                (rows, _) => {
                    names.extend((0..rows).map(|row| format!("{}[{row}]", path.display())));
                }
            }
            parts.push(images);
        }
        let images = if parts.len() == 1 {
            parts.remove(0)
        } else {
            let views: Vec<_> = parts.iter().map(Images::view).collect();
            Images::new(concatenate(Axis(0), &views)?)?
        };
        Ok(Self { names, images })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use a2d_model::Architecture;
    use ndarray::Array4;
    use tch::Device;

    #[test]
    fn images_are_named_by_path_or_row() {
        let classifier = Classifier::untrained(Architecture::LeNet5, 0, Device::Cpu);
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, rows, side| {
            let path = folder.path().join(name);
            let images = Images::new(Array4::zeros((rows, 1, side, side))).unwrap();
            a2d_data::npy::write_images(&path, &images).unwrap();
            path
        };
        let (one, two, wide) =
            (write("1.npy", 1, 28), write("2.npy", 2, 28), write("w.npy", 1, 32));
        let read = |paths: &[PathBuf]| Inputs::read(paths, &classifier);
        assert_eq!(read(std::slice::from_ref(&two)).unwrap().names, ["0", "1"]);

        let both = read(&[one.clone(), two.clone()]).unwrap();
        let path = two.display();
        let expected = [one.display().to_string(), format!("{path}[0]"), format!("{path}[1]")];
        assert_eq!(both.names, expected);
        assert_eq!(both.images.len(), 3);

        let message = format!("{:#}", read(&[one, wide]).map(|_| ()).unwrap_err());
        assert!(message.contains("w.npy") && message.contains("[1, 28, 28]"), "{message}");
    }
}
