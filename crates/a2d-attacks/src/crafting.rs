use a2d_model::Classifier;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::query::{self, Query};
use crate::{Bim, Error, Fgsm, Finished, Limits, Preset, Result, Stop, run};

/// An attack that crafts adversarial examples, with the parameters of the paper's first environment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Crafting {
    /// One step.
    Fgsm(Fgsm),
    /// The first misclassified iterate.
    BimA(Bim),
    /// The last iterate.
    BimB(Bim),
}

impl Crafting {
    /// The names of all crafting attacks.
    pub const NAMES: [&'static str; 3] = ["fgsm", "bim-a", "bim-b"];

    /// The crafting attack of this name with the parameters for `preset`.
    ///
    /// # Errors
    /// [`Error::UnknownName`] if there is none.
    pub fn named(name: &str, preset: Preset) -> Result<Self> {
        let (epsilon, step) = match preset {
            Preset::Mnist => (0.3, 0.01),
            Preset::Cifar10 => (0.05, 0.005),
        };
        let bim = Bim { epsilon, step, iterations: 50 };
        match name {
            "fgsm" => Ok(Self::Fgsm(Fgsm { epsilon })),
            "bim-a" => Ok(Self::BimA(bim)),
            "bim-b" => Ok(Self::BimB(bim)),
            _ => Err(Error::UnknownName {
                kind: "crafting attack",
                known: Self::NAMES.join(", "),
                name: name.to_owned(),
            }),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fgsm(_) => "fgsm",
            Self::BimA(_) => "bim-a",
            Self::BimB(_) => "bim-b",
        }
    }
}

/// An adversarial example: a correctly classified image that lost its label.
#[derive(Debug)]
pub struct CraftedExample {
    /// Row of the image it was crafted from.
    pub source: usize,
    /// Its true class.
    pub label: u8,
    /// The class that the model takes it for.
    pub predicted: usize,
    /// Iterations that it took.
    pub iterations: u32,
    /// Its pixels, \[C, H, W\].
    pub image: Tensor,
}

impl CraftedExample {
    fn of(done: &Finished) -> Self {
        Self {
            source: done.row,
            label: done.label as u8,
            predicted: done.predicted as usize,
            iterations: done.cost.iterations,
            image: done.image.copy(),
        }
    }
}

/// How many images became adversarial examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Images that were looked at.
    pub tried: usize,
    /// Of these, the ones the model misclassifies as they are; no example can come from them.
    pub misclassified: usize,
    /// Of these, the ones whose label changed.
    pub succeeded: usize,
}

/// Crafts from images, \[N, C, H, W\], in their order until `wanted` examples are found or the images
/// run out. Which examples are found depends on neither the window nor on how many are wanted.
///
/// `progress` hears of every finished image with the number of examples so far.
///
/// # Errors
/// [`Error::LabelCount`] or [`Error::Model`] if the labels do not fit; [`Error::Query`] if an image
/// does not; [`Error::Parameter`] or [`Error::EmptyWindow`] if attack or limits are out of range.
pub fn craft(
    classifier: &Classifier,
    attack: &Crafting,
    (images, labels): (&Tensor, &[u8]),
    wanted: usize,
    limits: Limits,
    progress: &mut dyn FnMut(usize),
) -> Result<(Vec<CraftedExample>, Tally)> {
    let count = query::count(images);
    if count != labels.len() {
        return Err(Error::LabelCount { images: count, labels: labels.len() });
    }
    classifier.check_labels("craft", labels)?;
    let mut examples: Vec<CraftedExample> = vec![];
    let mut tally = Tally::default();
    let mut start = 0;
    // A block as large as what is missing: no image is attacked that surely is not needed.
    while examples.len() < wanted && start < count {
        let end = count.min(start.saturating_add(wanted - examples.len()));
        let queries = (start..end).map(|row| Query {
            row,
            image: images.get(row as i64),
            label: Some(labels[row].into()),
        });
        let sink = &mut |done: Finished| {
            tally.tried += 1;
            tally.misclassified += usize::from(done.cost.iterations == 0);
            if done.cost.flipped && done.cost.iterations > 0 {
                examples.push(CraftedExample::of(&done));
            }
            progress(examples.len());
            Ok::<(), Error>(())
        };
        match attack {
            Crafting::Fgsm(fgsm) => run(classifier, fgsm, Stop::AtFlip, limits, queries, sink)?,
            Crafting::BimA(bim) => run(classifier, bim, Stop::AtFlip, limits, queries, sink)?,
            Crafting::BimB(bim) => run(classifier, bim, Stop::AtCap, limits, queries, sink)?,
        }
        start = end;
    }
    tally.succeeded = examples.len();
    examples.sort_by_key(|example| example.source);
    Ok((examples, tally))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};
    use tch::no_grad;

    /// An attack that needs several iterations.
    const BIM_A: Crafting = Crafting::BimA(Bim { epsilon: 0.3, step: 0.004, iterations: 75 });

    /// The labels of the images, as the model predicts them, but for the row `wrong`.
    fn labels(count: i64, wrong: Option<usize>) -> Vec<u8> {
        let classes = no_grad(|| classifier().logits(&images(count)).argmax(-1, false));
        let class = |row| classes.int64_value(&[row as i64]) + i64::from(wrong == Some(row));
        (0..count as usize).map(|row| (class(row) % 10) as u8).collect()
    }

    fn crafted(
        attack: &Crafting,
        labels: &[u8],
        wanted: usize,
        limits: Limits,
    ) -> Result<(Vec<CraftedExample>, Tally)> {
        craft(&classifier(), attack, (&images(6), labels), wanted, limits, &mut |_| ())
    }

    #[test]
    fn names_are_those_of_attacks_and_cards() {
        for preset in Preset::ALL {
            for name in Crafting::NAMES {
                let attack = Crafting::named(name, preset).unwrap();
                assert_eq!(attack.name(), name);
                let card = serde_json::to_value(attack).unwrap();
                assert!(card.get(name).is_some(), "{card}");
                assert_eq!(serde_json::from_value::<Crafting>(card).unwrap(), attack);
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let message = Crafting::named("bim", Preset::Mnist).unwrap_err().to_string();
        assert!(message.contains("choose crafting attack"), "{message}");
        assert!(message.contains("\"bim\"") && message.contains("fgsm, bim-a, bim-b"), "{message}");
    }

    #[test]
    fn examples_are_correctly_classified_images_that_lost_their_label() {
        let labels = labels(6, Some(2));
        let mut found = vec![];
        let limits = Limits { window: 2, budget: None };
        let (examples, tally) =
            craft(&classifier(), &BIM_A, (&images(6), &labels), 6, limits, &mut |n| found.push(n))
                .unwrap();
        assert_eq!(tally, Tally { tried: 6, misclassified: 1, succeeded: 5 });
        assert_eq!((found.len(), found[5]), (6, 5));
        let sources: Vec<_> = examples.iter().map(|example| example.source).collect();
        assert_eq!(sources, [0, 1, 3, 4, 5]);
        for example in examples {
            assert_eq!(example.label, labels[example.source]);
            assert_ne!(example.predicted, usize::from(example.label));
            assert!(example.iterations > 0);
            let logits = no_grad(|| classifier().logits(&example.image.unsqueeze(0)));
            assert_eq!(logits.argmax(-1, false).int64_value(&[0]) as usize, example.predicted);
        }
    }

    #[test]
    fn crafting_stops_at_the_wanted_number() {
        let labels = labels(6, Some(0));
        let (all, _) = crafted(&BIM_A, &labels, usize::MAX, Limits::default()).unwrap();
        let (two, tally) = crafted(&BIM_A, &labels, 2, Limits::default()).unwrap();
        assert_eq!(tally, Tally { tried: 3, misclassified: 1, succeeded: 2 });
        assert_eq!((all.len(), two.len()), (5, 2));
        for (one, other) in two.iter().zip(&all) {
            assert_eq!((one.source, one.predicted), (other.source, other.predicted));
        }
        let (none, tally) = crafted(&BIM_A, &labels, 0, Limits::default()).unwrap();
        assert_eq!((none.len(), tally), (0, Tally::default()));
    }

    #[test]
    fn bim_b_goes_on_to_its_last_iterate() {
        let bim = Bim { epsilon: 0.3, step: 0.01, iterations: 40 };
        let labels = labels(6, None);
        let (first, _) = crafted(&Crafting::BimA(bim), &labels, 6, Limits::default()).unwrap();
        let (last, _) = crafted(&Crafting::BimB(bim), &labels, 6, Limits::default()).unwrap();
        assert!(first.iter().all(|example| example.iterations < 40));
        assert!(!last.is_empty() && last.iter().all(|example| example.iterations == 40));
    }

    #[test]
    fn labels_that_do_not_fit_are_refused() {
        let message =
            |labels: &[u8]| crafted(&BIM_A, labels, 6, Limits::default()).unwrap_err().to_string();
        assert!(message(&[0; 5]).contains("as many labels as images, 6, got 5"));
        assert!(message(&[0, 0, 0, 10, 0, 0]).contains("labels below 10, got 10 at row 3"));
    }
}
