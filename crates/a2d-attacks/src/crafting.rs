//! The attacks that craft examples, with their published parameters, and their driver.

use std::collections::BTreeMap;

use a2d_model::Classifier;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::distances::Distances;
use crate::integer::Rounding;
use crate::parameters::{self, Parameters};
use crate::visit::{Checking, Visitor, attacks};
use crate::{
    Aim, Attack, Bim, Bim2, BlackBox, Boundary, CarliniWagner, DeepFool, Error, Fgsm, FgsmL2,
    Finished, JsmaPairs, Lbfgs, Limits, LocalSearch, Pgd, Preset, Query, Result, Target, run,
};

attacks! {
    /// An attack that crafts adversarial examples, with the parameters of the paper's first
    /// environment, or of the first that uses it.
    pub enum Crafting: "crafting attack" {
        /// One step.
        Fgsm(Fgsm) = "fgsm",
        /// Steps along the normalised gradient until the label changes.
        FgsmL2(FgsmL2) = "fgsm-l2",
        /// BIM: the first misclassified iterate.
        BimA(Bim) = "bim-a",
        /// BIM: the last misclassified iterate.
        BimB(Bim) = "bim-b",
        /// BIM2: the first misclassified iterate.
        Bim2(Bim2) = "bim2",
        /// The last misclassified iterate.
        Pgd(Pgd) = "pgd",
        /// Two elements at a time, towards a random other class.
        Jsma(JsmaPairs) = "jsma",
        /// Carlini and Wagner's, the closest example found.
        Cw(CarliniWagner) = "cw",
        /// The first misclassified iterate.
        DeepFool(DeepFool) = "deepfool",
        /// The closest example found.
        Lbfgs(Lbfgs) = "lbfgs",
        /// The first misclassified iterate.
        Lsa(LocalSearch) = "lsa",
        /// The closest example found when the distance is near enough.
        Dba(Boundary) = "dba",
        /// FGSM on a substitute, transferred.
        Bb(BlackBox) = "bb",
    }
}

impl Crafting {
    /// The crafting attack of this name with the parameters for `preset`.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if there is none.
    pub fn named(name: &str, preset: Preset) -> Result<Self> {
        let target = Target::Untargeted;
        let is_mnist = preset == Preset::Mnist;
        let (epsilon, step) = if is_mnist { (0.3, 0.01) } else { (0.05, 0.005) };
        let bim = Bim { epsilon, step, iterations: 50, target };
        Ok(match name {
            "fgsm" => Self::Fgsm(Fgsm { epsilon, target }),
            "fgsm-l2" => Self::FgsmL2(FgsmL2 { step: 0.016, iterations: 100, target }),
            "bim-a" => Self::BimA(bim),
            "bim-b" => Self::BimB(bim),
            "bim2" => {
                let (epsilon, step) = if is_mnist { (0.1, 0.002) } else { (0.01, 0.0002) };
                Self::Bim2(Bim2 { epsilon, step, iterations: 50, target })
            }
            "pgd" => {
                let (epsilon, step, iterations) =
                    if is_mnist { (0.3, 0.01, 40) } else { (8.0 / 255.0, 2.0 / 255.0, 20) };
                Self::Pgd(Pgd { epsilon, step, iterations, target })
            }
            "jsma" => Self::Jsma(JsmaPairs { theta: 1.0, gamma: 0.1, target: Target::Random }),
            "cw" => Self::Cw(CarliniWagner { initial_c: 0.02, ..CarliniWagner::default() }),
            "deepfool" => Self::DeepFool(DeepFool { overshoot: 0.02, classes: 9, iterations: 50 }),
            "lbfgs" => Self::Lbfgs(Lbfgs::default()),
            "lsa" => Self::Lsa(LocalSearch::default()),
            "dba" => {
                let distance = if is_mnist { 0.02 } else { 5e-5 };
                Self::Dba(Boundary { distance, ..Boundary::default() })
            }
            "bb" => {
                let epsilon = if is_mnist { 0.35 } else { 0.05 };
                Self::Bb(BlackBox { epsilon, ..BlackBox::default() })
            }
            _ => return Err(Self::unknown(name)),
        })
    }

    /// This attack with some of its parameters replaced.
    ///
    /// # Errors
    /// [`Error::Parameters`] if it has no such parameter or not of this type.
    pub fn with(&self, replaced: &Parameters) -> Result<Self> {
        parameters::replace(self, self.name(), replaced)
    }

    /// Checks the parameters, for a model of so many classes, before any work is done.
    ///
    /// # Errors
    /// [`Error::Parameter`] with the first that is out of range.
    pub fn check(&self, classes: usize) -> Result<()> {
        match self {
            Self::Bb(black_box) => black_box.check_parameters(),
            ready => ready.visit(Checking(classes)),
        }
    }

    /// What is kept of a row: the first flip, or what the attack ends with.
    fn aim(&self) -> Aim {
        match self {
            Self::BimB(_) | Self::Pgd(_) | Self::Cw(_) | Self::Lbfgs(_) => Aim::Result,
            _ => Aim::Flip,
        }
    }
}

/// What came of an image.
#[derive(Debug)]
pub enum Attempt {
    /// An adversarial example.
    Succeeded(CraftedExample),
    /// The attack did not get what it wanted, or not as the kind of image that was wanted.
    Failed,
    /// The attack had no hold on the image: its gradient is exactly 0, or no step moved it.
    Unmoved,
    /// The model misclassifies the image as it is, so no example can come from it.
    Misclassified,
    /// Its label is the class that the attack was to get.
    OnTarget,
}

/// An adversarial example: a correctly classified image that lost its label.
#[derive(Debug)]
pub struct CraftedExample {
    /// Its true class.
    pub label: usize,
    /// The class that the model takes it for, never its true class.
    pub predicted: usize,
    /// The class that it was to get, where there is one: the model takes it for that.
    pub target: Option<usize>,
    /// Iterations that it took.
    pub iterations: u32,
    /// How far it is from the image it was crafted from.
    pub distances: Distances,
    /// Its pixels, \[C, H, W\].
    pub image: Tensor,
}

/// How many images became adversarial examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Images that were looked at.
    pub tried: usize,
    /// Of these, the ones the model misclassifies as they are.
    pub misclassified: usize,
    /// Of these, the ones whose label is the class that the attack was to get.
    pub on_target: usize,
    /// Of these, the ones that the attack had no hold on.
    #[serde(default)]
    pub unmoved: usize,
    /// Of these, the ones whose label changed as the attack wanted.
    pub succeeded: usize,
}

impl Tally {
    /// Counts attempts.
    pub fn of<'a>(attempts: impl IntoIterator<Item = &'a Attempt>) -> Self {
        let mut tally = Self::default();
        for attempt in attempts {
            tally.tried += 1;
            match attempt {
                Attempt::Succeeded(_) => tally.succeeded += 1,
                Attempt::Failed => (),
                Attempt::Unmoved => tally.unmoved += 1,
                Attempt::Misclassified => tally.misclassified += 1,
                Attempt::OnTarget => tally.on_target += 1,
            }
        }
        tally
    }
}

/// What examples are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// How many.
    pub examples: usize,
    /// As 8-bit images: every pixel a multiple of 1/255, so that no file format changes them. Where
    /// plain rounding of what the attack found loses the goal, an image near it is searched for that
    /// keeps it and the attack's [`Bounds`](crate::Bounds); an attempt for which none is found failed.
    pub integer: bool,
}

impl Wanted {
    /// So many examples with any pixels.
    pub fn examples(examples: usize) -> Self {
        Self { examples, integer: false }
    }
}

/// Crafts from images, \[N, C, H, W\], with their labels, in their order until as many examples as
/// `wanted` are found or the images run out. Which examples are found depends on neither the window
/// nor on how many are wanted. The model confirmed the label of every example in the pass that found it.
///
/// An image whose label the first pass does not confirm is set aside before any attack, whatever the
/// target, and so is one whose label is the class that it is to get. Targets such as
/// [`Target::SECOND`] are classes other than the label.
///
/// `sink` hears of every attempt as it ends. `made` are those of an earlier call that was interrupted,
/// by row; they are not made again. All are returned, by row.
///
/// # Errors
/// [`Error::LabelCount`] or [`Error::Query`] if a label or an image does not fit;
/// [`Error::Parameter`] or [`Error::Window`] if attack or limits are out of range, as the sink's
/// error type; else what the sink says.
pub fn craft<E: From<Error>>(
    classifier: &Classifier,
    attack: &Crafting,
    (images, labels): (&Tensor, &[usize]),
    wanted: Wanted,
    limits: Limits,
    made: BTreeMap<usize, Attempt>,
    sink: &mut dyn FnMut(usize, &Attempt) -> Result<(), E>,
) -> Result<BTreeMap<usize, Attempt>, E> {
    let count = images.size().first().map_or(0, |count| *count as usize);
    if count != labels.len() {
        return Err(Error::LabelCount { images: count, labels: labels.len() }.into());
    }
    let attack = match attack {
        Crafting::Bb(black_box) => Crafting::Bb(black_box.prepared(classifier, images, limits)?),
        ready => ready.clone(),
    };
    let aim = attack.aim();
    attack.visit(Job { classifier, images, labels, wanted, aim, limits, made, sink })
}

struct Job<'a, E> {
    classifier: &'a Classifier,
    images: &'a Tensor,
    labels: &'a [usize],
    wanted: Wanted,
    aim: Aim,
    limits: Limits,
    made: BTreeMap<usize, Attempt>,
    sink: &'a mut dyn FnMut(usize, &Attempt) -> Result<(), E>,
}

impl<E: From<Error>> Visitor for Job<'_, E> {
    type Output = Result<BTreeMap<usize, Attempt>, E>;

    fn visit<A: Attack>(self, attack: &A) -> Self::Output {
        let Self { classifier, images, labels, wanted, aim, limits, mut made, sink } = self;
        let rounding = wanted.integer.then(|| Rounding::of(attack, classifier));
        let mut all = BTreeMap::new();
        // A block as large as what is missing: no image is attacked that surely is not needed.
        while all.len() < labels.len() && Tally::of(all.values()).succeeded < wanted.examples {
            let missing = wanted.examples - Tally::of(all.values()).succeeded;
            let block = all.len()..labels.len().min(all.len().saturating_add(missing));
            let rows: Vec<_> = block.clone().filter(|row| !made.contains_key(row)).collect();
            let queries = rows.into_iter().map(|row| {
                let label = Some(labels[row] as i64);
                Ok(Query { label, ..Query::new(row, images.get(row as i64)) })
            });
            run(classifier, attack, aim, limits, queries, &mut |done: Finished| {
                let attempt = Attempt::of(&done, &images.get(done.row as i64), rounding.as_ref());
                sink(done.row, &attempt)?;
                made.insert(done.row, attempt);
                Ok::<(), E>(())
            })?;
            all.extend(block.filter_map(|row| made.remove_entry(&row)));
        }
        Ok(all)
    }
}

impl Attempt {
    fn of(done: &Finished, original: &Tensor, rounding: Option<&Rounding<'_>>) -> Self {
        let goal = done.goal;
        if done.set_aside {
            return if done.predicted == goal.label { Self::OnTarget } else { Self::Misclassified };
        }
        if done.no_cost.is_some() {
            return Self::Unmoved;
        }
        if !done.cost.flipped {
            return Self::Failed;
        }
        let (image, predicted) = match rounding.map(|all| all.near(goal, original, &done.image)) {
            None => (done.image.copy(), done.predicted),
            Some(Some(found)) => (found.image, found.predicted),
            Some(None) => return Self::Failed,
        };
        Self::Succeeded(CraftedExample {
            label: goal.label as usize,
            predicted: predicted as usize,
            target: goal.target.map(|target| target as usize),
            iterations: done.cost.iterations,
            distances: Distances::between(original, &image),
            image,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};
    use tch::no_grad;

    /// An attack that needs several iterations.
    const BIM: Bim = Bim { epsilon: 0.3, step: 0.004, iterations: 75, target: Target::Untargeted };
    const BIM_A: Crafting = Crafting::BimA(BIM);

    /// The labels of the images, as the model predicts them, but for the row `wrong`.
    fn labels(count: i64, wrong: Option<usize>) -> Vec<usize> {
        let classes = no_grad(|| classifier().logits(&images(count)).argmax(-1, false));
        let class = |row| classes.int64_value(&[row as i64]) + i64::from(wrong == Some(row));
        (0..count as usize).map(|row| (class(row) % 10) as usize).collect()
    }

    fn crafted(
        attack: &Crafting,
        labels: &[usize],
        wanted: usize,
        limits: Limits,
    ) -> Result<(Vec<(usize, CraftedExample)>, Tally)> {
        let (images, sink) = (images(6), &mut |_, _: &_| Ok::<(), Error>(()));
        let labelled = (&images, labels);
        let made = BTreeMap::new();
        let wanted = Wanted::examples(wanted);
        let all = craft(&classifier(), attack, labelled, wanted, limits, made, sink)?;
        let tally = Tally::of(all.values());
        let examples = all.into_iter().filter_map(|(row, attempt)| match attempt {
            Attempt::Succeeded(example) => Some((row, example)),
            _ => None,
        });
        Ok((examples.collect(), tally))
    }

    #[test]
    fn names_are_those_of_attacks_and_cards() {
        for preset in Preset::ALL {
            for name in Crafting::NAMES {
                let attack = Crafting::named(name, preset).unwrap();
                assert_eq!(attack.name(), name);
                let card = serde_json::to_value(&attack).unwrap();
                assert!(card.get(name).is_some(), "{card}");
                let again: Crafting = serde_json::from_value(card.clone()).unwrap();
                assert_eq!(serde_json::to_value(again).unwrap(), card);
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = Crafting::named("bim", Preset::Mnist).unwrap_err().to_string();
        assert!(message.contains("choose crafting attack"), "{message}");
        assert!(
            message.contains("\"bim\"") && message.contains("fgsm, fgsm-l2, bim-a, bim-b"),
            "{message}"
        );
    }

    #[test]
    fn examples_are_correctly_classified_images_that_lost_their_label() {
        let labels = labels(6, Some(2));
        let limits = Limits { window: 2, ..Limits::default() };
        let (examples, tally) = crafted(&BIM_A, &labels, 6, limits).unwrap();
        assert_eq!(tally, Tally { tried: 6, misclassified: 1, succeeded: 5, ..Tally::default() });
        let sources: Vec<_> = examples.iter().map(|(source, _)| *source).collect();
        assert_eq!(sources, [0, 1, 3, 4, 5]);
        for (source, example) in examples {
            assert_eq!(example.label, labels[source]);
            assert_ne!(example.predicted, example.label);
            assert!(example.iterations > 0);
            let logits = no_grad(|| classifier().logits(&example.image.unsqueeze(0)));
            assert_eq!(logits.argmax(-1, false).int64_value(&[0]) as usize, example.predicted);
        }
    }

    #[test]
    fn an_interrupted_crafting_goes_on_where_it_was() {
        let (images, labels) = (images(6), labels(6, Some(1)));
        let crafted = |made, sink: &mut dyn FnMut(usize, &Attempt) -> Result<()>| {
            let labelled = (&images, labels.as_slice());
            let wanted = Wanted::examples(4);
            craft(&classifier(), &BIM_A, labelled, wanted, Limits::default(), made, sink)
        };
        let whole = crafted(BTreeMap::new(), &mut |_, _| Ok(())).unwrap();
        let mut made = crafted(BTreeMap::new(), &mut |_, _| Ok(())).unwrap();
        let _ = (made.remove(&0), made.remove(&3));
        let mut again = vec![];
        let resumed = crafted(made, &mut |row, _| {
            again.push(row);
            Ok(())
        });
        again.sort_unstable();
        assert_eq!(again, [0, 3]);
        let resumed = resumed.unwrap();
        assert_eq!(Tally::of(resumed.values()), Tally::of(whole.values()));
        assert!(resumed.keys().eq(whole.keys()));
    }

    #[test]
    fn crafting_stops_at_the_wanted_number() {
        let labels = labels(6, Some(0));
        let (all, _) = crafted(&BIM_A, &labels, usize::MAX, Limits::default()).unwrap();
        let (two, tally) = crafted(&BIM_A, &labels, 2, Limits::default()).unwrap();
        assert_eq!(tally, Tally { tried: 3, misclassified: 1, succeeded: 2, ..Tally::default() });
        assert_eq!((all.len(), two.len()), (5, 2));
        for ((source, one), (other_source, other)) in two.iter().zip(&all) {
            assert_eq!((source, one.predicted), (other_source, other.predicted));
        }
        let (none, tally) = crafted(&BIM_A, &labels, 0, Limits::default()).unwrap();
        assert_eq!((none.len(), tally), (0, Tally::default()));
    }

    #[test]
    fn bim_b_goes_on_to_its_last_iterate() {
        let bim = Bim { step: 0.01, iterations: 40, ..BIM };
        let labels = labels(6, None);
        let (first, _) = crafted(&Crafting::BimA(bim), &labels, 6, Limits::default()).unwrap();
        let (last, _) = crafted(&Crafting::BimB(bim), &labels, 6, Limits::default()).unwrap();
        assert!(first.iter().all(|(_, example)| example.iterations < 40));
        assert!(!last.is_empty() && last.iter().all(|(_, example)| example.iterations == 40));
    }

    #[test]
    fn an_image_of_the_wanted_class_gives_no_example() {
        let labels = labels(6, Some(1));
        let target = Target::Class(labels[0]);
        let attack = Crafting::BimA(Bim { target, ..BIM });
        let (examples, tally) = crafted(&attack, &labels, 6, Limits::default()).unwrap();
        let on_target = (0..6).filter(|row| *row != 1 && labels[*row] == labels[0]).count();
        assert_eq!((tally.tried, tally.on_target), (6, on_target));
        assert!(examples.iter().all(|(_, example)| example.predicted == labels[0]));
    }

    #[test]
    fn labels_that_do_not_fit_are_refused() {
        let message = |labels: &[usize]| {
            crafted(&BIM_A, labels, 6, Limits::default()).unwrap_err().to_string()
        };
        assert!(message(&[0; 5]).contains("as many labels as images, 6, got 5"));
        let message = message(&[0, 0, 0, 10, 0, 0]);
        assert!(message.contains("image 3: expected a label from 0 to 9, got 10"), "{message}");
    }
}
