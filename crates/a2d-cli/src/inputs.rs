use std::path::PathBuf;

use a2d_data::{Images, read_images};
use ndarray::{Axis, concatenate};

use crate::exit::BadInput;

/// Images from files, each with a name.
pub(crate) struct Inputs {
    pub(crate) names: Vec<String>,
    pub(crate) images: Images,
}

impl Inputs {
    /// Reads files of one image (PNG) or many (npy, IDX), all of one shape.
    ///
    /// An image that is alone in its file bears the file's path. Rows of a file of many bear their
    /// number, and the path as well where there are several files.
    pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let mut names = vec![];
        let mut parts: Vec<Images> = vec![];
        for path in paths {
            let images = read_images(path)?;
            if let Some(first) = parts.first()
                && first.shape() != images.shape()
            {
                return Err(BadInput(format!(
                    "read {}: expected images of shape {:?} (C, H, W) as in {}, found {:?}",
                    path.display(),
                    first.shape(),
                    paths[0].display(),
                    images.shape()
                ))
                .into());
            }
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
    use ndarray::Array4;

    #[test]
    fn images_are_named_by_path_or_row() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, rows, side| {
            let path = folder.path().join(name);
            let images = Images::new(Array4::zeros((rows, 1, side, side))).unwrap();
            a2d_data::npy::write_images(&path, &images).unwrap();
            path
        };
        let (one, two, wide) = (write("1.npy", 1, 4), write("2.npy", 2, 4), write("w.npy", 1, 5));
        assert_eq!(Inputs::read(std::slice::from_ref(&two)).unwrap().names, ["0", "1"]);

        let both = Inputs::read(&[one.clone(), two.clone()]).unwrap();
        let path = two.display();
        assert_eq!(
            both.names,
            [one.display().to_string(), format!("{path}[0]"), format!("{path}[1]")]
        );
        assert_eq!(both.images.len(), 3);

        let message = Inputs::read(&[one, wide]).map(|_| ()).unwrap_err().to_string();
        assert!(message.contains("w.npy") && message.contains("[1, 4, 4]"), "{message}");
    }
}
