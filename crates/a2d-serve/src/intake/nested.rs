//! Pixels as numbers in JSON.

use a2d_data::Images;
use ndarray::{Array4, Axis};
use serde::Deserialize;

use super::{Intake, Picture};
use crate::problem::Problem;

/// Images as lists of channels, these of rows, these of pixels from 0 to 1.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nested {
    images: Vec<Vec<Vec<Vec<f32>>>>,
    /// What they are called; where it is not said, by their number.
    names: Option<Vec<String>>,
}

impl Intake {
    /// The images of a JSON document: `{"images": [[[[0.5, ...], ...], ...], ...], "names": ["a", ...]}`.
    pub(crate) fn pictures_of_json(&self, body: &[u8]) -> Result<Vec<Picture>, Problem> {
        let Nested { images, names } = serde_json::from_slice(body)
            .map_err(|error| Problem::malformed(format!("read JSON: {error}")))?;
        self.check_count(images.len())?;
        let names = match names {
            None => (0..images.len()).map(|row| row.to_string()).collect(),
            Some(names) if names.len() == images.len() => names,
            Some(names) => {
                let (expected, got) = (images.len(), names.len());
                let detail =
                    format!("read JSON: expected {expected} names, as many as images, got {got}");
                return Err(Problem::malformed(detail));
            }
        };
        let pictures = names.into_iter().zip(images).map(|(name, image)| {
            let first = image.first().and_then(|channel| channel.first());
            let [channels, height, width] =
                [image.len(), image.first().map_or(0, Vec::len), first.map_or(0, Vec::len)];
            let is_even = image.iter().all(|channel| {
                channel.len() == height && channel.iter().all(|row| row.len() == width)
            });
            if !is_even {
                let detail =
                    format!("read {name}: expected rows and channels of equal lengths, got others");
                return Err(Problem::image(&name, detail));
            }
            self.check_shape(&name, [channels, height, width])?;
            self.picture(name, image.into_iter().flatten().flatten().collect())
        });
        pictures.collect()
    }

    /// Images that follow each other in one list, of this shape.
    pub(crate) fn pictures_of_list(
        &self,
        shape: &[usize],
        values: &[f32],
    ) -> Result<Vec<Picture>, Problem> {
        let &[count, channels, height, width] = shape else {
            let detail =
                format!("read tensor: expected four dimensions, [N, C, H, W], got {shape:?}");
            return Err(Problem::malformed(detail));
        };
        self.check_count(count)?;
        self.check_shape("0", [channels, height, width])?;
        let size = channels * height * width;
        if values.len() != count * size {
            let (expected, got) = (count * size, values.len());
            let detail =
                format!("read tensor: expected {expected} values for {shape:?}, got {got}");
            return Err(Problem::malformed(detail));
        }
        let images = values.chunks_exact(size).enumerate();
        images.map(|(row, pixels)| self.picture(row.to_string(), pixels.to_vec())).collect()
    }

    /// An image of these pixels, which are checked.
    fn picture(&self, name: String, pixels: Vec<f32>) -> Result<Picture, Problem> {
        let [channels, height, width] = self.shape;
        let refuse = |detail: String| Problem::image(&name, format!("read {name}: {detail}"));
        let pixels = Array4::from_shape_vec((1, channels, height, width), pixels)
            .map_err(|error| refuse(error.to_string()))?;
        let images = Images::new(pixels).map_err(|error| refuse(error.to_string()))?;
        let pixels = images.view().index_axis(Axis(0), 0).iter().copied().collect();
        Ok(Picture { name, pixels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::tests::intake;

    fn detail(outcome: Result<Vec<Picture>, Problem>) -> String {
        serde_json::to_value(outcome.unwrap_err()).unwrap()["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn numbers_become_images() {
        let body = br#"{"images": [[[[0, 0.25], [0.5, 1]]]], "names": ["a"]}"#;
        let pictures = intake().pictures_of_json(body).unwrap();
        let expected = Picture { name: "a".into(), pixels: vec![0.0, 0.25, 0.5, 1.0] };
        assert_eq!(pictures, std::slice::from_ref(&expected));
        let listed = intake().pictures_of_list(&[1, 1, 2, 2], &expected.pixels).unwrap();
        assert_eq!(listed, [Picture { name: "0".into(), ..expected }]);
    }

    #[test]
    fn numbers_that_are_no_image_are_refused() {
        for (body, expected) in [
            ("", "read JSON: EOF"),
            ("{}", "missing field `images`"),
            (r#"{"images": []}"#, "at least one image"),
            (r#"{"images": [[[[0, 1], [1]]]]}"#, "rows and channels of equal lengths"),
            (r#"{"images": [[[[0, 1]]]]}"#, "read 0: "),
            (r#"{"images": [[]]}"#, "read 0: "),
            (r#"{"images": [[[[0, 1], [1, 2]]]]}"#, "is 2"),
            (r#"{"images": [[[[0, 1], [1, 1e999]]]]}"#, "read JSON: "),
            (r#"{"images": [[[[0, 1], [1, 1]]]], "names": []}"#, "expected 1 names"),
            (r#"{"images": [[[[0, 1], [1, 1]]]], "image": 1}"#, "unknown field `image`"),
        ] {
            let found = detail(intake().pictures_of_json(body.as_bytes()));
            assert!(found.contains(expected), "{found}");
        }
        for (shape, count, expected) in [
            (&[4][..], 4, "four dimensions"),
            (&[1, 1, 2, 2], 3, "expected 4 values"),
            (&[usize::MAX, 1, 2, 2], 4, "at most 3 images"),
            (&[1, usize::MAX, 2, 2], 4, "read 0: "),
        ] {
            let found = detail(intake().pictures_of_list(shape, &vec![0.5; count]));
            assert!(found.contains(expected), "{found}");
        }
    }
}
