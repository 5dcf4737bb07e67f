//! BatchScores of images as they come, so that workers share them.

use std::sync::Arc;
use std::time::Instant;

use a2d_model::{Classifier, Session};
use tch::Tensor;

use super::{Error, Queries, Result, Score};

/// The scores of an image, and what they took.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// The columns of one score after those of another.
    pub numbers: Vec<f64>,
    /// What they asked of the network.
    pub queries: Queries,
    /// Seconds of a worker: an equal part of what the images beside it took together.
    pub seconds: f64,
}

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
    type Outcome = (usize, Scored);
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

    fn step(&mut self, classifier: &Classifier) -> Result<Vec<(usize, Scored)>> {
        let (rows, images): (Vec<usize>, Vec<Tensor>) =
            std::mem::take(&mut self.waiting).into_iter().unzip();
        let images = Tensor::stack(&images, 0).to_device(classifier.device());
        let none = Scored { numbers: vec![], queries: Queries::default(), seconds: 0.0 };
        let mut found: Vec<_> = rows.into_iter().map(|row| (row, none.clone())).collect();
        let start = Instant::now();
        for score in &self.scores {
            let columns = score.columns();
            let scores = score.scores(classifier, &images)?;
            if scores.rows.len() != found.len() || scores.queries.len() != found.len() {
                let (score, images) = (score.name().to_owned(), found.len());
                let got = scores.rows.len().min(scores.queries.len());
                return Err(Error::Length { score, images, got });
            }
            let scores = scores.rows.into_iter().zip(scores.queries);
            for ((row, of_image), (numbers, queries)) in found.iter_mut().zip(scores) {
                if numbers.len() != columns.len() {
                    let (score, columns) = (score.name().to_owned(), columns.len());
                    return Err(Error::Columns { score, columns, got: numbers.len() });
                }
                let mut broken = columns.iter().zip(&numbers);
                if let Some((column, got)) = broken.find(|(_, number)| !number.is_finite()) {
                    let score = column.name.clone();
                    return Err(Error::NotFinite { score, row: *row, got: *got });
                }
                of_image.numbers.extend(numbers);
                of_image.queries += queries;
            }
        }
        let seconds = start.elapsed().as_secs_f64() / found.len().max(1) as f64;
        for (_, of_image) in &mut found {
            of_image.seconds = seconds;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use a2d_cost::{Column, Sign};
    use a2d_model::Architecture;
    use tch::{Device, Kind};

    use super::*;
    use crate::scoring::{BatchScores, Confidence};

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

        fn columns(&self) -> Vec<Column> {
            vec![Column::new(self.name(), Sign::Larger)]
        }

        fn scores(&self, _: &Classifier, images: &Tensor) -> Result<BatchScores> {
            let of = |row: i64| images.get(row).mean(Kind::Double).double_value(&[]) / self.dark;
            let found = (0..images.size()[0]).map(of).chain(vec![0.0; self.more]);
            Ok(BatchScores::of_column(found.collect(), Queries::gradient(2)))
        }
    }

    fn scored(brightness: Brightness, workers: usize) -> Result<Vec<(usize, Scored)>> {
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
            assert_eq!((*row, scores.numbers[0]), (expected, expected as f64 / 8.0));
            assert!(scores.numbers[1] > 0.1 && scores.numbers[1] < 1.0, "{scores:?}");
            assert_eq!(scores.queries, Queries { forward: 1, gradient: 2, mutated: 0 });
            assert!(scores.seconds > 0.0);
        }
        let shared = scored(Brightness { dark: 1.0, more: 0 }, 3).unwrap();
        for ((_, alone), (_, shared)) in alone.iter().zip(&shared) {
            assert!((alone.numbers[1] - shared.numbers[1]).abs() < 1e-6, "{alone:?} {shared:?}");
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
