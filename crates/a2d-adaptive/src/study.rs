//! A study: adversaries at work on images, and the judge after them.

use std::mem;

use a2d_attacks::{Limits, NamedAttack};
use a2d_model::{Classifier, Session};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::look::Look;
use crate::{Attackers, Benign, Cap, Error, Judge, JudgedCandidate, Result, Scene, Trail, Victim};

/// Adversaries against one victim and its detectors.
#[derive(Debug)]
pub struct Study<'a> {
    /// What is attacked.
    pub victim: Victim<'a>,
    /// Who judges.
    pub judge: &'a Judge,
    /// Benign images that nothing was fitted on.
    pub benign: &'a Benign,
    /// How far adversaries go.
    pub cap: Cap,
}

/// An image to attack.
#[derive(Debug)]
pub struct Target {
    /// Its number.
    pub number: usize,
    /// Its pixels, \[C, H, W\].
    pub image: Tensor,
    /// Its true class.
    pub label: usize,
}

/// What an adversary found for an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Its number.
    pub row: usize,
    /// Its true class.
    pub label: usize,
    /// The network takes it for another class as it is: no adversary sees it.
    pub misclassified: bool,
    /// What was offered, in the order in which it was found, and what the judge finds of it.
    pub candidates: Vec<JudgedCandidate>,
}

impl Study<'_> {
    /// Sets an adversary on images, by as many workers as the classifier [has](Classifier::with_workers), and hands what it
    /// finds to `sink` as it comes. Images are drawn a window at a time for each worker. What is found of an image depends
    /// on no other, but for the float order of libtorch's kernels.
    ///
    /// # Errors
    /// What adversary and judge say, and [`Error::Images`] if the classifier does not take an image or knows no such class, as the sink's error type;
    /// else what the images or the sink say.
    pub fn run<E: From<Error>>(
        &self,
        attackers: &dyn Attackers,
        targets: impl Iterator<Item = Result<Target, E>>,
        sink: &mut dyn FnMut(Found) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { victim, judge, benign, cap } = *self;
        let Victim { classifier, defenses, limits } = victim;
        let mut begin = || {
            let (benign, waiting) = (benign.handle(), vec![]);
            Ok(Campaign { attackers, judge, defenses, limits, cap, benign, waiting })
        };
        classifier.work(&mut begin, targets, sink)
    }
}

/// Images that an adversary works on together.
struct Campaign<'a> {
    attackers: &'a dyn Attackers,
    judge: &'a Judge,
    defenses: &'a [NamedAttack],
    limits: Limits,
    cap: Cap,
    benign: Benign,
    waiting: Vec<Target>,
}

impl Session for Campaign<'_> {
    type Query = Target;
    type Outcome = Found;
    type Error = Error;

    fn free(&self) -> usize {
        self.limits.window.saturating_sub(self.waiting.len())
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    fn push(&mut self, target: Target) -> Result<()> {
        self.waiting.push(target);
        Ok(())
    }

    fn step(&mut self, classifier: &Classifier) -> Result<Vec<Found>> {
        let targets = mem::take(&mut self.waiting);
        targets.iter().try_for_each(|target| check(classifier, target))?;
        let images: Vec<_> = targets.iter().map(|target| target.image.shallow_clone()).collect();
        let images = Tensor::stack(&images, 0).to_device(classifier.device());
        let look = Look::at(classifier, &images, |row| targets[row].number)?;
        let (known, unknown): (Vec<usize>, Vec<usize>) =
            (0..targets.len()).partition(|row| look.predicted[*row] == targets[*row].label as i64);
        let mut found: Vec<Found> =
            unknown.into_iter().map(|row| targets[row].found(None)).collect();
        if known.is_empty() {
            return Ok(found);
        }
        let labels: Vec<i64> = known.iter().map(|row| targets[*row].label as i64).collect();
        let numbers: Vec<usize> = known.iter().map(|row| targets[*row].number).collect();
        let Self { judge, defenses, limits, cap, benign, .. } = self;
        let victim = Victim { classifier, defenses, limits: *limits };
        let images = &crate::look::picked(&images, &known);
        let (labels, numbers, cap) = (&labels[..], &numbers[..], *cap);
        let scene = Scene { victim, judge, benign, cap, images, labels, numbers };
        for (row, trail) in known.iter().zip(self.attackers.attack(&scene)?) {
            found.push(targets[*row].found(Some(judged(&scene, trail)?)));
        }
        Ok(found)
    }
}

impl Target {
    fn found(&self, candidates: Option<Vec<JudgedCandidate>>) -> Found {
        let (row, label) = (self.number, self.label);
        let misclassified = candidates.is_none();
        Found { row, label, misclassified, candidates: candidates.unwrap_or_default() }
    }
}

/// Refuses an image that the classifier cannot be asked about.
fn check(classifier: &Classifier, target: &Target) -> Result<()> {
    let refused = |expected: String, got: String| Err(Error::Images { expected, got });
    let shape = classifier.input_shape().map(|side| side as i64);
    if target.image.size() != shape {
        return refused(
            format!("images of {shape:?}"),
            format!("image {} of {:?}", target.number, target.image.size()),
        );
    }
    if target.label >= classifier.classes() {
        let expected = format!("labels below {}", classifier.classes());
        return refused(expected, format!("{} of image {}", target.label, target.number));
    }
    Ok(())
}

/// What the judge finds of the candidates of an image.
fn judged(scene: &Scene<'_>, trail: Trail) -> Result<Vec<JudgedCandidate>> {
    if trail.candidates.is_empty() {
        return Ok(vec![]);
    }
    let images: Vec<_> = trail.candidates.iter().map(|candidate| &candidate.image).collect();
    let numbers = scene.judge.judge(&scene.victim, &Tensor::stack(&images, 0))?;
    let judged =
        trail.candidates.into_iter().zip(numbers).map(|(candidate, numbers)| JudgedCandidate {
            rung: candidate.rung,
            level: candidate.level,
            predicted: candidate.predicted as usize,
            distances: candidate.distances,
            spent: candidate.spent,
            costs: numbers.costs,
            scores: numbers.scores,
        });
    Ok(judged.collect())
}
