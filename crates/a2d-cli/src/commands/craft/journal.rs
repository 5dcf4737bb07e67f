//! What is kept of a crafting under way.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use a2d_attacks::{Attempt, CraftedExample, Distances};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tch::{Kind, Tensor};

use crate::examples::Picture;
use crate::exit::BadInput;

/// What is crafted, and from what.
#[derive(Serialize)]
pub(super) struct CraftingCard {
    pub(super) model: String,
    pub(super) attack: Value,
    /// Digest of all images of the source, and of their labels where they are known.
    pub(super) inputs: String,
    /// Which of them are attacked.
    pub(super) rows: Range<usize>,
    pub(super) seed: u64,
    /// Whether examples are 8-bit images.
    pub(super) integer: bool,
    /// What became of what the attack found, if it was not kept as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) picture: Option<Picture>,
}

/// An attempt, as a line of the journal.
#[derive(Serialize, Deserialize)]
pub(super) struct AttemptLine {
    row: usize,
    outcome: Outcome,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    Failed,
    Unmoved,
    Misclassified,
    OnTarget,
    Succeeded {
        label: usize,
        predicted: usize,
        target: Option<usize>,
        iterations: u32,
        distances: Distances,
        /// Little-endian float32 in hexadecimal.
        pixels: String,
    },
}

impl AttemptLine {
    pub(super) fn of(row: usize, attempt: &Attempt) -> anyhow::Result<Self> {
        let outcome = match attempt {
            Attempt::Failed => Outcome::Failed,
            Attempt::Unmoved => Outcome::Unmoved,
            Attempt::Misclassified => Outcome::Misclassified,
            Attempt::OnTarget => Outcome::OnTarget,
            Attempt::Succeeded(example) => {
                let pixels = Vec::<f32>::try_from(example.image.view(-1))?;
                let bytes: Vec<u8> = pixels.into_iter().flat_map(f32::to_le_bytes).collect();
                Outcome::Succeeded {
                    label: example.label,
                    predicted: example.predicted,
                    target: example.target,
                    iterations: example.iterations,
                    distances: example.distances,
                    pixels: hex::encode(bytes),
                }
            }
        };
        Ok(Self { row, outcome })
    }
}

/// The attempts of a journal's lines on images of this shape, \[C, H, W\], by row. `label_of` gives the true class of
/// a row to attack.
pub(super) fn attempts(
    lines: Vec<AttemptLine>,
    shape: [i64; 3],
    label_of: impl Fn(usize) -> Option<usize>,
    output: &Path,
) -> anyhow::Result<BTreeMap<usize, Attempt>> {
    let refused = |row: usize, expected: &str| {
        let path = output.display();
        BadInput(format!(
            "resume {path}.partial: expected {expected} at row {row}, found others; remove the file to \
             start anew"
        ))
    };
    let attempts = lines.into_iter().map(|AttemptLine { row, outcome }| {
        let true_class = label_of(row).ok_or_else(|| refused(row, "one of the images"))?;
        let attempt = match outcome {
            Outcome::Failed => Attempt::Failed,
            Outcome::Unmoved => Attempt::Unmoved,
            Outcome::Misclassified => Attempt::Misclassified,
            Outcome::OnTarget => Attempt::OnTarget,
            Outcome::Succeeded { label, predicted, target, iterations, distances, pixels } => {
                let is_example = label == true_class
                    && predicted != label
                    && target.is_none_or(|target| predicted == target);
                if !is_example {
                    return Err(refused(row, "an example that lost its label as wanted").into());
                }
                let image =
                    image(&pixels, shape).ok_or_else(|| refused(row, "the pixels of an image"))?;
                Attempt::Succeeded(CraftedExample {
                    label,
                    predicted,
                    target,
                    iterations,
                    distances,
                    image,
                })
            }
        };
        Ok((row, attempt))
    });
    attempts.collect()
}

/// The image of these pixels, of this shape.
fn image(pixels: &str, shape: [i64; 3]) -> Option<Tensor> {
    let bytes = hex::decode(pixels).ok()?;
    let is_whole = bytes.len() == 4 * shape.iter().product::<i64>() as usize;
    is_whole.then(|| Tensor::from_data_size(&bytes, &shape, Kind::Float))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn attempts_survive_the_journal() {
        let image = Tensor::from_slice(&[0.1f32, 0.25, 1.0, 0.0]).view([1, 2, 2]);
        let distances = Distances::between(&image, &image.zeros_like());
        let example = CraftedExample {
            label: 3,
            predicted: 5,
            target: Some(5),
            iterations: 7,
            distances,
            image: image.copy(),
        };
        let written = [Attempt::Succeeded(example), Attempt::Failed, Attempt::Unmoved];
        let lines = written.iter().enumerate().map(|(row, attempt)| {
            let line = AttemptLine::of(row, attempt).unwrap();
            serde_json::from_str(&serde_json::to_string(&line).unwrap()).unwrap()
        });
        let label_of = |row| [3, 0, 5].get(row).copied();
        let read = attempts(lines.collect(), [1, 2, 2], label_of, Path::new("x.npy")).unwrap();
        let Attempt::Succeeded(example) = &read[&0] else { panic!("{read:?}") };
        assert_eq!((example.label, example.predicted, example.iterations), (3, 5, 7));
        assert_eq!(example.target, Some(5));
        assert_eq!((&example.image, example.distances), (&image, distances));
        assert!(matches!((&read[&1], &read[&2]), (Attempt::Failed, Attempt::Unmoved)));
    }

    #[test]
    fn attempts_that_are_no_examples_are_refused() {
        let read = |row, label, predicted, target| {
            let distances = Distances { l0: 1.0, l2: 1.0, linf: 1.0 };
            let (iterations, pixels) = (1, "00".repeat(4));
            let outcome =
                Outcome::Succeeded { label, predicted, target, iterations, distances, pixels };
            let lines = vec![AttemptLine { row, outcome }];
            let label_of = |row| [3, 4].get(row).copied();
            attempts(lines, [1, 1, 1], label_of, Path::new("x.npy"))
        };
        assert!(read(1, 4, 5, None).is_ok() && read(1, 4, 5, Some(5)).is_ok());
        for (row, label, predicted, target) in [
            (1, 4, 4, None),
            (1, 4, 4, Some(4)),
            (1, 3, 5, None),
            (1, 4, 5, Some(6)),
            (2, 4, 5, None),
        ] {
            let message = read(row, label, predicted, target).unwrap_err().to_string();
            assert!(message.contains("resume x.npy.partial: expected"), "{message}");
        }
    }

    #[test]
    fn pixels_of_another_shape_are_refused() {
        for pixels in ["", "00", "zz", &"00".repeat(15), &"00".repeat(17)] {
            assert!(image(pixels, [1, 2, 2]).is_none(), "{pixels}");
        }
        let black = image(&"00".repeat(16), [1, 2, 2]).unwrap();
        assert_eq!(black, black.zeros_like());
    }
}
