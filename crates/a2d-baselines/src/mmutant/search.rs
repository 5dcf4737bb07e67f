//! The search for mutants that are nearly as accurate as the network.

use std::cell::Cell;

use a2d_model::{Classifier, Session};
use tch::{Kind, Tensor};

use super::mutation::Mutation;
use crate::{Error, Result, logits};

/// Images between two looks at whether a mutant can still be accurate enough.
const LOOK: i64 = 512;

/// What mutants have to be, and where to look for them.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) mutation: Mutation,
    /// Images, \[N, C, H, W\], and their true classes, \[N\].
    pub(super) labelled: (&'a Tensor, &'a Tensor),
    /// The share of the network's accuracy that a mutant is to keep.
    pub(super) keep: f64,
    /// How many mutants are looked for.
    pub(super) mutants: usize,
    /// How many are tried.
    pub(super) attempts: usize,
    /// Benign images, \[M, C, H, W\], that those kept classify.
    pub(super) benign: &'a Tensor,
}

/// A mutant that was tried.
#[derive(Debug)]
pub(super) struct Tried {
    pub(super) number: u64,
    /// The share of the images that it was right on, of those that it was shown.
    right: f64,
    /// If it is kept, the classes that it predicts for the benign images, \[M\].
    pub(super) labels: Option<Tensor>,
}

impl Search<'_> {
    /// The first mutants that are accurate enough, in the order of their numbers: as published, accuracies count in
    /// whole percents.
    ///
    /// # Errors
    /// [`Error::Material`] if there are too few of them; what the classifier says.
    pub(super) fn run(&self, classifier: &Classifier) -> Result<Vec<Tried>> {
        let (images, classes) = self.labelled;
        let right = right(&logits::labels(classifier, images)?, classes);
        let count = images.size()[0];
        let percent = |right: i64| (right as f64 / count as f64 * 100.0).round();
        let least = (right as f64 / count as f64 * self.keep * 100.0).round();
        let needed = (0..count).find(|right| percent(*right) >= least).unwrap_or(count);

        let (drawn, kept) = (Cell::new(0), Cell::new(0));
        let numbers = std::iter::from_fn(|| {
            let more = kept.get() < self.mutants && drawn.get() < self.attempts;
            more.then(|| Ok::<_, Error>(drawn.replace(drawn.get() + 1) as u64))
        });
        let mut tried: Vec<Tried> = vec![];
        let begin = &mut || {
            Ok(Trial {
                mutation: self.mutation,
                images: images.shallow_clone(),
                classes: classes.shallow_clone(),
                benign: self.benign.shallow_clone(),
                needed,
                waiting: None,
            })
        };
        classifier.work(begin, numbers, &mut |one: Tried| {
            kept.set(kept.get() + usize::from(one.labels.is_some()));
            tried.push(one);
            Ok::<(), Error>(())
        })?;

        if kept.get() < self.mutants {
            let best = tried.iter().map(|one| one.right).fold(0.0, f64::max);
            return Err(Error::Material {
                baseline: super::NAME,
                expected: format!("{} mutants of an accuracy of {least} % or more", self.mutants),
                got: format!(
                    "{} among {}, the best of {:.1} %",
                    kept.get(),
                    tried.len(),
                    best * 100.0
                ),
            });
        }
        // Workers that were at it while the last was found may have found more.
        tried.retain(|one| one.labels.is_some());
        tried.sort_unstable_by_key(|one| one.number);
        tried.truncate(self.mutants);
        Ok(tried)
    }
}

/// Trials of numbered mutants, one at a time.
#[derive(Debug)]
struct Trial {
    mutation: Mutation,
    images: Tensor,
    classes: Tensor,
    benign: Tensor,
    /// How many images a mutant has to be right on.
    needed: i64,
    waiting: Option<u64>,
}

impl Session for Trial {
    type Query = u64;
    type Outcome = Tried;
    type Error = Error;

    fn free(&self) -> usize {
        usize::from(self.waiting.is_none())
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_none()
    }

    fn push(&mut self, number: u64) -> Result<()> {
        self.waiting = Some(number);
        Ok(())
    }

    fn step(&mut self, classifier: &Classifier) -> Result<Vec<Tried>> {
        let Some(number) = self.waiting.take() else { return Ok(vec![]) };
        let mutant = self.mutation.mutant(classifier, number)?;
        let count = self.images.size()[0];
        let (mut seen, mut found) = (0, 0);
        let chunks = self.images.split(LOOK, 0).into_iter().zip(self.classes.split(LOOK, 0));
        for (images, classes) in chunks {
            seen += images.size()[0];
            found += right(&logits::labels(&mutant, &images)?, &classes);
            if found >= self.needed || found + count - seen < self.needed {
                break;
            }
        }
        let kept = found >= self.needed;
        let labels = kept.then(|| logits::labels(&mutant, &self.benign)).transpose()?;
        Ok(vec![Tried { number, right: found as f64 / seen as f64, labels }])
    }
}

/// How many predictions are right.
fn right(labels: &Tensor, classes: &Tensor) -> i64 {
    labels.eq_tensor(classes).sum(Kind::Int64).int64_value(&[])
}
