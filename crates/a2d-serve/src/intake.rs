//! From what clients send to images, by the readers of files that the command line has.

pub(crate) mod body;
mod nested;

use a2d_data::{ImageFile, ImageSource as _, Reading};

pub(crate) use body::Body;

use crate::Limits;
use crate::problem::Problem;

/// An image of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picture {
    pub(crate) name: String,
    /// C x H x W, as the classifier takes them.
    pub(crate) pixels: Vec<f32>,
}

/// A file of a request.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// How images of requests are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Intake {
    /// The shape that the classifier takes.
    pub(crate) shape: [usize; 3],
    pub(crate) reading: Reading,
    pub(crate) limits: Limits,
}

impl Intake {
    /// The images of files, in their order. Nothing is decoded beyond the limits, nor where the shape is another.
    pub(crate) fn pictures_of_files(&self, files: Vec<Upload>) -> Result<Vec<Picture>, Problem> {
        let mut opened = vec![];
        let mut images = 0_usize;
        for Upload { name, bytes } in files {
            let refuse = |error: a2d_data::Error| Problem::image(&name, error.to_string());
            let file = ImageFile::of_bytes(&name, bytes, self.reading).map_err(refuse)?;
            let [_, height, width] = file.stored_shape();
            if height.saturating_mul(width) > self.limits.pixels {
                let most = self.limits.pixels;
                let detail =
                    format!("read {name}: expected at most {most} pixels, got {width} x {height}");
                return Err(Problem::large_image(&name, detail));
            }
            self.check_shape(&name, file.shape())?;
            images = images.saturating_add(file.len());
            self.check_count(images)?;
            opened.push((name, file));
        }
        self.check_count(images)?;
        let mut pictures = Vec::with_capacity(images);
        for (name, file) in opened {
            for row in 0..file.len() {
                let name = if file.len() == 1 { name.clone() } else { format!("{name}[{row}]") };
                let pixels =
                    file.row(row).map_err(|error| Problem::image(&name, error.to_string()))?;
                pictures.push(Picture { name, pixels });
            }
        }
        Ok(pictures)
    }

    /// Refuses images that the classifier does not take.
    fn check_shape(&self, name: &str, got: [usize; 3]) -> Result<(), Problem> {
        if got == self.shape {
            return Ok(());
        }
        let error = a2d_model::Error::Shape { expected: self.shape, got };
        Err(Problem::image(name, format!("read {name}: {error}")))
    }

    /// Refuses no images, and too many.
    fn check_count(&self, images: usize) -> Result<(), Problem> {
        match images {
            0 => Err(Problem::malformed("read request: expected at least one image, got none")),
            _ if images > self.limits.images => {
                let most = self.limits.images;
                let detail = format!("read request: expected at most {most} images, got more");
                Err(Problem::too_large(detail))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use a2d_data::{Images, npy};
    use ndarray::Array4;

    use super::*;

    pub(crate) fn intake() -> Intake {
        let limits = Limits { images: 3, pixels: 100, ..Limits::default() };
        Intake { shape: [1, 2, 2], reading: Reading::default(), limits }
    }

    pub(crate) fn npy(shape: (usize, usize, usize, usize), value: f32) -> Vec<u8> {
        let mut bytes = vec![];
        npy::to_npy(&Images::new(Array4::from_elem(shape, value)).unwrap(), &mut bytes).unwrap();
        bytes
    }

    fn pictures(files: Vec<(&str, Vec<u8>)>) -> Result<Vec<Picture>, Problem> {
        let upload = |(name, bytes): (&str, _)| Upload { name: name.to_owned(), bytes };
        intake().pictures_of_files(files.into_iter().map(upload).collect())
    }

    #[test]
    fn images_are_named_by_file_and_row() {
        let files = vec![("a.npy", npy((1, 1, 2, 2), 0.5)), ("b.npy", npy((2, 1, 2, 2), 1.0))];
        let pictures = pictures(files).unwrap();
        let names: Vec<_> = pictures.iter().map(|picture| picture.name.as_str()).collect();
        assert_eq!(names, ["a.npy", "b.npy[0]", "b.npy[1]"]);
        assert_eq!((&pictures[0].pixels, &pictures[2].pixels), (&vec![0.5; 4], &vec![1.0; 4]));
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let mut broken = npy((1, 1, 2, 2), 0.5);
        let end = broken.len();
        broken[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        for (files, status, detail) in [
            (vec![], 400, "expected at least one image, got none"),
            (vec![("x", b"GIF89a".to_vec())], 422, "cannot read images from x: expected an npy"),
            (vec![("x", npy((1, 3, 2, 2), 0.5))], 422, "read x: "),
            (vec![("x", npy((1, 1, 11, 10), 0.5))], 413, "at most 100 pixels, got 10 x 11"),
            (vec![("x", npy((4, 1, 2, 2), 0.5))], 413, "at most 3 images"),
            (vec![("x", npy((2, 1, 2, 2), 0.5)), ("y", npy((2, 1, 2, 2), 0.5))], 413, "at most 3"),
            (vec![("y", npy((1, 1, 2, 2), 0.5)), ("x", broken)], 422, "pixel [0, 0, 1, 1] is NaN"),
        ] {
            let problem = pictures(files).unwrap_err();
            let document = serde_json::to_value(&problem).unwrap();
            assert_eq!(document["status"], status, "{document}");
            assert!(document["detail"].as_str().unwrap().contains(detail), "{document}");
            if status == 422 {
                assert_eq!(document["input"], "x");
            }
        }
    }
}
