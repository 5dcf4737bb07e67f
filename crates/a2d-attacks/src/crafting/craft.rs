//! Crafting from labelled images until there are as many examples as wanted.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Range;

use a2d_model::Classifier;
use tch::Tensor;

use super::attempt::Finish;
use super::integer::Rounding;
use super::space::Development;
use crate::{Attempt, Error, Limits, NamedAttack, Query, Result, Space, Tally};

/// Labelled images to craft from, which are read when they are wanted, one at a time.
pub struct LabelledImages<'a, E> {
    /// How many images there are, also those that are not attacked.
    pub len: usize,
    /// The numbers of the images to attack.
    pub rows: Range<usize>,
    /// Their true classes, as many as there are numbers.
    pub labels: &'a [u32],
    /// The image of a number, \[C, H, W\], float32 in \[0, 1\].
    pub image: &'a mut dyn FnMut(usize) -> Result<Tensor, E>,
}

impl<E> fmt::Debug for LabelledImages<'_, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LabelledImages {{ rows: {:?} }}", self.rows)
    }
}

/// What examples are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// How many.
    pub examples: usize,
    /// As what.
    pub form: Form<'a>,
}

/// What becomes of the images that an attack ends with.
#[derive(Clone, Copy, Debug, Default)]
pub enum Form<'a> {
    /// They are the examples.
    #[default]
    AsFound,
    /// 8-bit images: every pixel a multiple of 1/255, so that no file format changes them. Where
    /// plain rounding of what the attack found loses the goal, an image near it is searched for that
    /// keeps it and the attack's [`Bounds`](crate::Bounds); an attempt for which none is found failed.
    Integer,
    /// What they are as pictures. The classifier is asked anew: an attempt failed if it takes the picture for the
    /// label again, and may be taken for another class than before.
    Picture {
        /// Where the attack moves, if not on pixels.
        space: Option<&'a Space>,
        /// In 8 bits, the least element black and the largest white; else clipped to \[0, 1\].
        stretched: bool,
    },
}

impl Wanted<'_> {
    /// So many examples with any pixels.
    pub fn examples(examples: usize) -> Self {
        Self { examples, form: Form::AsFound }
    }
}

/// Crafts from labelled images in their order until as many examples as `wanted` are found or the images run
/// out. Which examples are found depends on neither the window, nor the workers, nor on how many are wanted.
/// The model confirmed the label of every example in the pass that found it. No more images are held than are
/// under attack, but for the examples.
///
/// An image whose label the first pass does not confirm is set aside before any attack, whatever the
/// target, and so is one whose label is the class that it is to get. Targets such as
/// [`Target::SECOND`](crate::Target::SECOND) are classes other than the label.
///
/// `sink` hears of every attempt as it ends. `made` are those of an earlier call that was interrupted,
/// by row; they are not made again. All are returned, by row.
///
/// # Errors
/// [`Error::LabelCount`] or [`Error::Query`] if a label or an image does not fit;
/// [`Error::Parameter`] or [`Error::Window`] if attack or limits are out of range, as the sink's
/// error type; else what the source or the sink says.
pub fn craft<E: From<Error>>(
    classifier: &Classifier,
    attack: &NamedAttack,
    source: LabelledImages<'_, E>,
    wanted: Wanted<'_>,
    limits: Limits,
    mut made: BTreeMap<usize, Attempt>,
    sink: &mut dyn FnMut(usize, &Attempt) -> Result<(), E>,
) -> Result<BTreeMap<usize, Attempt>, E> {
    let LabelledImages { len, rows, labels, image } = source;
    if rows.len() != labels.len() {
        return Err(Error::LabelCount { images: rows.len(), labels: labels.len() }.into());
    }
    let Wanted { examples, form } = wanted;
    let space = match form {
        Form::Picture { space, .. } => space,
        Form::AsFound | Form::Integer => None,
    };
    let attacked = space.map_or(classifier, |space| &space.classifier);
    let enter = |pixels: Tensor| match space {
        Some(space) => space.enter(&pixels),
        None => pixels,
    };
    let attack = taught(attacked, attack, len, &mut |row| image(row).map(enter), limits)?;
    let finish = match form {
        Form::AsFound => Finish::AsFound,
        Form::Integer => Finish::Rounded(Rounding::of(attack.facts(), classifier)),
        Form::Picture { space, stretched } => {
            Finish::Developed(Development { classifier, space, stretched })
        }
    };
    let mut all = BTreeMap::new();
    let mut next = rows.start;
    // A block as large as what is missing: no image is attacked that surely is not needed.
    while next < rows.end && Tally::of(all.values()).succeeded < examples {
        let missing = examples - Tally::of(all.values()).succeeded;
        let block = next..rows.end.min(next.saturating_add(missing));
        next = block.end;
        let missing: Vec<_> = block.clone().filter(|row| !made.contains_key(row)).collect();
        // Those under attack, as they came.
        let originals = RefCell::new(HashMap::new());
        let queries = missing.into_iter().map(|row| {
            let original = image(row)?;
            originals.borrow_mut().insert(row, original.shallow_clone());
            let label = Some(i64::from(labels[row - rows.start]));
            Ok(Query { label, ..Query::new(row, enter(original)) })
        });
        attack.run(attacked, attack.aim(), limits, queries, &mut |done| {
            if let Some(original) = originals.borrow_mut().remove(&done.row) {
                let attempt = Attempt::of(&done, &original, &finish)?;
                sink(done.row, &attempt)?;
                made.insert(done.row, attempt);
            }
            Ok::<(), E>(())
        })?;
        all.extend(block.filter_map(|row| made.remove_entry(&row)));
    }
    Ok(all)
}

/// The attack after it has learnt from the first of all images, as many as it wants, whichever are attacked.
fn taught<E: From<Error>>(
    classifier: &Classifier,
    attack: &NamedAttack,
    len: usize,
    image: &mut dyn FnMut(usize) -> Result<Tensor, E>,
    limits: Limits,
) -> Result<NamedAttack, E> {
    let lessons = attack.facts().lessons.min(len);
    if lessons == 0 {
        return Ok(attack.clone());
    }
    let images = (0..lessons).map(image).collect::<Result<Vec<_>, E>>()?;
    Ok(attack.taught(classifier, &Tensor::stack(&images, 0), limits)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{classifier, images};
    use crate::{Aim, Bim, CraftedExample, Target};
    use tch::no_grad;

    /// An attack that needs several iterations.
    const BIM: Bim = Bim { epsilon: 0.3, step: 0.004, iterations: 75, target: Target::Untargeted };

    fn bim_a(bim: Bim) -> NamedAttack {
        NamedAttack::new("bim-a", bim).unwrap()
    }

    /// The labels of the images, as the model predicts them, but for the row `wrong`.
    fn labels(count: i64, wrong: Option<usize>) -> Vec<u32> {
        let classes = no_grad(|| classifier().logits(&images(count)).unwrap().argmax(-1, false));
        let class = |row| classes.int64_value(&[row as i64]) + i64::from(wrong == Some(row));
        (0..count as usize).map(|row| (class(row) % 10) as u32).collect()
    }

    fn crafted(
        attack: &NamedAttack,
        labels: &[u32],
        wanted: usize,
        limits: Limits,
    ) -> Result<(Vec<(usize, CraftedExample)>, Tally)> {
        let (images, sink) = (images(6), &mut |_, _: &_| Ok::<(), Error>(()));
        let image = &mut |row: usize| Ok(images.get(row as i64));
        let source = LabelledImages { len: 6, rows: 0..6, labels, image };
        let wanted = Wanted::examples(wanted);
        let all = craft(&classifier(), attack, source, wanted, limits, BTreeMap::new(), sink)?;
        let tally = Tally::of(all.values());
        let examples = all.into_iter().filter_map(|(row, attempt)| match attempt {
            Attempt::Succeeded(example) => Some((row, example)),
            _ => None,
        });
        Ok((examples.collect(), tally))
    }

    #[test]
    fn examples_are_correctly_classified_images_that_lost_their_label() {
        let labels = labels(6, Some(2));
        let limits = Limits { window: 2, ..Limits::default() };
        let (examples, tally) = crafted(&bim_a(BIM), &labels, 6, limits).unwrap();
        assert_eq!(tally, Tally { tried: 6, misclassified: 1, succeeded: 5, ..Tally::default() });
        let sources: Vec<_> = examples.iter().map(|(source, _)| *source).collect();
        assert_eq!(sources, [0, 1, 3, 4, 5]);
        for (source, example) in examples {
            assert_eq!(example.label, labels[source] as usize);
            assert_ne!(example.predicted, example.label);
            assert!(example.iterations > 0);
            let logits = no_grad(|| classifier().logits(&example.image.unsqueeze(0)).unwrap());
            assert_eq!(logits.argmax(-1, false).int64_value(&[0]) as usize, example.predicted);
        }
    }

    #[test]
    fn an_interrupted_crafting_goes_on_where_it_was() {
        let (images, labels) = (images(6), labels(6, Some(1)));
        let crafted = |made, sink: &mut dyn FnMut(usize, &Attempt) -> Result<()>| {
            let image = &mut |row: usize| Ok(images.get(row as i64));
            let source = LabelledImages { len: 6, rows: 0..6, labels: &labels, image };
            let wanted = Wanted::examples(4);
            craft(&classifier(), &bim_a(BIM), source, wanted, Limits::default(), made, sink)
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
        let (all, _) = crafted(&bim_a(BIM), &labels, usize::MAX, Limits::default()).unwrap();
        let (two, tally) = crafted(&bim_a(BIM), &labels, 2, Limits::default()).unwrap();
        assert_eq!(tally, Tally { tried: 3, misclassified: 1, succeeded: 2, ..Tally::default() });
        assert_eq!((all.len(), two.len()), (5, 2));
        for ((source, one), (other_source, other)) in two.iter().zip(&all) {
            assert_eq!((source, one.predicted), (other_source, other.predicted));
        }
        let (none, tally) = crafted(&bim_a(BIM), &labels, 0, Limits::default()).unwrap();
        assert_eq!((none.len(), tally), (0, Tally::default()));
    }

    #[test]
    fn bim_b_goes_on_to_its_last_iterate() {
        let bim = Bim { step: 0.01, iterations: 40, ..BIM };
        let labels = labels(6, None);
        let (first, _) = crafted(&bim_a(bim), &labels, 6, Limits::default()).unwrap();
        let (last, _) =
            crafted(&bim_a(bim).with_aim(Aim::Result), &labels, 6, Limits::default()).unwrap();
        assert!(first.iter().all(|(_, example)| example.iterations < 40));
        assert!(!last.is_empty() && last.iter().all(|(_, example)| example.iterations == 40));
    }

    #[test]
    fn an_image_of_the_wanted_class_gives_no_example() {
        let labels = labels(6, Some(1));
        let target = Target::Class(labels[0] as usize);
        let attack = bim_a(Bim { target, ..BIM });
        let (examples, tally) = crafted(&attack, &labels, 6, Limits::default()).unwrap();
        let on_target = (0..6).filter(|row| *row != 1 && labels[*row] == labels[0]).count();
        assert_eq!((tally.tried, tally.on_target), (6, on_target));
        assert!(examples.iter().all(|(_, example)| example.predicted == labels[0] as usize));
    }

    #[test]
    fn labels_that_do_not_fit_are_refused() {
        let message = |labels: &[u32]| {
            crafted(&bim_a(BIM), labels, 6, Limits::default()).unwrap_err().to_string()
        };
        assert!(message(&[0; 5]).contains("as many labels as images, 6, got 5"));
        let message = message(&[0, 0, 0, 10, 0, 0]);
        assert!(message.contains("image 3: expected a label from 0 to 9, got 10"), "{message}");
    }
}
