//! Scores of images as they come, so that workers share them.

use std::sync::Arc;

use a2d_model::{Classifier, Session};
use tch::Tensor;

use super::{Error, Result, Score};

/// Several scores of numbered images, \[C, H, W\], as a session, for [workers](Classifier::work): each image leaves
/// after a single step, with its scores in the order of theirs.
#[derive(Debug)]
pub struct Scoring {
    scores: Vec<Arc<dyn Score>>,
    batch: usize,
    waiting: Vec<(usize, Tensor)>,
}

impl Scoring {
    /// These scores of so many images at a time, at least one.
    pub fn of(scores: Vec<Arc<dyn Score>>, batch: usize) -> Self {
        Self { scores, batch: batch.max(1), waiting: vec![] }
    }
}

impl Session for Scoring {
    type Query = (usize, Tensor);
    type Outcome = (usize, Vec<f64>);
    type Error = Error;

    fn free(&self) -> usize {
        self.batch.saturating_sub(self.waiting.len())
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    fn push(&mut self, query: (usize, Tensor)) -> Result<()> {
        self.waiting.push(query);
        Ok(())
    }

    fn step(&mut self, classifier: &Classifier) -> Result<Vec<(usize, Vec<f64>)>> {
        let (rows, images): (Vec<usize>, Vec<Tensor>) =
            std::mem::take(&mut self.waiting).into_iter().unzip();
        let images = Tensor::stack(&images, 0).to_device(classifier.device());
        let mut found: Vec<_> = rows.into_iter().map(|row| (row, vec![])).collect();
        for score in &self.scores {
            let scores = score.scores(classifier, &images)?;
            let name = || score.name().to_owned();
            if scores.len() != found.len() {
                let (images, got) = (found.len(), scores.len());
                return Err(Error::Length { score: name(), images, got });
            }
            for ((row, of_image), got) in found.iter_mut().zip(scores) {
                if !got.is_finite() {
                    return Err(Error::NotFinite { score: name(), row: *row, got });
                }
                of_image.push(got);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use a2d_cost::Sign;
    use a2d_model::Architecture;
    use tch::{Device, Kind};

    use super::*;
    use crate::scoring::Confidence;

    /// The brightness of an image, if there is a number for each.
    #[derive(Debug)]
    struct Brightness {
        dark: f64,
        more: usize,
    }

    impl Score for Brightness {
        fn name(&self) -> &'static str {
            "brightness"
        }

        fn sign(&self) -> Sign {
            Sign::Larger
        }

        fn scores(&self, _: &Classifier, images: &Tensor) -> Result<Vec<f64>> {
            let of = |row: i64| images.get(row).mean(Kind::Double).double_value(&[]) / self.dark;
            let found = (0..images.size()[0]).map(of).chain(vec![0.0; self.more]);
            Ok(found.collect())
        }
    }

    fn scored(brightness: Brightness, workers: usize) -> Result<Vec<(usize, Vec<f64>)>> {
        let classifier = Classifier::untrained(Architecture::LENET5, 0, Device::Cpu);
        let scores: Vec<Arc<dyn Score>> = vec![Arc::new(brightness), Arc::new(Confidence)];
        let grey = |row: usize| {
            let options = (Kind::Float, Device::Cpu);
            Ok((row, Tensor::full([1, 28, 28], row as f64 / 8.0, options)))
        };
        let mut found = vec![];
        classifier.with_workers(workers).work(
            &mut || Ok(Scoring::of(scores.clone(), 2)),
            (0..5).map(grey),
            &mut |outcome| {
                found.push(outcome);
                Ok::<(), Error>(())
            },
        )?;
        found.sort_unstable_by_key(|(row, _)| *row);
        Ok(found)
    }

    #[test]
    fn every_image_has_all_scores_whatever_the_workers() {
        let alone = scored(Brightness { dark: 1.0, more: 0 }, 1).unwrap();
        for (expected, (row, scores)) in alone.iter().enumerate() {
            assert_eq!((*row, scores[0]), (expected, expected as f64 / 8.0));
            assert!(scores[1] > 0.1 && scores[1] < 1.0, "{scores:?}");
        }
        let shared = scored(Brightness { dark: 1.0, more: 0 }, 3).unwrap();
        for ((_, alone), (_, shared)) in alone.iter().zip(&shared) {
            assert!((alone[1] - shared[1]).abs() < 1e-6, "{alone:?} {shared:?}");
        }
    }

    #[test]
    fn scores_that_are_none_are_named() {
        let error = scored(Brightness { dark: 0.0, more: 0 }, 1).unwrap_err();
        assert!(error.is_bad_input() && error.row() == Some(0), "{error}");
        assert!(error.to_string().contains("score brightness of image 0"), "{error}");
        let error = scored(Brightness { dark: 1.0, more: 1 }, 1).unwrap_err();
        let expected = "score brightness: expected a number for each of 2 images, got 3";
        assert_eq!(error.to_string(), expected);
    }
}
